"""The ordinals of deleted profiles, which every read of members leaves out."""

from pymongo.asynchronous.client_session import AsyncClientSession
from pyroaring import BitMap

from seggql.store.bitmaps import from_binary
from seggql.store.hub import Document, Hub


async def deleted_ordinals(hub: Hub, profile_type: str, session: AsyncClientSession | None = None) -> BitMap:
    """The ordinals of the profiles of a type that were deleted; they are never used again."""
    row = await hub.collection("profile_types").find_one({"_id": profile_type}, {"deleted": 1}, session=session)
    return deleted_of(row or {})


def deleted_of(row: Document) -> BitMap:
    """Those that the document of a type names."""
    return from_binary(row["deleted"]) if row.get("deleted") else BitMap()
