"""The system schedule: when every dynamic segment is refreshed together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time

from seggql.errors import RequestCode, RequestError
from seggql.segments.calendar import DAILY, next_by_week, zone_named
from seggql.store.hub import Hub
from seggql.store.schedules import SystemSchedule, now_in_mongodb, write_system_schedule

MOST_TIMES = 4
"""Times a day; segments that need more have schedules of their own."""

TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


async def set_system_schedule(
    hub: Hub, *, is_enabled: bool, days: Sequence[int] | None, times: Sequence[str], time_zone: str
) -> SystemSchedule:
    """Refresh everything at these local times (HH:MM), on these days (1 is Monday) or daily where `days` is None.

    Raises: RequestError (INVALID).
    """
    wanted = tuple(sorted(set(DAILY if days is None else days)))
    if not wanted or not set(wanted) <= set(DAILY):
        raise _invalid("Days are numbers from 1 (Monday) to 7 (Sunday), at least one; leave them out for all.", "days")
    faulty = [text for text in times if not TIME.fullmatch(text)]
    if faulty:
        raise _invalid(f"A time is written as 06:30 is, from 00:00 to 23:59, not as {faulty[0]!r}.", "times")
    distinct = tuple(sorted(set(times)))
    if len(distinct) > MOST_TIMES:
        raise _invalid(f"There are up to {MOST_TIMES} times a day, not {len(distinct)}.", "times")
    if is_enabled and not distinct:
        raise _invalid(f"Give from 1 to {MOST_TIMES} times of day, as 06:30, or set isEnabled to false.", "times")
    zone = zone_named(time_zone)
    schedule = SystemSchedule(is_enabled=is_enabled, days=wanted, times=distinct, time_zone=zone.key)
    if is_enabled:
        schedule = replace(schedule, due_at=next(next_runs(schedule, await now_in_mongodb(hub)), None))
    await write_system_schedule(hub, schedule)
    return schedule


def next_runs(schedule: SystemSchedule, after: datetime) -> Iterator[datetime]:
    """The instants later than `after` at which it is due, in order, whether it is enabled or not."""
    times = [time.fromisoformat(text) for text in schedule.times]
    zone = zone_named(schedule.time_zone)
    return next_by_week(schedule.days, times, zone, after)


def _invalid(message: str, field: str) -> RequestError:
    return RequestError(RequestCode.INVALID, message, field=(field,))
