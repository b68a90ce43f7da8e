"""Refreshes that failed are asked for again, ever later, together with what was skipped because of them."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from seggql.segments.requests import store_refresh
from seggql.store.hub import Hub
from seggql.store.job import JobTrigger, RunId
from seggql.store.schedules import find_retries, take_retry, waiting_for_schedule
from seggql.store.segment import Segment, SegmentKind
from seggql.store.segments import find_active_segments
from seggql.store.transaction import Session, in_transaction

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Segments of one transaction; what is left comes with the next look."""


async def retry_failed(hub: Hub, now: datetime) -> RunId | None:
    """A run of the segments whose last refresh failed and whose wait is over by `now`, with those that use them."""
    failed = await find_retries(hub, now, AT_ONCE)
    if not failed:
        return None
    active = await find_active_segments(hub)

    async def write(session: Session) -> RunId | None:
        taken = [segment for segment in failed if await take_retry(hub, segment, session)]
        waiting = await waiting_for_schedule(hub, [segment.id for segment in taken], session)
        idle = [segment for segment in taken if segment.id not in waiting]
        if not idle:
            return None
        users = _users_of({segment.name for segment in idle}, active)
        run, _ = await store_refresh(hub, idle, JobTrigger.SCHEDULE, now, session, users=users)
        logger.info("failed refreshes tried again run=%s segments=%s", run.id, len(idle))
        return run.id

    return await in_transaction(hub, write)


def _users_of(names: Collection[str], active: Sequence[Segment]) -> list[Segment]:
    """The active segments that use one of these, or use one that does, without these themselves."""
    reached = set(names)
    while more := {segment.name for segment in active if not reached.isdisjoint(segment.depends_on)} - reached:
        reached |= more
    found = reached - set(names)
    return [segment for segment in active if segment.name in found and segment.kind is SegmentKind.DYNAMIC]
