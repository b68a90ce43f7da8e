"""Keeps the packed ranges of profiles and edges: packs what is missing, packs anew what has changed much."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.packs.build import range_pieces
from seggql.packs.change import Change
from seggql.packs.frames import frame_of
from seggql.packs.moment import Moment, moment_of
from seggql.packs.pace import Pace
from seggql.packs.pieces import encoded_pieces, lack_columns
from seggql.packs.shape import RANGE, Shape
from seggql.store.hub import Hub
from seggql.store.packs import Part, Range, gaps
from seggql.store.profiles import first_ordinal
from seggql.store.snapshot import SnapshotSources
from seggql.store.tail import WrittenBatch, tail_of

STALE_SHARE = 0.02
"""Of the rows of a range: once so many have changed it is packed anew. That reads and writes all of it, while an
evaluation has to look each changed row up, which takes it some fifty times as long as a packed row."""

LONG_TAIL = 500
"""Batches after which a range is packed anew for whatever has changed, so that evaluations need not read ever more."""

FLIP_AFTER = 16
"""Parts that come into force together: the head is written anew each time, and names all parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRange:
    """The parts of one chunk of ordinals, one unless their columns are too large for that."""

    range: Range
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)


async def keep_ranges(
    hub: Hub, shape: Shape, change: Change, paths: frozenset[str], pace: Pace, *, anew: bool = False
) -> int:
    """Bring the pack up to date, a range at a time, each at an instant of its own; returns how many were packed.

    Raises: PackLost, UnavailableError.
    """
    packed = []
    for each in packed_ranges(change.head.parts):
        if each.rows or await _has_profiles(hub, shape, each.range):
            packed.append(each)
        else:
            change.remove(each.parts)
    missing = [PackedRange(range=range, parts=()) for range in await _missing_ranges(hub, shape, change.parts)]
    worn = packed if anew else await _worn(hub, shape, change, packed, paths)
    for each in (*missing, *worn):
        await _pack(hub, shape, change, paths, each)
        if change.pending >= FLIP_AFTER:
            await change.flip()
        await pace.rest()
    await change.flip()
    return len(missing) + len(worn)


def packed_ranges(parts: Iterable[Part]) -> list[PackedRange]:
    """The parts by the chunk that they are of."""
    of_chunk: dict[tuple[str, int], list[Part]] = defaultdict(list)
    for part in parts:
        assert part.range is not None, "parts of profiles and edges are ranges"
        of_chunk[part.range.path, part.range.low // RANGE].append(part)
    return [PackedRange(range=_chunk(path, number), parts=tuple(found)) for (path, number), found in of_chunk.items()]


async def stale_rows(
    sources: SnapshotSources, shape: Shape, packed: PackedRange, batches: Sequence[WrittenBatch]
) -> BitMap:
    """The ordinals of the range whose rows are not to be taken from it, because one of `batches` touched them.

    Batches of other types make profiles that are not there yet, but never change one that is.
    """
    profile_type = shape.profile_types[packed.range.path]
    own = _touched([batch for batch in batches if batch.collection == shape.collection], profile_type)
    others = _touched([batch for batch in batches if batch.collection != shape.collection], profile_type)
    stale, made = own & packed.range.ordinals, others & packed.range.ordinals
    if made:
        stale |= made - await _held(sources, shape, packed)
    return stale


async def _missing_ranges(hub: Hub, shape: Shape, parts: Sequence[Part]) -> list[Range]:
    """The chunks of ordinals that have profiles and no part.

    Of those whose profiles have all gone there may be very many, which would take a part each in the head.
    """
    found: list[Range] = []
    for near in shape.near:
        for low, high in gaps(parts, near):
            start = low
            while (first := await first_ordinal(hub, shape.profile_types[near], start, high)) is not None:
                found.append(_chunk(near, first // RANGE))
                start = found[-1].high
    return found


async def _has_profiles(hub: Hub, shape: Shape, range: Range) -> bool:
    return await first_ordinal(hub, shape.profile_types[range.path], range.low, range.high) is not None


async def _worn(
    hub: Hub, shape: Shape, change: Change, ranges: Sequence[PackedRange], paths: frozenset[str]
) -> list[PackedRange]:
    """The ranges that are to be packed anew; those to which nothing was written cover the present from now on."""
    moment = await moment_of(hub, shape, [part.basis for part in change.head.parts])
    worn: list[PackedRange] = []
    for packed in ranges:
        if lack_columns(packed.parts, paths):
            worn.append(packed)
            continue
        settled = _settled(packed, moment)
        if not settled:
            continue
        stale = await stale_rows(moment.sources, shape, packed, settled)
        if not stale:
            change.advance(packed.parts, moment.basis)
        elif len(stale) > STALE_SHARE * packed.rows or len(settled) > LONG_TAIL:
            worn.append(packed)
    return worn


def _settled(packed: PackedRange, moment: Moment) -> list[WrittenBatch]:
    """The batches that a part of the range does not cover, and that one made now would."""
    found = {batch.id: batch for part in packed.parts for batch in tail_of(part.basis, moment.batches).batches}
    return [batch for id_, batch in found.items() if id_ not in moment.basis.open]


async def _pack(hub: Hub, shape: Shape, change: Change, paths: frozenset[str], packed: PackedRange) -> None:
    """Pack a range in place of the parts that it has."""
    moment = await moment_of(hub, shape)
    change.remove(packed.parts)
    async for piece in range_pieces(moment, shape, paths, packed.range):
        for encoded in await asyncio.to_thread(encoded_pieces, piece):
            await change.add(encoded, moment.basis)


async def _held(sources: SnapshotSources, shape: Shape, packed: PackedRange) -> BitMap:
    """The ordinals that the range has rows of."""
    held = BitMap()
    near = packed.range.path
    for part in packed.parts:
        frame = await frame_of(sources, shape, part, [near])
        held |= BitMap(frame.numbers(near)[0])
    return held


def _touched(batches: Iterable[WrittenBatch], profile_type: str) -> BitMap:
    return BitMap.union(BitMap(), *(batch.touched.get(profile_type, BitMap()) for batch in batches))


def _chunk(near: str, number: int) -> Range:
    return Range(path=near, low=number * RANGE, high=(number + 1) * RANGE)
