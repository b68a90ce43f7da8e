"""When a segment's own schedule is due."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from seggql.segments.calendar import next_by_interval, zone_named
from seggql.segments.cron import read_cron
from seggql.store.segment import Segment, SegmentState

OWN_SCHEDULE = ("interval_minutes", "cron", "time_zone")


def first_due(interval_minutes: int | None, cron: str | None, time_zone: str, now: datetime) -> datetime | None:
    """When a schedule that begins now is first due; None where there is none. Raises: RequestError (INVALID)."""
    if cron is not None:
        return read_cron(cron, zone_named(time_zone)).next_after(now)
    return None if interval_minutes is None else now + timedelta(minutes=interval_minutes)


def next_refresh(segment: Segment, now: datetime) -> datetime | None:
    """When the segment is due again after it was due; what was missed is made up for once.

    Raises: RequestError (INVALID) where this machine does not know its time zone.
    """
    if segment.interval_minutes is not None and segment.due_at is not None:
        return next_by_interval(segment.interval_minutes, segment.due_at, now)
    return first_due(segment.interval_minutes, segment.cron, segment.time_zone, now)


def rescheduled(segment: Segment, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`fields`, which are about to be written over the segment, with the due date that follows from them.

    An interval takes the place of a cron expression, and the other way round. A schedule that stays keeps its step.

    Raises: RequestError (INVALID).
    """
    changed = dict(fields)
    if changed.get("interval_minutes") is not None:
        changed["cron"] = None
    elif changed.get("cron") is not None:
        changed["interval_minutes"] = None
    before = {name: getattr(segment, name) for name in OWN_SCHEDULE}
    after = {name: changed.get(name, before[name]) for name in OWN_SCHEDULE}
    return changed if after == before else changed | {"due_at": first_due(**after, now=now)}


def activated(segment: Segment, now: datetime) -> dict[str, Any]:
    """The fields of the segment as it becomes active: its schedule begins anew. Raises: RequestError (INVALID)."""
    due_at = first_due(segment.interval_minutes, segment.cron, segment.time_zone, now)
    return {"state": SegmentState.ACTIVE, "in_need_since": now, "due_at": due_at, "retry_at": None}
