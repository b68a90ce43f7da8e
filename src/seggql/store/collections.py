"""The collections of each type, and their indexes: made when the type is defined, extended with it.

A snapshot cannot read a collection younger than itself, so that nothing is made later, when the first row comes.
"""

from collections.abc import Iterator
from contextlib import suppress

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from seggql.catalog.model import (
    Attribute,
    InteractionType,
    ProfileType,
    RecordType,
    RelationshipType,
    is_one_number,
)
from seggql.store.hub import Hub
from seggql.store.packs import empty_head, packs_collection

NAMESPACE_EXISTS = 48
INDEX_NOT_FOUND = 27

BUILD_US = 5.0
"""What making an index takes a document that there is (a million took 3 to 11 s on two cores)."""

Keys = tuple[str, ...]
"""The ascending fields of an index."""


def profiles_collection(profile_type: str) -> str:
    """Where the profiles of a type are."""
    return f"profiles.{profile_type}"


def keys_collection(profile_type: str) -> str:
    """Where the keys of a profile type get their ordinals."""
    return f"keys.{profile_type}"


def interactions_collection(interaction_type: str) -> str:
    """Where the interactions of a type are."""
    return f"interactions.{interaction_type}"


def relationships_collection(relationship_type: str) -> str:
    """Where the edges of a relationship type are."""
    return f"relationships.{relationship_type}"


def indexes_of(record_type: RecordType) -> list[Keys]:
    """The indexes that the collection of a type has beside `_id`.

    Indexes of attributes end in what is read through them (an ordinal, a time), so that such a read is covered; those
    of links carry the indexed numbers of the interaction, which HAVING adds up.
    """
    match record_type:
        case ProfileType():
            return [("b",), *((path, "_id") for path, _ in _indexed(record_type.attributes))]
        case RelationshipType():
            return [("f", "t"), ("t", "f"), ("b",), *((path, "f", "t") for path, _ in _indexed(record_type.attributes))]
        case InteractionType():
            return [("b",), *_interaction_indexes(record_type)]


async def make_collections(hub: Hub, record_type: RecordType, before: RecordType | None) -> None:
    """Make what `record_type` needs and `before`, the same type as it was, did not."""
    indexes = new_indexes(record_type, before)
    collection = collection_of(record_type)
    if before is None:
        await make_collection(hub, collection)
        await make_pack(hub, collection)
        if isinstance(record_type, ProfileType):
            await make_collection(hub, keys_collection(record_type.name))
    if indexes:
        await hub.collection(collection).create_indexes([IndexModel([(key, 1) for key in keys]) for keys in indexes])


def new_indexes(record_type: RecordType, before: RecordType | None) -> list[Keys]:
    """The indexes that `record_type` has and `before`, the same type as it was, had not."""
    known = indexes_of(before) if before else []
    return [keys for keys in indexes_of(record_type) if keys not in known]


async def drop_superseded_indexes(hub: Hub, record_type: RecordType, before: RecordType) -> None:
    """Drop the indexes of `before` that wider ones of `record_type` replace; call it once the new type is in force."""
    for keys in indexes_of(before):
        if keys not in indexes_of(record_type):
            try:
                await hub.collection(collection_of(record_type)).drop_index([(key, 1) for key in keys])
            except OperationFailure as error:
                if error.code != INDEX_NOT_FOUND:
                    raise


def collection_of(record_type: RecordType) -> str:
    """Where the records of a type are."""
    match record_type:
        case ProfileType():
            return profiles_collection(record_type.name)
        case RelationshipType():
            return relationships_collection(record_type.name)
        case InteractionType():
            return interactions_collection(record_type.name)


async def make_collection(hub: Hub, name: str) -> None:
    """Make the collection called `name` where there is none."""
    try:
        await hub.database.command({"create": name})
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:
            raise


async def make_pack(hub: Hub, collection: str) -> None:
    """Make the collection that the columns of `collection` are packed in, with a head that names no parts."""
    await make_collection(hub, packs_collection(collection))
    with suppress(DuplicateKeyError):
        await hub.collection(packs_collection(collection)).insert_one(empty_head())


def _interaction_indexes(interaction_type: InteractionType) -> Iterator[Keys]:
    indexed = list(_indexed(interaction_type.attributes))
    numbers = [path for path, attribute in indexed if _is_number(path, attribute)]
    for link in interaction_type.links:
        yield ("t", f"l.{link.name}", *numbers)
        yield (f"l.{link.name}", "t", *numbers)
    for path, _ in indexed:
        if path not in numbers:
            yield (path, "t")


def _is_number(path: str, attribute: Attribute) -> bool:
    """Whether SUM and its kin can read it: a number that stands once in each interaction."""
    return is_one_number(attribute) and path.count(".") == 1


def _indexed(attributes: tuple[Attribute, ...], prefix: str = "a") -> Iterator[tuple[str, Attribute]]:
    for attribute in attributes:
        path = f"{prefix}.{attribute.name}"
        if attribute.is_indexed:
            yield path, attribute
        yield from _indexed(attribute.attributes, path)
