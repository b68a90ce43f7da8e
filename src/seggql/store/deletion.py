"""Deletes profiles in MongoDB: key, document, bitmap and batch in one transaction."""

from collections.abc import Mapping, Sequence

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pyroaring import BitMap

from seggql.store.batches import DELETION, open_batch
from seggql.store.bitmaps import to_binary
from seggql.store.collections import keys_collection, profiles_collection
from seggql.store.deleted import deleted_ordinals
from seggql.store.hub import Hub
from seggql.store.transaction import in_transaction


async def delete_keys(hub: Hub, profile_type: str, keys: Sequence[str], batch_id: ObjectId) -> BitMap:
    """Delete the profiles with these keys, and return the ordinals that they had.

    From here on no read of members or counts has them; their batch stays OPEN until their edges and links are gone too.
    """

    async def write(session: AsyncClientSession) -> BitMap:
        cursor = hub.collection(keys_collection(profile_type)).find({"_id": {"$in": list(keys)}}, session=session)
        ordinals = BitMap([row["o"] async for row in cursor])
        if not ordinals:
            return ordinals
        deleted = await deleted_ordinals(hub, profile_type, session) | ordinals
        await hub.collection("profile_types").update_one(
            {"_id": profile_type}, {"$set": {"deleted": to_binary(deleted)}}, session=session
        )
        await hub.collection(keys_collection(profile_type)).delete_many({"_id": {"$in": list(keys)}}, session=session)
        await hub.collection(profiles_collection(profile_type)).delete_many(
            {"_id": {"$in": list(ordinals)}}, session=session
        )
        touched = {profile_type: ordinals}
        await open_batch(hub, batch_id, profiles_collection(profile_type), touched, kind=DELETION, session=session)
        return ordinals

    return await in_transaction(hub, write)


async def record_neighbours(hub: Hub, batch_id: ObjectId, neighbours: Mapping[str, BitMap] | None) -> None:
    """Record, by profile type, who had an edge with the profiles of a deletion, None where these are too many to tell.

    Whoever clears away reads them after the deletion has happened and records them before removing an edge, so that the
    first record is whole. It stays: later ones may miss edges that are gone by then, and so may those of a deletion
    that began in a release which recorded nothing.
    """
    bits = "MANY" if neighbours is None else {name: to_binary(found) for name, found in neighbours.items() if found}
    await hub.collection("batches").update_one(
        {"_id": batch_id, "neighbours": {"$type": "null"}}, {"$set": {"neighbours": bits}}
    )
