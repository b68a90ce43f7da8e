"""A segment's own schedule: refreshed every so often, activated and deactivated at an instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seggql.errors import RequestCode, RequestError
from seggql.segments.calendar import check_cron, zone_named
from seggql.segments.change import UNSET, Unset, write_segment
from seggql.segments.draft import check_interval
from seggql.segments.due_dates import schedule_fields
from seggql.segments.find import require_segment
from seggql.store.hub import Hub
from seggql.store.schedules import now_in_mongodb
from seggql.store.segment import Segment, SegmentId, SegmentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChanges:
    """What is to change: UNSET leaves a part as it is, None clears it. `time_zone` is that of `cron`."""

    interval_minutes: int | Unset | None = UNSET
    cron: str | Unset | None = UNSET
    time_zone: str = "UTC"
    activate_at: datetime | Unset | None = UNSET
    deactivate_at: datetime | Unset | None = UNSET


async def schedule_segment(hub: Hub, segment: SegmentId, changes: ScheduleChanges, *, by: str | None = None) -> Segment:
    """Change when a dynamic segment is refreshed, activated and deactivated by itself.

    An interval and a cron expression exclude each other: setting one clears the other.

    Raises: RequestError (NOT_FOUND, INVALID, NOT_ALLOWED for a static segment, CONFLICT).
    """
    found = await require_segment(hub, segment)
    if found.kind is SegmentKind.STATIC:
        message = f"The segment {found.name!r} is static: it is not refreshed, and always active."
        raise RequestError(RequestCode.NOT_ALLOWED, message, field=("id",))
    now = await now_in_mongodb(hub)
    fields = _refresh_fields(found, changes, now) | _switch_fields(found, changes, now)
    return await write_segment(hub, segment, fields | {"updated_by": by}, allows_locked=True) if fields else found


def _refresh_fields(segment: Segment, changes: ScheduleChanges, now: datetime) -> dict[str, Any]:
    """Raises: RequestError (INVALID)."""
    interval, cron = changes.interval_minutes, changes.cron
    if isinstance(interval, Unset) and isinstance(cron, Unset):
        return {}
    if isinstance(interval, int) and isinstance(cron, str):
        message = "A segment is refreshed at an interval or as a cron expression says, not both: leave one out."
        raise RequestError(RequestCode.INVALID, message, field=("input", "cron"))
    if isinstance(cron, str):
        check_cron(cron, field=("input", "cron"))
        return schedule_fields(None, cron, zone_named(changes.time_zone, field=("input", "timeZone")).key, now)
    if isinstance(interval, int):
        check_interval(interval, SegmentKind.DYNAMIC)
        return schedule_fields(interval, None, "UTC", now)
    kept_interval = None if interval is None else segment.interval_minutes
    kept_cron = None if cron is None else segment.cron
    if (kept_interval, kept_cron) == (segment.interval_minutes, segment.cron):
        return {}
    return schedule_fields(kept_interval, kept_cron, segment.time_zone, now)


def _switch_fields(segment: Segment, changes: ScheduleChanges, now: datetime) -> dict[str, Any]:
    """Raises: RequestError (INVALID) for an instant that is past, or twice the same."""
    fields: dict[str, Any] = {}
    for name, label in (("activate_at", "activateAt"), ("deactivate_at", "deactivateAt")):
        at = getattr(changes, name)
        if isinstance(at, Unset):
            continue
        if at is not None and at <= now:
            message = f"{label} is past already ({at.isoformat()}); it must be later than now ({now.isoformat()})."
            raise RequestError(RequestCode.INVALID, message, field=("input", label))
        fields[name] = at
    planned = {"activate_at": segment.activate_at, "deactivate_at": segment.deactivate_at} | fields
    if fields and planned["activate_at"] is not None and planned["activate_at"] == planned["deactivate_at"]:
        message = "activateAt and deactivateAt are the same instant; leave one of them out."
        raise RequestError(RequestCode.INVALID, message, field=("input", "deactivateAt"))
    return fields
