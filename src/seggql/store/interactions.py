"""Interactions in MongoDB: inserted once, never changed but for the links of deleted profiles; read by profile."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import bson
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError

from seggql.store.collections import interactions_collection
from seggql.store.hub import Document, Hub
from seggql.store.plain import plain
from seggql.store.plain_inserts import DUPLICATE_KEY, FAST


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInteraction:
    """An interaction as it stands; `links` are ordinals by link name, DECIMAL values are Decimal."""

    id: str
    timestamp: datetime
    links: Mapping[str, int]
    attributes: Mapping[str, Any]


def new_interaction(
    id_: str, timestamp: datetime, links: Mapping[str, int], attributes: Mapping[str, object], batch: ObjectId
) -> RawBSONDocument:
    """The document of an interaction with its ordinals."""
    document = {"_id": id_, "t": timestamp, "l": links, "a": attributes, "b": batch}
    return RawBSONDocument(bson.encode(document))


async def insert_interactions(hub: Hub, interaction_type: str, interactions: Sequence[RawBSONDocument]) -> set[int]:
    """Store new interactions; returns the positions of those whose id was there already."""
    collection: Any = hub.collection(interactions_collection(interaction_type)).with_options(write_concern=FAST)
    try:
        await collection.insert_many(interactions, ordered=False)
    except BulkWriteError as error:
        problems = error.details["writeErrors"]
        if any(problem["code"] != DUPLICATE_KEY for problem in problems) or error.details["writeConcernErrors"]:
            raise
        return {problem["index"] for problem in problems}
    return set()


async def find_interactions(hub: Hub, interaction_type: str, ids: Collection[str]) -> dict[str, StoredInteraction]:
    """The interactions with these ids, by id."""
    cursor = hub.collection(interactions_collection(interaction_type)).find({"_id": {"$in": list(ids)}})
    return {row["_id"]: stored_interaction(row) async for row in cursor}


async def newest_interactions(
    hub: Hub, interaction_type: str, link: str, ordinals: Sequence[int], limit: int
) -> dict[int, list[StoredInteraction]]:
    """For each profile the `limit` newest interactions that link to it by `link`, newest first."""
    newest = {"n": limit, "sortBy": {"t": -1, "_id": -1}, "output": "$$ROOT"}
    pipeline: list[Document] = [
        {"$match": {f"l.{link}": {"$in": list(ordinals)}}},
        {"$group": {"_id": f"$l.{link}", "rows": {"$topN": newest}}},
    ]
    cursor = await hub.collection(interactions_collection(interaction_type)).aggregate(pipeline, allowDiskUse=True)
    return {group["_id"]: [stored_interaction(row) for row in group["rows"]] async for group in cursor}


async def page_of_interactions(
    hub: Hub, interaction_type: str, links: Sequence[str], ordinal: int, limit: int, after: tuple[datetime, str]
) -> list[StoredInteraction]:
    """Interactions that link to the profile `ordinal` by one of `links`, newest first, after a position in them."""
    at, id_ = after
    later = {"$or": [{"t": {"$lt": at}}, {"t": at, "_id": {"$lt": id_}}]}
    condition = {"$and": [{"$or": [{f"l.{link}": ordinal} for link in links]}, later]}
    collection = hub.collection(interactions_collection(interaction_type))
    cursor = collection.find(condition).sort([("t", -1), ("_id", -1)]).limit(limit)
    return [stored_interaction(row) async for row in cursor]


async def count_interactions_of(
    hub: Hub, interaction_type: str, links: Sequence[str], ordinals: Sequence[int]
) -> dict[int, int]:
    """For each profile how many interactions link to it by one of `links`; profiles without any are left out."""
    wanted = list(ordinals)
    linked: list[Document] = [{f"l.{link}": {"$in": wanted}} for link in links]
    pipeline: list[Document] = [
        {"$match": {"$or": linked}},
        {"$set": {"profiles": {"$setUnion": [[f"$l.{link}" for link in links], []]}}},
        {"$unwind": "$profiles"},
        {"$match": {"profiles": {"$in": wanted}}},
        {"$group": {"_id": "$profiles", "count": {"$sum": 1}}},
    ]
    cursor = await hub.collection(interactions_collection(interaction_type)).aggregate(pipeline, allowDiskUse=True)
    return {group["_id"]: group["count"] async for group in cursor}


async def count_interactions(hub: Hub, interaction_type: str) -> int:
    """How many interactions there are, from MongoDB's own count."""
    return await hub.collection(interactions_collection(interaction_type)).estimated_document_count()


async def count_in_batches(hub: Hub, interaction_type: str, batches: Sequence[ObjectId]) -> int:
    """How many interactions were written by `batches`."""
    collection = hub.collection(interactions_collection(interaction_type))
    return await collection.count_documents({"b": {"$in": list(batches)}})


async def unlink_profiles(hub: Hub, interaction_type: str, link: str, ordinals: Sequence[int]) -> None:
    """Take profiles out of the interactions that name them by `link`.

    The interactions stay in the batch that wrote them: packs that cover it hold them, and must not find them again
    beside themselves.
    """
    await hub.collection(interactions_collection(interaction_type)).update_many(
        {f"l.{link}": {"$in": list(ordinals)}}, {"$unset": {f"l.{link}": ""}}
    )


def stored_interaction(row: Document) -> StoredInteraction:
    """The interaction of a document."""
    return StoredInteraction(
        id=row["_id"], timestamp=row["t"], links=row.get("l", {}), attributes=plain(row.get("a", {}))
    )
