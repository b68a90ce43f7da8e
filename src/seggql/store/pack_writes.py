"""Changes of a pack, one process at a time: a lease, columns under a version of their own, and the head that flips.

Whoever holds the lease has a token. The head changes in one update that demands the token and the version that was
read, so that a process which lost its lease changes nothing that is seen. What it wrote before that is of versions
that no head ever names; the next one removes it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection

from seggql.stopping import cancel_for_certain
from seggql.store.collections import make_pack
from seggql.store.hub import Document, Hub
from seggql.store.outage import OUTAGES
from seggql.store.packs import (
    HEAD,
    ColumnKey,
    PackHead,
    Part,
    StoredColumn,
    column_document,
    head_of,
    head_pipeline,
    key_document,
    packs_collection,
    part_document,
)

COLUMN_BYTES = 15 * 1024 * 1024
"""Longest column: MongoDB's 16 MiB for a document, less what names it."""

BEATS_PER_LEASE = 4
"""Heartbeats in one lease: three may be lost before another process takes the pack over."""

DELETED_AT_ONCE = 1_000


class PackLost(Exception):
    """Another process has taken the pack over; it sees to what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLease:
    """The right to change the pack of `collection`, as long as nobody else has a later token.

    `drawn` versions had been given out before; `is_unswept` says that some of their columns may be left over,
    `is_distrusted` that somebody could not read what it holds.
    """

    collection: str
    token: int
    drawn: int
    is_unswept: bool
    is_distrusted: bool


@asynccontextmanager
async def leased_pack(hub: Hub, collection: str, owner: str, lease_s: float) -> AsyncIterator[PackLease | None]:
    """The lease of a pack, kept while the block runs and given back at its end; None where another process has it."""
    lease = await _take(hub, collection, owner, lease_s)
    if lease is None and await hub.collection(packs_collection(collection)).find_one({"_id": HEAD}, {"_id": 1}) is None:
        await make_pack(hub, collection)  # it was thrown away, or a backup restored that has no packs
        lease = await _take(hub, collection, owner, lease_s)
    if lease is None:
        yield None
        return
    heart = asyncio.create_task(_beat(hub, lease, lease_s))
    given_back: Document = {"lease.owner": None, "lease.until": "$$NOW"}
    try:
        yield lease
        given_back["unswept"] = False
    finally:
        await cancel_for_certain([heart])
        with suppress(*OUTAGES):
            await _pack(hub, lease).update_one(_of(lease), [{"$set": given_back}])


async def read_head(hub: Hub, collection: str) -> PackHead:
    """The head as it is now, for who is about to change it."""
    cursor = await hub.collection(packs_collection(collection)).aggregate(head_pipeline())
    return head_of(await cursor.to_list())


async def draw_version(hub: Hub, lease: PackLease) -> int:
    """A version that no column has yet. Raises: PackLost."""
    drawn: Document = {"$inc": {"draws": 1}, "$set": {"unswept": True}}
    head = await _pack(hub, lease).find_one_and_update(
        _of(lease), drawn, {"draws": 1}, return_document=ReturnDocument.AFTER
    )
    if head is None:
        raise PackLost(f"the pack of {lease.collection} was taken over")
    return int(head["draws"])


async def write_columns(hub: Hub, lease: PackLease, columns: Iterable[StoredColumn]) -> None:
    """Store columns that no head names yet, one by one: a command holds one of the largest."""
    for column in columns:
        await _pack(hub, lease).insert_one(column_document(column))


async def flip_head(
    hub: Hub, lease: PackLease, before: PackHead, parts: Sequence[Part], idle: Mapping[str, datetime]
) -> PackHead:
    """Put `parts` in force, whose columns are written; returns the head that names them.

    Raises: PackLost where another process has changed the head, or has the right to.
    """
    in_order = sorted(parts, key=lambda part: part.number)
    change: Document = {
        "version": before.version + 1,
        "distrusted": False,
        "parts": [part_document(part) for part in in_order],
        "idle": [{"path": path, "since": since} for path, since in sorted(idle.items())],
    }
    flipped = await _pack(hub, lease).update_one(_of(lease) | {"version": before.version}, {"$set": change})
    if not flipped.matched_count:
        raise PackLost(f"the pack of {lease.collection} was taken over")
    return PackHead(version=before.version + 1, parts=tuple(in_order), idle=dict(idle))


async def remove_superseded(hub: Hub, lease: PackLease, before: PackHead, after: PackHead) -> None:
    """Remove the columns of `before` that `after` no longer names; readers of an older snapshot still see them."""
    gone = _keys(before) - _keys(after)
    await _remove(hub, lease, [key_document(key) for key in gone])


async def remove_columns(hub: Hub, lease: PackLease, keys: Iterable[ColumnKey]) -> None:
    """Remove columns that no head names, nor ever will."""
    await _remove(hub, lease, [key_document(key) for key in keys])


async def sweep_columns(hub: Hub, lease: PackLease) -> int:
    """Remove columns that no head names, left by processes that died; returns how many.

    Only of versions drawn before the lease was taken: whoever has taken over meanwhile may be about to name later ones.
    """
    named = {(key.part, key.version, key.path) for key in _keys(await read_head(hub, lease.collection))}
    cursor = _pack(hub, lease).find({"_id": {"$type": "object"}}, {"_id": 1}).hint([("_id", 1)])  # reads no column
    stored = [row["_id"] async for row in cursor]
    orphans = [key for key in stored if key["v"] <= lease.drawn and (key["n"], key["v"], key["p"]) not in named]
    await _remove(hub, lease, orphans)
    return len(orphans)


async def distrust_pack(hub: Hub, collection: str, version: int) -> None:
    """Note that the pack of `collection` cannot be read as it is in `version`: whoever keeps it throws it away."""
    seen: Document = {"_id": HEAD, "version": version}
    await hub.collection(packs_collection(collection)).update_one(seen, {"$set": {"distrusted": True}})


async def packs_in_use(hub: Hub, collections: Iterable[str]) -> list[str]:
    """Those of `collections` whose packs hold something, or may do so soon because a process is at work on them.

    What one that failed has left is something, too, until it is swept.
    """
    something: list[Document] = [{"parts.0": {"$exists": True}}, {"lease.owner": {"$ne": None}}, {"unswept": True}]
    in_use: Document = {"_id": HEAD, "$or": something}
    found = []
    for collection in collections:
        if await hub.collection(packs_collection(collection)).find_one(in_use, {"_id": 1}):
            found.append(collection)
    return found


async def _remove(hub: Hub, lease: PackLease, keys: Sequence[Document]) -> None:
    for start in range(0, len(keys), DELETED_AT_ONCE):
        await _pack(hub, lease).delete_many({"_id": {"$in": keys[start : start + DELETED_AT_ONCE]}})


async def _take(hub: Hub, collection: str, owner: str, lease_s: float) -> PackLease | None:
    """The next token, where nobody has the lease or whoever had it is late; by MongoDB's clock."""
    is_free: Document = {"$or": [{"$eq": ["$lease.owner", None]}, {"$lt": ["$lease.until", "$$NOW"]}]}
    until: Document = {"$add": ["$$NOW", round(lease_s * 1000)]}
    taken = await hub.collection(packs_collection(collection)).find_one_and_update(
        {"_id": HEAD, "$expr": is_free},
        [{"$set": {"lease": {"owner": {"$literal": owner}, "until": until, "token": {"$add": ["$lease.token", 1]}}}}],
        {"lease": 1, "draws": 1, "unswept": 1, "distrusted": 1},
        return_document=ReturnDocument.AFTER,
    )
    if taken is None:
        return None
    return PackLease(
        collection=collection,
        token=taken["lease"]["token"],
        drawn=taken["draws"],
        is_unswept=taken.get("unswept", False),
        is_distrusted=taken.get("distrusted", False),
    )


async def _beat(hub: Hub, lease: PackLease, lease_s: float) -> None:
    until: list[Document] = [{"$set": {"lease.until": {"$add": ["$$NOW", round(lease_s * 1000)]}}}]
    while True:
        await asyncio.sleep(lease_s / BEATS_PER_LEASE)
        with suppress(*OUTAGES):
            await _pack(hub, lease).update_one(_of(lease), until)


def _pack(hub: Hub, lease: PackLease) -> AsyncCollection[Document]:
    return hub.collection(packs_collection(lease.collection))


def _of(lease: PackLease) -> Document:
    return {"_id": HEAD, "lease.token": lease.token}


def _keys(head: PackHead) -> set[ColumnKey]:
    return {key for part in head.parts for key in part.keys(part.columns)}
