"""About how many records of each type there are, from MongoDB's own counters: no collection is read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pymongo.errors import OperationFailure

from seggql.catalog.model import Catalog
from seggql.store.collections import interactions_collection, profiles_collection, relationships_collection
from seggql.store.hub import Document, Hub

COUNT: Document = {"$collStats": {"count": {}}}
NAMESPACE_NOT_FOUND = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCounts:
    """Estimated counts by the name of the type."""

    profiles: dict[str, int]
    interactions: dict[str, int]
    relationships: dict[str, int]

    @property
    def by_collection(self) -> dict[str, int]:
        """The same by the name of the collection."""
        return {
            **{profiles_collection(name): count for name, count in self.profiles.items()},
            **{interactions_collection(name): count for name, count in self.interactions.items()},
            **{relationships_collection(name): count for name, count in self.relationships.items()},
        }


async def record_counts(hub: Hub, catalog: Catalog) -> RecordCounts:
    """The counts of every type of `catalog`."""
    profiles = {name: profiles_collection(name) for name in catalog.profile_types}
    interactions = {name: interactions_collection(name) for name in catalog.interaction_types}
    relationships = {name: relationships_collection(name) for name in catalog.relationship_types}
    counts = await _counts(hub, [*profiles.values(), *interactions.values(), *relationships.values()])
    return RecordCounts(
        profiles={name: counts[collection] for name, collection in profiles.items()},
        interactions={name: counts[collection] for name, collection in interactions.items()},
        relationships={name: counts[collection] for name, collection in relationships.items()},
    )


async def member_counts(hub: Hub, names: Iterable[str]) -> dict[str, int]:
    """The stored member counts of segments by name; those never refreshed are left out."""
    wanted = list(names)
    if not wanted:
        return {}
    cursor = hub.collection("segments").find(
        {"name": {"$in": wanted}, "pointer": {"$ne": None}}, {"name": 1, "pointer.count": 1}
    )
    return {row["name"]: row["pointer"]["count"] async for row in cursor}


async def _counts(hub: Hub, collections: Sequence[str]) -> Counter[str]:
    """How many documents each has, by one command; every shard tells of its own. One that was dropped has none."""
    try:
        return await _counts_at_once(hub, collections)
    except OperationFailure as error:
        if error.code != NAMESPACE_NOT_FOUND:
            raise
        there = frozenset(await hub.database.list_collection_names())
        return await _counts_at_once(hub, [name for name in collections if name in there])


async def _counts_at_once(hub: Hub, collections: Sequence[str]) -> Counter[str]:
    counts = Counter[str]()
    if collections:
        others: list[Document] = [{"$unionWith": {"coll": name, "pipeline": [COUNT]}} for name in collections[1:]]
        async for row in await hub.collection(collections[0]).aggregate([COUNT, *others]):
            counts[row["ns"].partition(".")[2]] += row["count"]
    return counts
