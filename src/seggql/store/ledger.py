"""The ledger: who entered and left a segment with each generation, when, and why.

A generation has a head (chunk -1: instant, cause, counts) and a row for each chunk that changed. The rows are written
first, the head in the transaction that makes the generation valid: rows without a head never happened.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson.max_key import MaxKey
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pyroaring import BitMap

from seggql.store.bitmaps import chunk_of, chunks, from_binary, to_binary
from seggql.store.hub import Document, Hub
from seggql.store.segment import ChangeCause, SegmentId

COLLECTION = "membership_changes"
HEAD = -1
INDEXES = (IndexModel([("_id.s", ASCENDING), ("at", ASCENDING)], partialFilterExpression={"at": {"$exists": True}}),)
INSERT_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What turns one set of members into another; the two bitmaps have nothing in common."""

    entered: BitMap = field(default_factory=BitMap)
    exited: BitMap = field(default_factory=BitMap)

    def applied_to(self, members: BitMap) -> BitMap:
        """`members` after the difference."""
        return (members - self.exited) | self.entered

    def undone_from(self, members: BitMap) -> BitMap:
        """What `members` were before the difference."""
        return (members - self.entered) | self.exited

    def __bool__(self) -> bool:
        return bool(self.entered or self.exited)


def difference(before: BitMap, after: BitMap) -> Difference:
    """What turns `before` into `after`."""
    return Difference(entered=after - before, exited=before - after)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """A generation in the ledger: `count` members after it, `entered` and `exited` with it."""

    generation: int
    at: datetime
    cause: ChangeCause
    count: int
    entered: int
    exited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChange:
    """One profile that entered, or else left."""

    ordinal: int
    entered: bool
    at: datetime
    cause: ChangeCause
    generation: int


def row_documents(segment: SegmentId, generation: int, change: Difference) -> list[Document]:
    """The rows of a generation that was just drawn and whose head is not there yet."""
    changed: dict[int, Document] = {}
    for name, ordinals in (("entered", change.entered), ("exited", change.exited)):
        for chunk, part in chunks(ordinals):
            row = changed.setdefault(chunk, {"_id": {"s": segment, "g": generation, "c": chunk}})
            row[name] = to_binary(part)
    return [changed[chunk] for chunk in sorted(changed)]


async def write_rows(hub: Hub, documents: Sequence[Document]) -> None:
    """Store rows."""
    for start in range(0, len(documents), INSERT_BATCH):
        await hub.collection(COLLECTION).insert_many(documents[start : start + INSERT_BATCH], ordered=False)


def head(segment: SegmentId, entry: LedgerEntry) -> Document:
    """The document that makes the rows of a generation part of the ledger."""
    return {
        "_id": {"s": segment, "g": entry.generation, "c": HEAD},
        "at": entry.at,
        "cause": entry.cause.value,
        "count": entry.count,
        "entered": entry.entered,
        "exited": entry.exited,
    }


async def write_heads(hub: Hub, segment: SegmentId, made: Sequence[LedgerEntry], session: AsyncClientSession) -> None:
    """Make generations of a new segment part of the ledger."""
    if made:
        await hub.collection(COLLECTION).insert_many([head(segment, entry) for entry in made], session=session)


async def entries(
    hub: Hub, segment: SegmentId, *, start: datetime | None = None, end: datetime | None = None
) -> AsyncIterator[LedgerEntry]:
    """The generations of a segment made from `start` to `end`, both included, oldest first."""
    bounds = {"$exists": True} | ({"$gte": start} if start else {}) | ({"$lte": end} if end else {})
    cursor = hub.collection(COLLECTION).find({"_id.s": segment, "at": bounds}).sort([("at", 1), ("_id", 1)])
    async for row in cursor:
        yield _entry(row)


async def entry_at(hub: Hub, segment: SegmentId, at: datetime) -> LedgerEntry | None:
    """The generation that was in force at an instant; None before the first."""
    query = {"_id.s": segment, "at": {"$exists": True, "$lte": at}}
    row = await hub.collection(COLLECTION).find_one(query, sort=[("at", -1), ("_id", -1)])
    return _entry(row) if row else None


async def differences(hub: Hub, segment: SegmentId, after: int, until: int) -> AsyncIterator[tuple[int, Difference]]:
    """The differences made by the generations from `after` (excluded) to `until`, oldest first, a row at a time."""
    if after >= until:
        return
    async for entry, row in _rows(hub, _between(segment, after + 1, until), None):
        yield entry.generation, _difference(row)


async def differences_of_many(
    hub: Hub, spans: Mapping[SegmentId, tuple[int, int]]
) -> AsyncGenerator[tuple[SegmentId, Difference], None]:
    """The same for many segments, each from a generation (excluded) until another; those of one, oldest first."""
    queries = [_between(segment, after + 1, until) for segment, (after, until) in spans.items() if after < until]
    if not queries:
        return
    async for _, row in _rows(hub, {"$or": queries}, None):
        yield SegmentId(row["_id"]["s"]), _difference(row)


async def changes(
    hub: Hub, segment: SegmentId, until: int, *, after: tuple[int, int] | None = None
) -> AsyncGenerator[MembershipChange, None]:
    """Everyone who entered or left, oldest first, from behind the position (generation, ordinal) `after`.

    `until` is a generation that was in force: no earlier one comes into force any more, so that nothing is passed by.
    """
    if after is None:
        known, query = None, _between(segment, 0, until)
    else:
        known = await find_entry(hub, segment, after[0])
        query = _between(segment, after[0], until)
        query["_id"]["$gte"] = _key(segment, after[0], chunk_of(after[1]))
    async for entry, row in _rows(hub, query, known):
        change = _difference(row)
        for ordinal in change.entered | change.exited:
            if after is None or (entry.generation, ordinal) > after:
                yield MembershipChange(
                    ordinal=ordinal,
                    entered=ordinal in change.entered,
                    at=entry.at,
                    cause=entry.cause,
                    generation=entry.generation,
                )


async def count_changes(hub: Hub, segment: SegmentId) -> int:
    """How many entered or left, ever."""
    return sum([entry.entered + entry.exited async for entry in entries(hub, segment)])


async def forget_before(hub: Hub, segment: SegmentId, generation: int, limit: int) -> int:
    """Remove at most `limit` of the documents of generations before this one; returns how many."""
    found = (
        hub.collection(COLLECTION).find(_between(segment, 0, generation - 1), {"_id": 1}).sort("_id", 1).limit(limit)
    )
    ids = [row["_id"] async for row in found]
    return (await hub.collection(COLLECTION).delete_many({"_id": {"$in": ids}})).deleted_count if ids else 0


async def remove_orphan_rows(hub: Hub, segment: SegmentId, generation: int) -> int:
    """Remove the rows without a head up to the generation in force: they can never become valid; returns how many."""
    valid = [entry.generation async for entry in entries(hub, segment)]
    query = _between(segment, 0, generation) | {"_id.g": {"$nin": valid}}
    return (await hub.collection(COLLECTION).delete_many(query)).deleted_count


async def remove_ledger(hub: Hub, segment: SegmentId) -> None:
    """Forget a segment that is no more."""
    await hub.collection(COLLECTION).delete_many(_between(segment, 0, MaxKey()))


async def _rows(hub: Hub, query: Document, known: LedgerEntry | None) -> AsyncIterator[tuple[LedgerEntry, Document]]:
    """The rows that `query` finds, in order, each with its head; `known` is a head that stands before them."""
    segment, entry = None, known
    async for row in hub.collection(COLLECTION).find(query).sort("_id", 1):
        if row["_id"]["c"] == HEAD:
            segment, entry = row["_id"]["s"], _entry(row)
        elif entry and entry.generation == row["_id"]["g"] and segment in (None, row["_id"]["s"]):
            yield entry, row


async def find_entry(hub: Hub, segment: SegmentId, generation: int) -> LedgerEntry | None:
    """The generation with a number; None where it never came into force."""
    row = await hub.collection(COLLECTION).find_one({"_id": _key(segment, generation, HEAD)})
    return _entry(row) if row else None


def _key(segment: SegmentId, generation: int | MaxKey, chunk: int) -> Document:
    return {"s": segment, "g": generation, "c": chunk}


def _between(segment: SegmentId, first: int, last: int | MaxKey) -> Document:
    high = {"s": segment, "g": last, "c": MaxKey()}
    return {"_id": {"$gte": _key(segment, first, HEAD), "$lt": high}}


def _entry(row: Mapping[str, Any]) -> LedgerEntry:
    return LedgerEntry(
        generation=row["_id"]["g"],
        at=row["at"],
        cause=ChangeCause(row["cause"]),
        count=row["count"],
        entered=row["entered"],
        exited=row["exited"],
    )


def _difference(row: Mapping[str, Any]) -> Difference:
    return Difference(
        entered=from_binary(row["entered"]) if "entered" in row else BitMap(),
        exited=from_binary(row["exited"]) if "exited" in row else BitMap(),
    )
