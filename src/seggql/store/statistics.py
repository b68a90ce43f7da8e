"""About how many records of each type there are, from MongoDB's own counters: no collection is read."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from seggql.catalog.model import Catalog
from seggql.store.collections import interactions_collection, profiles_collection, relationships_collection
from seggql.store.hub import Hub


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
    profiles, interactions, relationships = await asyncio.gather(
        _counts(hub, {name: profiles_collection(name) for name in catalog.profile_types}),
        _counts(hub, {name: interactions_collection(name) for name in catalog.interaction_types}),
        _counts(hub, {name: relationships_collection(name) for name in catalog.relationship_types}),
    )
    return RecordCounts(profiles=profiles, interactions=interactions, relationships=relationships)


async def member_counts(hub: Hub, names: Iterable[str]) -> dict[str, int]:
    """The stored member counts of segments by name; those never refreshed are left out."""
    wanted = list(names)
    if not wanted:
        return {}
    cursor = hub.collection("segments").find(
        {"name": {"$in": wanted}, "pointer": {"$ne": None}}, {"name": 1, "pointer.count": 1}
    )
    return {row["name"]: row["pointer"]["count"] async for row in cursor}


async def _counts(hub: Hub, collections: dict[str, str]) -> dict[str, int]:
    counts = await asyncio.gather(*(hub.collection(name).estimated_document_count() for name in collections.values()))
    return dict(zip(collections, counts, strict=True))
