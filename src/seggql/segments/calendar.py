"""When a schedule is due next: arithmetic over instants and time zones, without a clock.

A local time that a daylight-saving change leaves out is due at the next that exists; one that occurs twice is due at
its first occurrence alone.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError

CRON_FIELDS = 5
"""Minute, hour, day of the month, month, day of the week."""

DAILY = (1, 2, 3, 4, 5, 6, 7)
"""Days of the week as ISO 8601 counts them: 1 is Monday."""

A_MINUTE = timedelta(minutes=1)


def zone_named(name: str, *, field: tuple[str, ...]) -> ZoneInfo:
    """The zone of the IANA database that has this name. Raises: RequestError (INVALID), with the nearest name."""
    known = available_timezones()
    if name not in known:
        message = (
            f"There is no time zone {shown(name)}.{did_you_mean(name, known)} Zones are named as Europe/Berlin is."
        )
        raise RequestError(RequestCode.INVALID, message, field=field)
    return ZoneInfo(name)


def check_cron(cron: str, *, field: tuple[str, ...]) -> None:
    """Raises: RequestError (INVALID) naming the part that is wrong, or for dates that never come."""
    parts = cron.split()
    if len(parts) != CRON_FIELDS:
        message = (
            f"A cron expression has {CRON_FIELDS} parts (minute, hour, day of the month, month, day of the week), "
            f"such as `30 6 * * 1-5`; this one has {len(parts)}."
        )
        raise RequestError(RequestCode.INVALID, message, field=field)
    try:
        next(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        wrong = str(error).removeprefix("Bad ").replace("-", " ")
        message = f"The {wrong} of the cron expression {shown(cron)} is none, or never comes."
        raise RequestError(RequestCode.INVALID, message, field=field) from error
    except StopIteration:
        message = f"The cron expression {shown(cron)} describes a date that never comes."
        raise RequestError(RequestCode.INVALID, message, field=field) from None


def next_by_cron(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first instant later than `after` that fits a checked cron expression; None where there is no more.

    Source: cron(8) of Debian, which runs jobs of fixed times that a change of the clocks leaves out right after it,
    and those that occur twice once; jobs of every hour or minute follow real time.
    """
    instants = (found.astimezone(UTC) for found in CronSim(cron, after.astimezone(zone)))
    # From within an hour that occurs twice, cronsim 2.8 starts with the first occurrence.
    return next((instant for instant in instants if instant > after), None)


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
            for instant in sorted({_instant_of(datetime.combine(day, at), zone) for at in times}):
                if instant > last:
                    last = instant
                    yield instant
        day += timedelta(days=1)


def _instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks of the zone show `local`, for the first time, or the next that they do show."""
    while True:
        instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local:
            return instant
        local += A_MINUTE
