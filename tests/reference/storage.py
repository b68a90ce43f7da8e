"""Puts a world into MongoDB, in the shape that the storage gives to what is ingested."""

from decimal import Decimal
from typing import Any

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.store.collections import make_collections
from seggql.store.hub import Document, Hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.reference.world import World

END = 1_000
"""Every ordinal below that is no profile counts as deleted, whatever names it."""


async def sources_of(hub: Hub, world: World) -> SnapshotSources:
    """What is read from, as it is now; the members of segments are the world's."""

    async def members_of(segment: str) -> BitMap:
        return BitMap(world.segments[segment])

    return SnapshotSources(hub, await take_snapshot(hub), members_of)


async def store_world(hub: Hub, catalog: Catalog, world: World) -> None:
    """Make the collections of every type, and fill them; ordinals that no profile has were deleted."""
    for types in (catalog.profile_types, catalog.interaction_types, catalog.relationship_types):
        for record_type in types.values():
            await make_collections(hub, record_type, None)
    for name in catalog.profile_types:
        profiles = world.profiles.get(name, [])
        await _insert(
            hub,
            f"profiles.{name}",
            [{"_id": one.ordinal, "key": one.key, "a": stored(one.attributes)} for one in profiles],
        )
        await _insert(hub, f"keys.{name}", [{"_id": one.key, "o": one.ordinal} for one in profiles])
        deleted = BitMap(range(END)) - BitMap([one.ordinal for one in profiles])
        row = {"deleted": Binary(deleted.serialize())}
        await hub.collection("profile_types").update_one({"_id": name}, {"$set": row}, upsert=True)
    for name, interactions in world.interactions.items():
        rows: list[Document] = [
            {"_id": f"i{index}", "t": one.timestamp, "l": dict(one.links), "a": stored(one.attributes)}
            for index, one in enumerate(interactions)
        ]
        await _insert(hub, f"interactions.{name}", rows)
    for name, edges in world.edges.items():
        ends = {(one.source, one.target): one for one in edges}
        rows = [
            {"_id": {"f": source, "t": target}, "f": source, "t": target, "a": stored(one.attributes)}
            for (source, target), one in ends.items()
        ]
        await _insert(hub, f"relationships.{name}", rows)


def stored(value: Any) -> Any:
    """`value` as MongoDB holds it."""
    match value:
        case Decimal():
            return Decimal128(value)
        case bool():
            return value
        case int() if not -(2**31) <= value < 2**31:
            return Int64(value)
        case list():
            return [stored(item) for item in value]
        case dict():
            return {name: stored(inner) for name, inner in value.items()}
        case _:
            return value


async def _insert(hub: Hub, collection: str, rows: list[Document]) -> None:
    if rows:
        await hub.collection(collection).insert_many(rows)
