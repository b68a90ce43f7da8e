"""Switching a dynamic segment on or off; off, nobody is in it any more, and the ledger says since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.segments.active_limit import hold_to_limit
from seggql.segments.due_dates import activated
from seggql.segments.find import require_segment
from seggql.segments.generations import prepare_generation
from seggql.segments.planning import request_instant
from seggql.settings import Settings
from seggql.store.commit import Candidate, Verdict, commit_within
from seggql.store.hub import Hub
from seggql.store.segment import ChangeCause, Segment, SegmentId, SegmentState
from seggql.store.segments import change_segment
from seggql.store.transaction import Session, in_transaction

TRIES = 20
"""How often a change is made again over those that others made meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A switch into `state` that was planned for the instant `at`."""

    at: datetime
    state: SegmentState

    @property
    def field(self) -> str:
        """Where the segment keeps it."""
        return "activate_at" if self.state is SegmentState.ACTIVE else "deactivate_at"


async def switch_segment(
    hub: Hub,
    settings: Settings,
    segment: SegmentId,
    state: SegmentState,
    by: str | None = None,
    planned: Planned | None = None,
) -> bool:
    """Bring the segment into `state`, as `planned` where it still is, which is struck out with it; False where it was.

    Raises: RequestError (NOT_FOUND, LIMIT_REACHED).
    """
    for _ in range(TRIES):
        found = await require_segment(hub, segment)
        if found.state is state or (planned and getattr(found, planned.field) != planned.at):
            return False
        if await _switch_over(hub, settings, found, state, by, planned):
            return True
    raise RequestError(RequestCode.CONFLICT, f"Others keep changing the segment {found.name!r}; try again.")


async def _switch_over(
    hub: Hub, settings: Settings, found: Segment, state: SegmentState, by: str | None, planned: Planned | None
) -> bool:
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
        if state is SegmentState.ACTIVE:
            await hold_to_limit(hub, settings, session)
        await change_segment(hub, found, _fields(found, state, at, by, planned), at, session=session)
        return True

    try:
        return await in_transaction(hub, write)
    except RequestError as error:
        if error.code == RequestCode.CONFLICT.value:
            return False
        raise


def _fields(
    found: Segment, state: SegmentState, at: datetime, by: str | None, planned: Planned | None
) -> dict[str, object]:
    """What is written: who did it, unless that was planned by whoever wrote last."""
    fields = activated(found, at) if state is SegmentState.ACTIVE else {"state": state}
    return fields | ({planned.field: None} if planned else {"updated_by": by})
