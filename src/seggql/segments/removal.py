"""Deleting segments: refused as long as anything uses them."""

import logging
from collections.abc import Sequence

from seggql.errors import RequestCode, RequestError
from seggql.segments.bulk import Asked, Bulk, Named, find_named
from seggql.segments.dependencies import users_of
from seggql.segments.find import refuse_locked
from seggql.segments.planning import request_instant
from seggql.store.hub import Hub
from seggql.store.ledger import remove_ledger
from seggql.store.memberships import remove_orphan_chunks
from seggql.store.segments import delete_segment, guard_dependencies
from seggql.store.transaction import Session, in_transaction

logger = logging.getLogger(__name__)


async def delete_segments(hub: Hub, ids: Sequence[Asked]) -> Bulk:
    """Delete those that nothing uses but others that are deleted with them.

    The others are refused (NOT_FOUND, LOCKED, IN_USE with the list of users).
    """

    async def write(session: Session) -> Bulk:
        await guard_dependencies(hub, session)
        named = await find_named(hub, ids, session)
        named.hold(refuse_locked)
        await _refuse_used(hub, named, session)
        for segment in named.left:
            await delete_segment(hub, segment.id, session)
        return named.outcome(named.left)

    outcome = await in_transaction(hub, write)
    for segment in outcome.segments:
        logger.info("deleted segment=%s", segment.name)
        await remove_orphan_chunks(hub, segment.id, (), request_instant())
        await remove_ledger(hub, segment.id)
    return outcome


async def _refuse_used(hub: Hub, named: Named, session: Session) -> None:
    """Leave out what is used by what stays, until that leaves nothing more out."""
    while True:
        left = named.left
        users = await users_of(hub, left, session)
        used = [segment for segment in left if users[segment.id]]
        for segment in used:
            message = (
                f"{segment.name} is not deleted, because it is used by {', '.join(users[segment.id])}. "
                "Change or remove these first."
            )
            named.refuse(segment.id, RequestError(RequestCode.IN_USE, message))
        if not used:
            return
