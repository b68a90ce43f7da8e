"""A segment's own schedule: refreshed every so often, activated and deactivated at an instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from seggql.errors import RequestCode, RequestError
from seggql.segments.calendar import zone_named
from seggql.segments.change import UNSET, Unset, write_segment
from seggql.segments.cron import read_cron
from seggql.segments.draft import check_interval
from seggql.segments.find import require_segment
from seggql.store.hub import Hub
from seggql.store.schedules import now_in_mongodb
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentState

CLOCKS_APART = timedelta(minutes=1)
"""An instant that is past by no more is due at once: the caller's clock may be slow, and requests take their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChanges:
    """What is to change: UNSET leaves a part as it is, None clears it. `time_zone` is that of `cron`: cleared, UTC."""

    interval_minutes: int | Unset | None = UNSET
    cron: str | Unset | None = UNSET
    time_zone: str | Unset | None = UNSET
    activate_at: datetime | Unset | None = UNSET
    deactivate_at: datetime | Unset | None = UNSET


async def schedule_segment(hub: Hub, segment: SegmentId, changes: ScheduleChanges, *, by: str | None = None) -> Segment:
    """Change when a dynamic segment is refreshed, activated and deactivated by itself.

    An interval and a cron expression exclude each other: setting one clears the other.

    Raises: RequestError (NOT_FOUND, INVALID, LOCKED, NOT_ALLOWED for a static segment, CONFLICT).
    """
    found = await require_segment(hub, segment)
    if found.kind is SegmentKind.STATIC:
        message = f"The segment {found.name!r} is static: it is not refreshed, and always active."
        raise RequestError(RequestCode.NOT_ALLOWED, message, field=("id",))
    fields = _given(changes)
    _check_refreshes(found, fields)
    _check_switches(found, fields, await now_in_mongodb(hub))
    return await write_segment(hub, segment, fields | {"updated_by": by}, allows_locked=True) if fields else found


def _given(changes: ScheduleChanges) -> dict[str, Any]:
    """The fields that are to change."""
    every = {name: getattr(changes, name) for name in ScheduleChanges.__slots__}
    fields = {name: value for name, value in every.items() if not isinstance(value, Unset)}
    return fields | ({"time_zone": "UTC"} if fields.get("time_zone", "") is None else {})


def _check_refreshes(segment: Segment, fields: dict[str, Any]) -> None:
    """Raises: RequestError (INVALID)."""
    zone = zone_named(fields.get("time_zone", segment.time_zone))
    if fields.get("cron") is not None:
        if fields.get("interval_minutes") is not None:
            message = "A segment is refreshed at an interval or as a cron expression says, not both: leave one out."
            raise RequestError(RequestCode.INVALID, message, field=("cron",))
        read_cron(fields["cron"], zone)
    check_interval(fields.get("interval_minutes"), segment.kind)


def _check_switches(segment: Segment, fields: dict[str, Any], now: datetime) -> None:
    """Raises: RequestError (INVALID) for an instant that is past, and for what would come to nothing."""
    for name, label in (("activate_at", "activateAt"), ("deactivate_at", "deactivateAt")):
        at = fields.get(name)
        if at is not None and at < now - CLOCKS_APART:
            message = (
                f"{label} is past already: {_told(at)}; it is {_told(now)}. Give a later instant, or do it now by "
                f"{label.removesuffix('At')}Segments."
            )
            raise RequestError(RequestCode.INVALID, message, field=(label,))
    on = fields.get("activate_at", segment.activate_at)
    off = fields.get("deactivate_at", segment.deactivate_at)
    if not {"activate_at", "deactivate_at"} & fields.keys() or on is None or off is None:
        return
    if off == on or (off < on and segment.state is SegmentState.INACTIVE):
        message = (
            f"The segment {segment.name!r} is inactive and would be deactivated ({_told(off)}) before it is activated "
            f"({_told(on)}): let deactivateAt be later than activateAt, or clear one of them with null."
            if off < on
            else f"activateAt and deactivateAt are the same instant, {_told(on)}: leave one of them out."
        )
        raise RequestError(RequestCode.INVALID, message, field=("deactivateAt",))


def _told(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
