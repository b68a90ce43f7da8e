"""Edges in MongoDB: one document for a pair of ordinals, found from either end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bson
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError
from pyroaring import BitMap

from seggql.store.collections import relationships_collection
from seggql.store.hub import Document, Hub
from seggql.store.keys import LOCAL
from seggql.store.plain_inserts import DUPLICATE_KEY, FAST

Ends = tuple[int, int]
"""Ordinals of source and target."""


@dataclass(frozen=True, slots=True)
class NewEdge:
    """An edge that is about to be: its document as BSON."""

    ends: Ends
    document: RawBSONDocument

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return len(self.document.raw)


def new_edge(ends: Ends, attributes: Mapping[str, object], batch: ObjectId) -> NewEdge:
    """An edge with its first attributes."""
    document = {"_id": _id(ends), "f": ends[0], "t": ends[1], "a": attributes, "b": batch}
    return NewEdge(ends, RawBSONDocument(bson.encode(document)))


async def read_edges(hub: Hub, relationship_type: str, pairs: Collection[Ends]) -> dict[Ends, dict[str, Any]]:
    """The attributes of the edges that there are between these ends."""
    if not pairs:
        return {}
    collection = hub.collection(relationships_collection(relationship_type)).with_options(read_concern=LOCAL)
    cursor = collection.find({"_id": {"$in": [_id(ends) for ends in pairs]}}, batch_size=len(pairs) + 1)
    return {(row["f"], row["t"]): row.get("a", {}) async for row in cursor}


async def insert_edges(hub: Hub, relationship_type: str, edges: Sequence[NewEdge]) -> set[Ends]:
    """Store new edges; returns those that another writer has just made, and that are as that writer made them."""
    collection: Any = hub.collection(relationships_collection(relationship_type)).with_options(write_concern=FAST)
    try:
        if edges:
            await collection.insert_many([edge.document for edge in edges], ordered=False)
    except BulkWriteError as error:
        problems = error.details["writeErrors"]
        if any(problem["code"] != DUPLICATE_KEY for problem in problems) or error.details["writeConcernErrors"]:
            raise
        return {edges[problem["index"]].ends for problem in problems}
    return set()


async def change_edges(
    hub: Hub, relationship_type: str, changes: Iterable[tuple[Ends, Mapping[str, object]]], batch: ObjectId
) -> None:
    """Set and unset single attributes of edges; None unsets."""
    updates = []
    for ends, values in changes:
        assigned = {f"a.{name}": value for name, value in values.items() if value is not None}
        removed = {f"a.{name}": "" for name, value in values.items() if value is None}
        update: Document = {"$set": assigned | {"b": batch}}
        updates.append(UpdateOne({"_id": _id(ends)}, update | ({"$unset": removed} if removed else {})))
    if updates:
        collection = hub.collection(relationships_collection(relationship_type)).with_options(write_concern=FAST)
        await collection.bulk_write(updates, ordered=False)


async def delete_edges(hub: Hub, relationship_type: str, pairs: Collection[Ends]) -> int:
    """Remove the edges between these ends; how many there were."""
    result = await hub.collection(relationships_collection(relationship_type)).delete_many(
        {"_id": {"$in": [_id(ends) for ends in pairs]}}
    )
    return result.deleted_count


async def far_ends(hub: Hub, relationship_type: str, end: str, ordinals: Sequence[int], at_most: int) -> BitMap | None:
    """Where the edges lead to that have one of these profiles at `end`, "source" or "target".

    None where there are more than `at_most` edges. Both ends stand in one index, so that no edge is read.
    """
    near, far = ("f", "t") if end == "source" else ("t", "f")
    cursor = hub.collection(relationships_collection(relationship_type)).find(
        {near: {"$in": list(ordinals)}}, {"_id": 0, far: 1}, hint=[(near, 1), (far, 1)], limit=at_most + 1
    )
    found, edges = BitMap(), 0
    async for row in cursor:
        found.add(row[far])
        edges += 1
    return found if edges <= at_most else None


async def delete_edges_at(hub: Hub, relationship_type: str, end: str, ordinals: Sequence[int]) -> None:
    """Remove the edges that have one of these profiles at `end`, "source" or "target"."""
    field = "f" if end == "source" else "t"
    await hub.collection(relationships_collection(relationship_type)).delete_many({field: {"$in": list(ordinals)}})


async def count_edges(hub: Hub, relationship_type: str) -> int:
    """How many edges there are, from MongoDB's own count."""
    return await hub.collection(relationships_collection(relationship_type)).estimated_document_count()


def _id(ends: Ends) -> Document:
    return {"f": ends[0], "t": ends[1]}
