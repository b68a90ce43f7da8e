"""When times of day and intervals are due next: arithmetic over instants and time zones, without a clock.

A local time that a daylight-saving change leaves out is due at the next that exists; one that occurs twice is due at
its first occurrence alone.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError

DAILY = (1, 2, 3, 4, 5, 6, 7)
"""Days of the week as ISO 8601 counts them: 1 is Monday."""

OF_THE_MACHINE = {"localtime", "Factory"}
"""What tzdata has beside zones: whatever this machine is set to, and what one is set to before anybody has."""

A_SECOND, A_MINUTE, A_DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def zone_named(name: str) -> ZoneInfo:
    """The zone of the IANA database that has this name. Raises: RequestError (INVALID), with the nearest name."""
    known = _zone_names()
    if name not in known:
        message = (
            f"There is no time zone {shown(name)}.{did_you_mean(name, known)} Zones are named as Europe/Berlin is."
        )
        raise RequestError(RequestCode.INVALID, message, field=("timeZone",))
    return ZoneInfo(name)


def next_by_interval(minutes: int, due: datetime, now: datetime) -> datetime:
    """The first of the instants that follow `due` every so many minutes which is later than `now`."""
    interval = timedelta(minutes=minutes)
    return due + interval * max(1, (now - due) // interval + 1)


def next_by_week(days: Sequence[int], times: Sequence[time], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The instants later than `after`, in order, at which it is one of `times` on one of `days` in the zone."""
    if not days or not times:
        return
    day, last = after.astimezone(zone).date() - timedelta(days=1), after
    while day < date.max:
        if day.isoweekday() in days:
            for instant in sorted({instant_of(datetime.combine(day, at), zone) for at in times}):
                if instant > last:
                    last = instant
                    yield instant
        day += timedelta(days=1)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks of the zone show `local`, for the first time, or the next that they do show."""
    while True:
        instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local:
            return instant
        local += A_MINUTE


def offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    """How far clocks of the zone are ahead of UTC."""
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def next_change(after: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant later than `after`, `until` at the latest, from which clocks of the zone are set otherwise."""
    before, after = offset_at(after, zone), after.replace(microsecond=0)
    while after < until:
        later = min(after + A_DAY, until)
        if offset_at(later, zone) != before:
            return _first_otherwise(after, later, zone)
        after = later
    return None


def _first_otherwise(same: datetime, other: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the one change between the two, to the second."""
    before = offset_at(same, zone)
    while other - same > A_SECOND:
        middle = same + timedelta(seconds=(other - same) // A_SECOND // 2)
        if offset_at(middle, zone) == before:
            same = middle
        else:
            other = middle
    return other


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    """Read once: it takes a walk through hundreds of files."""
    return frozenset(available_timezones()) - OF_THE_MACHINE
