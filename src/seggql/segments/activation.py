"""Activating dynamic segments, which queues their first refresh, and deactivating them; by hand, and as planned."""

from collections.abc import Sequence

from seggql.errors import RequestCode, RequestError
from seggql.segments.bulk import Asked, Bulk, Named, find_named
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.segments.switch import Planned, switch_segment
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobTrigger
from seggql.store.run_queue import RunQueue
from seggql.store.schedules import strike_out
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import find_segments


async def activate_segments(
    hub: Hub, settings: Settings, queue: RunQueue, ids: Sequence[Asked], *, by: str | None = None
) -> Bulk:
    """Activate the segments and queue one refresh of those that were inactive; refused: NOT_FOUND, LIMIT_REACHED."""
    named = await find_named(hub, ids)
    switched = await _switch_all(hub, settings, named, SegmentState.ACTIVE, by)
    if switched:
        await request_refresh(hub, queue, switched, request_instant(), JobTrigger.ACTIVATION)
    return await _outcome(hub, named)


async def deactivate_segments(hub: Hub, settings: Settings, ids: Sequence[Asked], *, by: str | None = None) -> Bulk:
    """Deactivate the segments: nobody is in them any more; refused: NOT_FOUND, NOT_ALLOWED for a static segment."""
    named = await find_named(hub, ids)
    named.hold(_refuse_static)
    await _switch_all(hub, settings, named, SegmentState.INACTIVE, by)
    return await _outcome(hub, named)


async def switch_as_planned(hub: Hub, settings: Settings, segment: SegmentId, planned: Planned) -> bool:
    """Do what was planned and strike it out, together; False where it was struck out, changed or done already.

    What is refused for good is struck out too, and is the segment's last error. The first refresh of what is activated
    is for the caller to ask for. Raises: RequestError (NOT_FOUND, LIMIT_REACHED, CONFLICT).
    """
    try:
        is_switched = await switch_segment(hub, settings, segment, planned.state, planned=planned)
    except RequestError as error:
        if error.code == RequestCode.CONFLICT.value:  # others keep changing it: try again with the next look
            raise
        await strike_out(hub, segment, planned.field, planned.at, error=str(error))
        raise
    if not is_switched:
        await strike_out(hub, segment, planned.field, planned.at)
    return is_switched


async def _switch_all(
    hub: Hub, settings: Settings, named: Named, state: SegmentState, by: str | None
) -> list[SegmentId]:
    """Those that were in another state before."""
    switched = []
    for segment in named.left:
        try:
            if segment.state is not state and await switch_segment(hub, settings, segment.id, state, by):
                switched.append(segment.id)
        except RequestError as error:
            named.refuse(segment.id, error)
    return switched


async def _outcome(hub: Hub, named: Named) -> Bulk:
    """The segments as they are now."""
    left = [segment.id for segment in named.left]
    now = await find_segments(hub, left)
    return named.outcome(now[id_] for id_ in left if id_ in now)


def _refuse_static(segment: Segment) -> None:
    if segment.kind is SegmentKind.STATIC:
        message = f"The segment {segment.name!r} is static, and always active. Remove its members instead."
        raise RequestError(RequestCode.NOT_ALLOWED, message)
