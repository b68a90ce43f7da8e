"""The chunks of a segment's generations: written whole before anything points at them, swept when nothing does."""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from datetime import datetime

from bson.max_key import MaxKey
from pyroaring import BitMap

from seggql.store.bitmaps import chunks, from_binary, to_binary
from seggql.store.hub import Document, Hub
from seggql.store.segment import SegmentId

COLLECTION = "memberships"

READ_BATCH = 10_000
"""Chunks of one read: some 700 KB where they are named; where they are all read MongoDB stops at 16 MB before."""

INSERT_BATCH = 1_000
"""Chunks sent at once: at most 8 MB, well inside MongoDB's 48 MB message."""


def chunk_documents(segment: SegmentId, generation: int, members: BitMap, at: datetime) -> Iterator[Document]:
    """`members` as the chunks of a generation that nothing points at yet."""
    for chunk, ordinals in chunks(members):
        key = {"s": segment, "g": generation, "c": chunk}
        yield {"_id": key, "bits": to_binary(ordinals), "n": len(ordinals), "at": at}


async def write_chunks(hub: Hub, documents: Sequence[Document]) -> None:
    """Store chunks."""
    for start in range(0, len(documents), INSERT_BATCH):
        await hub.collection(COLLECTION).insert_many(documents[start : start + INSERT_BATCH], ordered=False)


async def read_chunks(
    hub: Hub, segment: SegmentId, generation: int, *, first_chunk: int = 0, batch_size: int = READ_BATCH
) -> AsyncGenerator[tuple[int, BitMap], None]:
    """The chunks of a generation from `first_chunk` on, in order, each with its number, `batch_size` at a time."""
    low = {"s": segment, "g": generation, "c": first_chunk}
    high = {"s": segment, "g": generation, "c": MaxKey()}
    query = {"_id": {"$gte": low, "$lt": high}}
    async with hub.collection(COLLECTION).find(query, batch_size=batch_size).sort("_id", 1) as cursor:
        async for row in cursor:
            yield row["_id"]["c"], from_binary(row["bits"])


async def read_generations(
    hub: Hub, generations: Mapping[SegmentId, int]
) -> AsyncGenerator[tuple[SegmentId, BitMap], None]:
    """The chunks of one generation of each segment, in no order, each with its segment."""
    spans = [
        {"_id": {"$gte": {"s": segment, "g": g, "c": 0}, "$lt": {"s": segment, "g": g, "c": MaxKey()}}}
        for segment, g in generations.items()
    ]
    if not spans:
        return
    async with hub.collection(COLLECTION).find({"$or": spans}, batch_size=READ_BATCH) as cursor:
        async for row in cursor:
            yield SegmentId(row["_id"]["s"]), from_binary(row["bits"])


async def read_chunks_of_many(
    hub: Hub, generations: Mapping[SegmentId, int], numbers: Collection[int]
) -> dict[SegmentId, BitMap]:
    """The members that lie in the chunks with these numbers, of one generation of each segment."""
    keys = [{"s": segment, "g": g, "c": number} for segment, g in generations.items() for number in numbers]
    found: dict[SegmentId, BitMap] = {}
    for start in range(0, len(keys), READ_BATCH):
        cursor = hub.collection(COLLECTION).find({"_id": {"$in": keys[start : start + READ_BATCH]}})
        async for row in cursor:
            segment = SegmentId(row["_id"]["s"])
            found[segment] = found.get(segment, BitMap()) | from_binary(row["bits"])
    return found


async def remove_chunks_of_none(hub: Hub, segments: Collection[SegmentId], written_before: datetime) -> int:
    """Remove the chunks written before an instant that belong to none of these segments; returns how many."""
    query = {"_id.s": {"$nin": list(segments)}, "at": {"$lt": written_before}}
    return (await hub.collection(COLLECTION).delete_many(query)).deleted_count


async def remove_orphan_chunks(hub: Hub, segment: SegmentId, keep: Collection[int], written_before: datetime) -> int:
    """Remove the chunks of every generation but those to `keep` that were written before an instant; returns how many.

    The instant leaves alone what a commit is about to point at.
    """
    low, high = {"s": segment, "g": 0}, {"s": segment, "g": MaxKey()}
    query: Document = {"_id": {"$gte": low, "$lt": high}, "_id.g": {"$nin": list(keep)}, "at": {"$lt": written_before}}
    return (await hub.collection(COLLECTION).delete_many(query)).deleted_count
