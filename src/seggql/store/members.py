"""The members of a segment as readers see them: the generation in force, without deleted profiles."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.store import ledger, memberships
from seggql.store.bitmaps import chunk_of
from seggql.store.deleted import deleted_ordinals
from seggql.store.hub import Hub
from seggql.store.ledger import Difference
from seggql.store.segment import Pointer, Segment, SegmentId

PAGE_CHUNKS = 16
"""Chunks read at a time for a page, at most 128 KB: most pages lie in one, those of sparse segments in many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage:
    """Part of the members, in the order of their ordinals, and whether more follows."""

    ordinals: tuple[int, ...]
    has_more: bool


async def stored_members(hub: Hub, segment: SegmentId, pointer: Pointer | None) -> BitMap:
    """The members of a generation as it was written, with those deleted since; callers do not change it."""
    if pointer is None:
        return BitMap()
    return (await stored_members_of_many(hub, {segment: pointer}))[segment]


async def stored_members_of_many(hub: Hub, pointers: Mapping[SegmentId, Pointer]) -> dict[SegmentId, BitMap]:
    """The same for many segments, by two reads together."""
    known = {id_: hub.members.get(id_, pointer.generation) for id_, pointer in pointers.items()}
    found = {id_: members for id_, members in known.items() if members is not None}
    unknown = {id_: pointer for id_, pointer in pointers.items() if id_ not in found}
    if not unknown:
        return found
    parts: dict[SegmentId, list[BitMap]] = {id_: [] for id_ in unknown}
    async for id_, chunk in memberships.read_generations(hub, {id_: p.base for id_, p in unknown.items()}):
        parts[id_].append(chunk)
    read = await asyncio.to_thread(lambda: {id_: _union(chunks) for id_, chunks in parts.items()})
    spans = {id_: (pointer.base, pointer.generation) for id_, pointer in unknown.items()}
    async for id_, change in ledger.differences_of_many(hub, spans):
        read[id_] = change.applied_to(read[id_])
    for id_, members in read.items():
        hub.members.put(id_, unknown[id_].generation, members)
    return found | read


async def read_members(hub: Hub, segment: Segment) -> BitMap:
    """Everyone in the segment now."""
    members = await stored_members(hub, segment.id, segment.pointer)
    return members - await deleted_ordinals(hub, segment.profile_type)


async def count_members(hub: Hub, segments: Sequence[Segment]) -> dict[SegmentId, int | None]:
    """How many members each segment has now; None for one that was never refreshed.

    Counts are stored; only where profiles were deleted since are the chunks that held them read.
    """
    types = {segment.profile_type for segment in segments}
    deleted = {name: await deleted_ordinals(hub, name) for name in types}
    return {segment.id: await _count(hub, segment, deleted[segment.profile_type]) for segment in segments}


async def members_page(hub: Hub, segment: Segment, *, after: int | None, limit: int) -> MembersPage:
    """At most `limit` members whose ordinals follow `after`; reads no more chunks than it must."""
    if segment.pointer is None:
        return MembersPage(ordinals=(), has_more=False)
    deleted = await deleted_ordinals(hub, segment.profile_type)
    start = 0 if after is None else after + 1
    changed = await _changes_since_base(hub, segment.id, segment.pointer)
    found: list[int] = []
    base, done = segment.pointer.base, chunk_of(start)
    read = memberships.read_chunks(hub, segment.id, base, first_chunk=done, batch_size=PAGE_CHUNKS)
    async with aclosing(read) as chunks:
        async for number, chunk in chunks:
            _take(_new_chunks(changed, done, number), deleted, start, limit, found)
            _take([changed.get(number, Difference()).applied_to(chunk)], deleted, start, limit, found)
            done = number + 1
            if len(found) > limit:
                break
        else:
            _take(_new_chunks(changed, done, None), deleted, start, limit, found)
    return MembersPage(ordinals=tuple(found[:limit]), has_more=len(found) > limit)


async def members_at(hub: Hub, segment: Segment, at: datetime) -> BitMap:
    """Everyone who was in the segment at an instant, without those deleted since; nobody before the first refresh.

    Raises: RequestError (INVALID) for an instant before the ledger begins.
    """
    if segment.history and at < segment.history.at:
        message = f"The history of {segment.name!r} is kept from {segment.history.at.isoformat()} on; ask for later."
        raise RequestError(RequestCode.INVALID, message, field=("at",))
    entry = await ledger.entry_at(hub, segment.id, at)
    if entry is None or segment.pointer is None:
        return BitMap()
    chunks = [chunk async for _, chunk in memberships.read_chunks(hub, segment.id, segment.pointer.base)]
    members: BitMap = await asyncio.to_thread(_union, chunks)
    base = segment.pointer.base
    if entry.generation >= base:
        async for _, change in ledger.differences(hub, segment.id, base, entry.generation):
            members = change.applied_to(members)
    else:
        later = [change async for _, change in ledger.differences(hub, segment.id, entry.generation, base)]
        for change in reversed(later):
            members = change.undone_from(members)
    return members - await deleted_ordinals(hub, segment.profile_type)


def page_of(members: BitMap, *, after: int | None, limit: int) -> MembersPage:
    """At most `limit` of `members` whose ordinals follow `after`."""
    first = 0 if after is None else members.rank(after)
    return MembersPage(ordinals=tuple(members[first : first + limit]), has_more=first + limit < len(members))


async def _count(hub: Hub, segment: Segment, deleted: BitMap) -> int | None:
    if segment.pointer is None:
        return None
    if segment.pointer.deleted == len(deleted) or segment.pointer.count == 0:
        return segment.pointer.count
    return len(await stored_members(hub, segment.id, segment.pointer) - deleted)


async def _changes_since_base(hub: Hub, segment: SegmentId, pointer: Pointer) -> dict[int, Difference]:
    """What the generations since the base changed, folded into one difference a chunk."""
    folded: dict[int, Difference] = {}
    if pointer.base == pointer.generation:
        return folded
    async for _, change in ledger.differences(hub, segment, pointer.base, pointer.generation):
        chunk = chunk_of((change.entered | change.exited).min())
        folded[chunk] = _followed_by(folded.get(chunk, Difference()), change)
    return folded


def _followed_by(first: Difference, second: Difference) -> Difference:
    """One difference that does what `first` and then `second` do."""
    return Difference(
        entered=(first.entered - second.exited) | second.entered,
        exited=(first.exited - second.entered) | second.exited,
    )


def _new_chunks(changed: dict[int, Difference], first: int, end: int | None) -> list[BitMap]:
    """The chunks from `first` up to `end` that the base does not have."""
    numbers = sorted(number for number in changed if number >= first and (end is None or number < end))
    return [changed[number].entered for number in numbers]


def _take(parts: Iterable[BitMap], deleted: BitMap, start: int, limit: int, found: list[int]) -> None:
    """Move ordinals from `start` on into `found` until it holds one more than `limit`."""
    for part in parts:
        wanted = part - deleted
        first = wanted.rank(start - 1) if start else 0
        found.extend(wanted[first : first + limit + 1 - len(found)])


def _union(chunks: Sequence[BitMap]) -> BitMap:
    return BitMap.union(*chunks) if chunks else BitMap()
