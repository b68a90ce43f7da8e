"""What packs still have to forget: a deletion stays OPEN until no pack holds its profiles any more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bson import ObjectId
from pyroaring import BitMap

from seggql.store.batches import CLOSE, DELETION
from seggql.store.bitmaps import from_binary
from seggql.store.hub import Document, Hub

PENDING: Document = {"state": "OPEN", "kind": DELETION, "erase": {"$exists": True}}
"""Deletions whose profiles are gone from all documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Profiles, by type, that packs are still to forget; `id` is the batch of their deletion."""

    id: ObjectId
    profiles: Mapping[str, BitMap] = field(hash=False)


async def await_erasure(hub: Hub, batch: ObjectId, collections: Iterable[str]) -> None:
    """Record that the packs of `collections` are to forget the profiles of a deletion."""
    await hub.collection("batches").update_one({"_id": batch}, {"$set": {"erase": sorted(collections)}})


async def collections_to_erase_from(hub: Hub) -> list[str]:
    """The collections whose packs are to forget something."""
    found: list[str] = await hub.collection("batches").distinct("erase", PENDING)
    return found


async def pending_erasures(hub: Hub, collection: str) -> list[Erasure]:
    """What the pack of `collection` is to forget."""
    rows = hub.collection("batches").find(PENDING | {"erase": collection}, {"touched": 1})
    return [
        Erasure(id=row["_id"], profiles={name: from_binary(bits) for name, bits in row["touched"].items()})
        async for row in rows
    ]


async def note_erased(hub: Hub, collection: str, erasures: Iterable[Erasure]) -> None:
    """Record that the pack of `collection` holds nothing of them any more; a deletion ends with the last such pack."""
    batches = hub.collection("batches")
    ids = [erasure.id for erasure in erasures]
    await batches.update_many({"_id": {"$in": ids}}, {"$pull": {"erase": collection}})
    await batches.update_many(PENDING | {"_id": {"$in": ids}, "erase": []}, CLOSE)
