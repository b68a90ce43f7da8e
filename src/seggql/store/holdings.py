"""Which segments hold a profile: of each only the chunk that the profile lies in is read, and only once."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from pyroaring import BitMap

from seggql.store import ledger, memberships
from seggql.store.bitmaps import chunk_of, chunk_range
from seggql.store.hub import Hub
from seggql.store.segment import SegmentId
from seggql.store.segments import Generations, find_generations

FEW = 10
"""Ordinals up to which looking for each of them in a bitmap takes less time than an intersection."""

ChunkOf = tuple[SegmentId, int]
"""A segment, and the number of one of its chunks."""


async def segments_holding(hub: Hub, profile_type: str, ordinals: BitMap) -> dict[int, list[SegmentId]]:
    """The active segments of a type that hold each of the ordinals now."""
    generations = await find_generations(hub, profile_type)
    numbers = {chunk_of(ordinal) for ordinal in ordinals}
    chunks = await _chunks(hub, generations, numbers)
    if len(ordinals) <= FEW:
        return {
            ordinal: [segment for (segment, _), members in chunks.items() if ordinal in members] for ordinal in ordinals
        }
    holding: dict[int, list[SegmentId]] = {ordinal: [] for ordinal in ordinals}
    for (segment, _), members in chunks.items():
        for ordinal in members & ordinals:
            holding[ordinal].append(segment)
    return holding


async def _chunks(
    hub: Hub, generations: Mapping[SegmentId, Generations], numbers: Collection[int]
) -> dict[ChunkOf, BitMap]:
    """The chunks with these numbers of all of the segments; a generation never changes, so that chunks are kept."""
    known: dict[ChunkOf, BitMap] = {}
    unknown: dict[int, dict[SegmentId, Generations]] = defaultdict(dict)
    for segment, generation in generations.items():
        for number in numbers:
            chunk = hub.members.get(segment, generation.last, number)
            if chunk is None:
                chunk = hub.members.get(segment, generation.last)
            if chunk is None:
                unknown[number][segment] = generation
            else:
                known[segment, number] = chunk
    for number, missing in unknown.items():
        for segment, chunk in (await _read(hub, missing, number)).items():
            hub.members.put(segment, missing[segment].last, chunk, number)
            known[segment, number] = chunk
    return known


async def _read(hub: Hub, generations: Mapping[SegmentId, Generations], number: int) -> dict[SegmentId, BitMap]:
    """One chunk of each segment: of its base, and with what the ledger has since."""
    read = await memberships.read_chunks_of_many(hub, {id_: g.base for id_, g in generations.items()}, [number])
    chunks = {segment: read.get(segment, BitMap()) for segment in generations}
    spans = {segment: (g.base, g.last) for segment, g in generations.items() if g.base < g.last}
    within = chunk_range(number)
    async for segment, change in ledger.differences_of_many(hub, spans):
        if change.entered | change.exited <= within:
            chunks[segment] = change.applied_to(chunks[segment])
    return chunks
