"""Booking deletions in the ledgers, and clearing away generations that nothing points at."""

from datetime import datetime

from pyroaring import BitMap

from seggql.segments.generations import WantedMembers, prepare_generations
from seggql.store.catalog import load_catalog
from seggql.store.commit import Candidate, commit_generations
from seggql.store.deleted import deleted_ordinals
from seggql.store.hub import Hub
from seggql.store.ledger import remove_orphan_rows
from seggql.store.members import stored_members
from seggql.store.memberships import remove_chunks_of_none, remove_orphan_chunks
from seggql.store.retention import prune_ledger
from seggql.store.segment import ChangeCause, Segment
from seggql.store.segments import find_all_segments, find_segments_behind


async def settle_deletions(hub: Hub, now: datetime) -> int:
    """Let profiles that were deleted leave their segments in a generation with the cause DELETION.

    Readers leave them out all the time; this makes counts cheap again and tells the ledger. Returns how many segments
    were touched.
    """
    settled = 0
    for name in (await load_catalog(hub)).profile_types:
        deleted = await deleted_ordinals(hub, name)
        for segment in await find_segments_behind(hub, name, len(deleted)):
            await _settle(hub, segment, deleted, now)
            settled += 1
    return settled


async def sweep_memberships(hub: Hub, written_before: datetime) -> int:
    """Remove generations beyond the newest two, and what attempts that came to nothing left: chunks written before an
    instant that no segment points at, and ledger rows without a head; returns how many documents.
    """
    segments = await find_all_segments(hub)
    removed = await remove_chunks_of_none(hub, [segment.id for segment in segments], written_before)
    for segment in segments:
        kept = (segment.pointer.base, segment.pointer.previous) if segment.pointer else ()
        removed += await remove_orphan_chunks(hub, segment.id, [g for g in kept if g is not None], written_before)
        if segment.pointer:
            removed += await remove_orphan_rows(hub, segment.id, segment.pointer.generation)
    return removed


async def prune_ledgers(hub: Hub, before: datetime) -> int:
    """Let every ledger begin with the generation that was in force at an instant; returns how many documents went."""
    return sum([await prune_ledger(hub, segment, before) for segment in await find_all_segments(hub)])


async def _settle(hub: Hub, segment: Segment, deleted: BitMap, now: datetime) -> None:
    """Only those who were deleted leave: the members answer the query that they answered, as of when they did."""
    pointer = segment.pointer
    assert pointer is not None, "it says of how many deletions it knows"
    wanted = WantedMembers(
        segment=segment,
        members=await stored_members(hub, segment.id, pointer) - deleted,
        cause=ChangeCause.DELETION,
        as_of=pointer.as_of,
        basis=pointer.basis,
    )
    made = (await prepare_generations(hub, [wanted], now)).get(segment.id)
    if made:
        await commit_generations(hub, [Candidate(segment=segment, pointer=made.pointer, entries=made.entries)])
