"""Deleting segments: refused as long as anything uses them."""

import logging
from collections.abc import Sequence

from seggql.errors import RequestCode, RequestError
from seggql.segments.dependencies import users_of
from seggql.segments.find import refuse_locked, require_segments
from seggql.segments.planning import request_instant
from seggql.store.hub import Hub
from seggql.store.ledger import remove_ledger
from seggql.store.memberships import remove_orphan_chunks
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import delete_segment, guard_dependencies
from seggql.store.transaction import Session, in_transaction

logger = logging.getLogger(__name__)


async def delete_segments(hub: Hub, ids: Sequence[SegmentId]) -> list[SegmentId]:
    """Delete all of them, or none; those that use one another may go together.

    Raises: RequestError (NOT_FOUND, LOCKED, IN_USE with the list of users).
    """

    async def write(session: Session) -> list[Segment]:
        await guard_dependencies(hub, session)
        segments = await require_segments(hub, ids)
        for segment in segments:
            refuse_locked(segment)
        await _refuse_used(hub, segments)
        for segment in segments:
            await delete_segment(hub, segment.id, session)
        return segments

    deleted = await in_transaction(hub, write)
    for segment in deleted:
        logger.info("deleted segment=%s", segment.name)
        await remove_orphan_chunks(hub, segment.id, None, request_instant())
        await remove_ledger(hub, segment.id)
    return [segment.id for segment in deleted]


async def _refuse_used(hub: Hub, segments: Sequence[Segment]) -> None:
    users = await users_of(hub, segments)
    used = [f"{segment.name} is used by {', '.join(users[segment.id])}" for segment in segments if users[segment.id]]
    if used:
        message = f"Not deleted, because of who uses it: {'; '.join(used)}. Change or remove these first."
        raise RequestError(RequestCode.IN_USE, message, field=("ids",))
