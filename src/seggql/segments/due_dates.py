"""When a segment's own schedule is due."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from seggql.segments.calendar import next_by_cron, next_by_interval
from seggql.store.segment import Segment


def schedule_fields(interval_minutes: int | None, cron: str | None, time_zone: str, now: datetime) -> dict[str, Any]:
    """The fields of a segment that is refreshed at an interval, as a checked cron expression says, or not at all."""
    due_at = None
    if cron is not None:
        due_at = next_by_cron(cron, ZoneInfo(time_zone), now)
    elif interval_minutes is not None:
        due_at = now + timedelta(minutes=interval_minutes)
    return {"interval_minutes": interval_minutes, "cron": cron, "time_zone": time_zone, "due_at": due_at}


def next_refresh(segment: Segment, now: datetime) -> datetime | None:
    """When the segment is due again after it was due; what was missed is made up for once."""
    if segment.cron is not None:
        return next_by_cron(segment.cron, ZoneInfo(segment.time_zone), now)
    if segment.interval_minutes is not None and segment.due_at is not None:
        return next_by_interval(segment.interval_minutes, segment.due_at, now)
    return None
