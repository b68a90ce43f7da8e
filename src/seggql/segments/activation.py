"""Activating dynamic segments, which queues their first refresh, and deactivating them, which empties them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.segments.find import refuse_locked, require_segment, require_segments
from seggql.segments.generations import prepare_generation
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.store.commit import Candidate, Verdict, commit_within
from seggql.store.hub import Hub
from seggql.store.job import JobTrigger
from seggql.store.run_queue import RunQueue
from seggql.store.schedules import strike_out
from seggql.store.segment import ChangeCause, Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import change_segment
from seggql.store.transaction import Session, in_transaction

TRIES = 20
"""How often a change is made again over those that others made meanwhile."""


async def activate_segments(
    hub: Hub, queue: RunQueue, ids: Sequence[SegmentId], *, by: str | None = None
) -> list[Segment]:
    """Activate the segments and queue one refresh of those that were inactive.

    Raises: RequestError (NOT_FOUND, LOCKED).
    """
    activated = []
    for segment in await require_segments(hub, ids):
        if segment.state is SegmentState.INACTIVE and await _switch(hub, segment.id, SegmentState.ACTIVE, by):
            activated.append(segment.id)
    if activated:
        await request_refresh(hub, queue, activated, request_instant(), JobTrigger.ACTIVATION)
    return await require_segments(hub, ids)


async def deactivate_segments(hub: Hub, ids: Sequence[SegmentId], *, by: str | None = None) -> list[Segment]:
    """Deactivate the segments: nobody is in them any more, and the ledger says since when.

    Raises: RequestError (NOT_FOUND, LOCKED, NOT_ALLOWED for a static segment); nothing is changed then.
    """
    segments = await require_segments(hub, ids)
    for segment in segments:
        refuse_locked(segment)
        if segment.kind is SegmentKind.STATIC:
            message = f"The segment {segment.name!r} is static, and always active. Remove its members instead."
            raise RequestError(RequestCode.NOT_ALLOWED, message, field=("ids",))
    for segment in segments:
        await _switch(hub, segment.id, SegmentState.INACTIVE, by)
    return await require_segments(hub, ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A switch into `state` that was planned for the instant `at`."""

    at: datetime
    state: SegmentState

    @property
    def field(self) -> str:
        """Where the segment keeps it."""
        return "activate_at" if self.state is SegmentState.ACTIVE else "deactivate_at"


async def switch_as_planned(hub: Hub, queue: RunQueue, segment: SegmentId, planned: Planned) -> bool:
    """Do what was planned and strike it out, together; False where it was struck out, changed or done already.

    What is refused is struck out too. Raises: RequestError (NOT_FOUND, LOCKED).
    """
    try:
        is_switched = await _switch(hub, segment, planned.state, None, planned)
    except RequestError:
        await strike_out(hub, segment, planned.field, planned.at)
        raise
    if is_switched and planned.state is SegmentState.ACTIVE:
        await request_refresh(hub, queue, [segment], request_instant(), JobTrigger.ACTIVATION)
    elif not is_switched:
        await strike_out(hub, segment, planned.field, planned.at)
    return is_switched


async def _switch(
    hub: Hub, segment: SegmentId, state: SegmentState, by: str | None, planned: Planned | None = None
) -> bool:
    """Bring the segment into `state`, as `planned` where it still is; False where it was already."""
    for _ in range(TRIES):
        found = await require_segment(hub, segment)
        refuse_locked(found)
        if found.state is state or (planned and getattr(found, planned.field) != planned.at):
            return False
        if await _switch_over(hub, found, state, by, planned):
            return True
    raise RequestError(RequestCode.CONFLICT, f"Others keep changing the segment {found.name!r}; try again.")


async def _switch_over(hub: Hub, found: Segment, state: SegmentState, by: str | None, planned: Planned | None) -> bool:
    """The same over the segment as it was read; False where it has changed since."""
    at = max(request_instant(), found.updated_at + timedelta(milliseconds=1))
    empties = state is SegmentState.INACTIVE and found.pointer is not None
    made = await prepare_generation(hub, found, BitMap(), ChangeCause.DEACTIVATION, at, folds=True) if empties else None

    async def write(session: Session) -> bool:
        if made:
            candidate = Candidate(segment=found, pointer=made.pointer, entries=made.entries)
            if (await commit_within(hub, [candidate], session))[found.id] is not Verdict.COMMITTED:
                await session.abort_transaction()
                return False
        struck_out = {planned.field: None} if planned else {}
        await change_segment(hub, found, {"state": state, "updated_by": by} | struck_out, at, session=session)
        return True

    try:
        return await in_transaction(hub, write)
    except RequestError as error:
        if error.code == RequestCode.CONFLICT.value:
            return False
        raise
