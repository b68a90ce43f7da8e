"""The catalog in MongoDB: read whole, written one type at a time."""

from functools import lru_cache
from typing import TypeVar

import bson
from pymongo.errors import DuplicateKeyError

from seggql.catalog.model import Catalog, InteractionType, ProfileType, RecordType, RelationshipType
from seggql.store.hub import RAW, Document, Hub
from seggql.store.type_documents import (
    InteractionTypeDocument,
    ProfileTypeDocument,
    RelationshipTypeDocument,
    TypeDocument,
    document_of,
    type_of,
)

CATALOG: list[Document] = [
    {"$project": {"deleted": 0}},
    {"$set": {"kind": "profile"}},
    {"$unionWith": {"coll": "relationship_types", "pipeline": [{"$set": {"kind": "relationship"}}]}},
    {"$unionWith": {"coll": "interaction_types", "pipeline": [{"$set": {"kind": "interaction"}}]}},
    {"$sort": {"_id": 1}},
]
"""One read of all types; bitmaps of deleted profiles stay where they are."""

DOCUMENTS: dict[type[RecordType], type[TypeDocument]] = {
    ProfileType: ProfileTypeDocument,
    RelationshipType: RelationshipTypeDocument,
    InteractionType: InteractionTypeDocument,
}

T = TypeVar("T", ProfileType, RelationshipType, InteractionType)


async def load_catalog(hub: Hub) -> Catalog:
    """All types, as they are now: one read, decoded only where it differs from one decoded before."""
    profile_types = hub.database.get_collection("profile_types").with_options(codec_options=RAW)
    cursor = await profile_types.aggregate(CATALOG)
    return _decoded(tuple([document.raw async for document in cursor]))


async def find_type(hub: Hub, kind: type[T], name: str) -> tuple[T, int] | None:
    """The type called `name` and its version, or None."""
    stored = await hub.collection(DOCUMENTS[kind].COLLECTION).find_one({"_id": name}, {"deleted": 0})
    return (_typed(kind, stored), stored["version"]) if stored else None


async def insert_type(hub: Hub, record_type: RecordType) -> bool:
    """Store a new type; False where somebody else has just stored one of this name."""
    document = document_of(record_type)
    try:
        await hub.collection(document.COLLECTION).insert_one(_fields(document) | {"_id": document.id})
    except DuplicateKeyError:
        return False
    return True


async def replace_type(hub: Hub, record_type: RecordType, version: int) -> bool:
    """Store the next version of a type; False where it is no longer at `version`."""
    document = document_of(record_type)
    fields = _fields(document) | {"version": version + 1}
    result = await hub.collection(document.COLLECTION).update_one(
        {"_id": document.id, "version": version}, {"$set": fields}
    )
    return result.matched_count == 1


def _fields(document: TypeDocument) -> Document:
    return document.model_dump(mode="json", exclude={"id"})


@lru_cache(maxsize=16)
def _decoded(documents: tuple[bytes, ...]) -> Catalog:
    """The catalog of BSON documents; a memo of a pure function, so that a request decodes nothing."""
    profile_types: dict[str, ProfileType] = {}
    relationship_types: dict[str, RelationshipType] = {}
    interaction_types: dict[str, InteractionType] = {}
    for raw in documents:
        document = bson.decode(raw)
        match document.pop("kind"):
            case "profile":
                profile_types[document["_id"]] = _typed(ProfileType, document)
            case "relationship":
                relationship_types[document["_id"]] = _typed(RelationshipType, document)
            case "interaction":
                interaction_types[document["_id"]] = _typed(InteractionType, document)
    return Catalog(
        profile_types=profile_types, relationship_types=relationship_types, interaction_types=interaction_types
    )


def _typed(kind: type[T], document: Document) -> T:
    found = type_of(DOCUMENTS[kind].model_validate(document))
    assert isinstance(found, kind)
    return found
