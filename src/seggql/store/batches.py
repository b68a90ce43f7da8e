"""Batches: the record of every write, from which a refresh knows what may have changed.

A batch is OPEN, with a superset of the ordinals it will touch, before its first row is written, and CLOSED after its
last. A snapshot takes as changed whatever is OPEN in it, or was closed since the snapshot it builds upon, or was OPEN
in that one: `closed` is the cluster time at which closing began, so that a batch seen OPEN may carry an earlier time.
A writer that dies leaves its batch OPEN; a sweep closes it once its lease is over. Another forgets batches for which
nobody asks any more (`seggql.packs.forgetting`).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bson import ObjectId, Timestamp
from pymongo.asynchronous.client_session import AsyncClientSession
from pyroaring import BitMap

from seggql.errors import UnavailableError
from seggql.store.bitmaps import to_binary
from seggql.store.hub import Document, Hub
from seggql.store.reign import one_reign

DELETION = "DELETION"

FORGOTTEN_AT_ONCE = 1_000
"""Batches removed by one command, so that others get their turn."""

LEASE_S = 300.0
"""How long a writer may take for one batch of some thousand rows before it is taken for dead, in seconds."""

WRITE_S = LEASE_S * 0.8
"""How long a writer takes at most: one that wrote on after the sweep and died then would leave rows that packs, which
cover its batch since, do not hold."""

CLOSE: list[Document] = [{"$set": {"state": "CLOSED", "closed": "$$CLUSTER_TIME"}}, {"$unset": "lease"}]
CLOSE_AGAIN: list[Document] = [{"$set": {"late": {"$eq": ["$state", "CLOSED"]}}}, *CLOSE]
"""`late` marks a batch that was closed before: some of its rows may be older than that, and others younger."""


@asynccontextmanager
async def batch(hub: Hub, batch_id: ObjectId, collection: str, touched: Mapping[str, BitMap]) -> AsyncIterator[None]:
    """A batch of writes that touch at most these ordinals, by profile type; closed where all went well.

    Raises: UnavailableError where MongoDB may have forgotten some of the writes, which do not wait for the majority as
    opening and closing do, or where they have taken so long that the writer is soon taken for dead.
    """
    try:
        async with asyncio.timeout(WRITE_S):
            with one_reign(hub):
                await open_batch(hub, batch_id, collection, touched)
                yield
                await close_batch(hub, batch_id)
    except TimeoutError as error:
        raise UnavailableError("The write took too long and was given up. Send the same rows again.") from error


async def open_batch(
    hub: Hub,
    batch_id: ObjectId,
    collection: str,
    touched: Mapping[str, BitMap],
    *,
    kind: str = "WRITE",
    session: AsyncClientSession | None = None,
) -> None:
    """Record, with the majority, that a write begins; `kind` DELETION is for profiles that go.

    Who had edges with those is recorded later: `neighbours` is there from the beginning, and null.
    """
    now = datetime.now(UTC)
    row: Document = {
        "_id": batch_id,
        "type": collection,
        "kind": kind,
        "state": "OPEN",
        "opened": now,
        "lease": now + timedelta(seconds=LEASE_S),
        "touched": {name: to_binary(ordinals) for name, ordinals in touched.items() if ordinals},
    }
    if kind == DELETION:
        row["neighbours"] = None
    await hub.collection("batches").insert_one(row, session=session)


async def close_batch(hub: Hub, batch_id: ObjectId) -> None:
    """Record that a write ended.

    Where a sweep had closed it before, some rows may have come later than that: it is closed once more, now.
    """
    await hub.collection("batches").update_one({"_id": batch_id}, CLOSE_AGAIN)


async def close_abandoned_batches(hub: Hub, now: datetime) -> int:
    """Close the batches of writers that died; how many there were."""
    result = await hub.collection("batches").update_many(
        {"state": "OPEN", "kind": "WRITE", "lease": {"$lt": now}}, CLOSE
    )
    return result.modified_count


async def abandoned_deletions(hub: Hub, now: datetime) -> list[Document]:
    """The batches of deletions that did not get to where only packs are left to forget something."""
    open_ones = {"state": "OPEN", "kind": DELETION, "lease": {"$lt": now}, "erase": {"$exists": False}}
    cursor = hub.collection("batches").find(open_ones)
    return [row async for row in cursor]


async def forget_batches(hub: Hub, collection: str, before: Timestamp) -> int:
    """Remove the batches of writes to a collection that were closed before a cluster time; returns how many."""
    batches = hub.collection("batches")
    ended = {"type": collection, "closed": {"$lt": before}, "state": "CLOSED"}
    removed = 0
    while ids := [row["_id"] async for row in batches.find(ended, {"_id": 1}).limit(FORGOTTEN_AT_ONCE)]:
        removed += (await batches.delete_many({"_id": {"$in": ids}} | ended)).deleted_count
    return removed
