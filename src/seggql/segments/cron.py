"""Cron expressions of five fields in a time zone, with Quartz's L, W and #."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from seggql.catalog.names import shown
from seggql.errors import RequestCode, RequestError
from seggql.segments.calendar import instant_of, next_change, offset_at

LONGEST = 200
"""Characters; a list of all sixty minutes is shorter."""

YEARS = 50
"""How far ahead a time is looked for: a fifth Monday in February may be forty years away."""

FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, L (last day), LW (last weekday) or 15W (weekday nearest the 15th)"),
    ("month", "1 to 12 or JAN to DEC"),
    ("day of the week", "0 to 7 or SUN to SAT (0 and 7 are Sunday), FRI#2 (second Friday) or 5L (last Friday)"),
)
HOUR, DAY, WEEKDAY = 1, 2, 4
EVERY_HOUR = ("*", "*/1", "0-23")
NEAREST_WEEKDAY = re.compile(r"(\d{1,2})W", re.IGNORECASE | re.ASCII)
NICKNAME = re.compile(r"@(\w+)")
NICKNAMES = {
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
    "monthly": "0 0 1 * *",
    "weekly": "0 0 * * 0",
    "daily": "0 0 * * *",
    "midnight": "0 0 * * *",
    "hourly": "0 * * * *",
}
A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronTimes:
    """The times of a cron expression on the clocks of `zone`.

    `expression` is what cronsim reads; with `nearest` only the weekday nearest that day of each month counts. An
    expression for every hour `follows_real_time`: no hour is left out, and none comes twice as one.
    """

    expression: str
    nearest: int | None
    follows_real_time: bool
    zone: ZoneInfo

    def next_after(self, instant: datetime) -> datetime | None:
        """The first instant later than `instant` that has come round; None where there is none for many years."""
        if self.follows_real_time:
            return self._next_in_real_time(instant)
        for found in self._walls_after(instant.astimezone(self.zone).replace(tzinfo=None, fold=0)):
            run = instant_of(found, self.zone)
            if run > instant:
                return run
        return None

    def _next_in_real_time(self, instant: datetime) -> datetime | None:
        """The same, on clocks that show each hour once: between two changes, what they show grows like time."""
        since, wall = instant, instant + offset_at(instant, self.zone)
        while True:
            found = next(self._walls_after(wall.replace(tzinfo=None)), None)
            if found is None:
                return None
            run = found.replace(tzinfo=UTC) - offset_at(since, self.zone)
            change = next_change(since, run, self.zone)
            if change is None:
                return run
            since, wall = change, change + offset_at(change, self.zone) - A_SECOND

    def _walls_after(self, wall: datetime) -> Iterator[datetime]:
        """What clocks show when it comes round, in order, for many years.

        cronsim 2.8 is never told of the zone: its rules for hours that clocks leave out or show twice are Debian's,
        which leave out `*/10 2 * * *` in spring, run `0 */2 * * *` twice in autumn, and lose half-hour changes.
        """
        walls = CronSim(self.expression, wall)
        for found in walls:
            if found.year > wall.year + YEARS:
                return
            if self.nearest and found.day != _nearest_weekday(found.date(), self.nearest):
                walls.dt = datetime.combine(found.date(), time(23, 59, 59))
            else:
                yield found


def read_cron(text: str, zone: ZoneInfo) -> CronTimes:
    """The times that `text` stands for. Raises: RequestError (INVALID), which says which field is wrong, and where."""
    if len(text) > LONGEST:
        raise _invalid(f"The cron expression has {len(text):,} characters; {LONGEST} are enough for any.")
    found = list(re.finditer(r"\S+", text))
    if len(found) != len(FIELDS):
        raise _wrong_number_of_fields(text, len(found))
    fields = [field[0] for field in found]
    nearest = NEAREST_WEEKDAY.fullmatch(fields[DAY])
    day = int(nearest[1]) if nearest and 1 <= int(nearest[1]) <= 31 else None
    for number, field in enumerate(found):
        if not (number == DAY and day) and not _is_right(field[0], number):
            raise _wrong_field(text, number, field)
    if day and fields[WEEKDAY] not in ("*", "?"):
        raise _invalid(f"In the cron expression {shown(text)}, {fields[DAY]} needs * as the day of the week.")
    times = CronTimes(
        expression=_expression(fields, day), nearest=day, follows_real_time=fields[HOUR] in EVERY_HOUR, zone=zone
    )
    if _never_comes(times):
        raise _invalid(f"The time of the cron expression {shown(text)} never comes: no such month has such a day.")
    return times


def _expression(fields: list[str], nearest: int | None) -> str:
    """What cronsim reads: ? is its *, every hour is *, and the weekday nearest a day is at most two days from it."""
    plain = ["*" if field == "?" and number in (DAY, WEEKDAY) else field for number, field in enumerate(fields)]
    if plain[HOUR] in EVERY_HOUR:
        plain[HOUR] = "*"
    if nearest:
        plain[DAY] = f"{max(1, nearest - 2)}-{min(31, nearest + 2)}"
    return " ".join(plain)


def _is_right(field: str, number: int) -> bool:
    alone = ["*"] * len(FIELDS)
    alone[number] = "*" if field == "?" and number in (DAY, WEEKDAY) else field
    return not _is_refused(" ".join(alone))


def _is_refused(expression: str) -> bool:
    try:
        CronSim(expression, datetime(2000, 1, 1))  # noqa: DTZ001  # a time on a wall
    except CronSimError:
        return True
    return False


def _never_comes(times: CronTimes) -> bool:
    return _is_refused(times.expression) or times.next_after(datetime(2000, 1, 1, tzinfo=UTC)) is None


def _nearest_weekday(inside: date, day: int) -> int | None:
    """The weekday of the month that is nearest to its `day`, never in another month; None where it has no such day.

    Source: Quartz, CronExpression, "the nearest weekday to the 15th of the month".
    """
    last = monthrange(inside.year, inside.month)[1]
    if day > last:
        return None
    match inside.replace(day=day).isoweekday():
        case 6:
            return day - 1 if day > 1 else day + 2
        case 7:
            return day + 1 if day < last else day - 2
        case _:
            return day


def _wrong_number_of_fields(text: str, number: int) -> RequestError:
    nickname = NICKNAME.fullmatch(text.strip())
    if nickname and (meant := NICKNAMES.get(nickname[1].lower())):
        return _invalid(f"Write {shown(text)} as its five fields: {meant!r}.")
    hint = " Seconds and years are no fields here." if number > len(FIELDS) else ""
    names = ", ".join(name for name, _ in FIELDS)
    return _invalid(f"The cron expression {shown(text)} has {number} fields, not the five: {names}.{hint}")


def _wrong_field(text: str, number: int, field: re.Match[str]) -> RequestError:
    """Which field, and in a list which part of it, and what may stand there."""
    name, values = FIELDS[number]
    start, wrong = field.start(), field[0]
    for part in re.finditer(r"[^,]+", field[0]):
        if not _is_right(part[0], number):
            start, wrong = field.start() + part.start(), part[0]
            break
    return _invalid(
        f"In the cron expression {shown(text)}, field {number + 1}, the {name}, is wrong at column {start + 1}: "
        f"{shown(wrong)}. It takes *, {values}, ranges (1-5), steps (*/2) and lists of them."
    )


def _invalid(message: str) -> RequestError:
    return RequestError(RequestCode.INVALID, message, field=("cron",))
