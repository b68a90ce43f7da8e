"""Profiles in MongoDB: made together with their keys, changed attribute by attribute, read by key or page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import bson
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from seggql.store.collections import keys_collection, profiles_collection
from seggql.store.hub import Document, Hub
from seggql.store.keys import LOCAL
from seggql.store.plain import plain
from seggql.store.transaction import in_transaction

DUPLICATE_KEY = 11000
FAST = WriteConcern(w=1)
"""For writes inside a batch: closing it waits for the majority, and with it for all that came before."""

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProfile:
    """A profile as it stands; DECIMAL values are Decimal."""

    ordinal: int
    key: str
    attributes: Attributes
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile that is about to be: its document as BSON."""

    key: str
    ordinal: int
    document: RawBSONDocument

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return len(self.document.raw)


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What changes in one profile: values by attribute name, None unsets."""

    ordinal: int
    values: Mapping[str, object]


def new_profile(key: str, ordinal: int, attributes: Attributes, batch: ObjectId, at: datetime) -> NewProfile:
    """A profile with its first attributes."""
    document = {"_id": ordinal, "key": key, "a": attributes, "b": batch, "u": at}
    return NewProfile(key, ordinal, RawBSONDocument(bson.encode(document)))


async def create_profiles(hub: Hub, profile_type: str, profiles: Sequence[NewProfile]) -> bool:
    """Store profiles and their keys, all or none; False where another writer has just made one of the keys."""
    keys = sorted(({"_id": profile.key, "o": profile.ordinal} for profile in profiles), key=lambda row: str(row["_id"]))
    documents = [profile.document for profile in profiles]

    async def write(session: AsyncClientSession) -> None:
        await hub.collection(keys_collection(profile_type)).insert_many(keys, session=session)
        await _raw_profiles(hub, profile_type).insert_many(documents, session=session)

    try:
        await in_transaction(hub, write)
    except DuplicateKeyError:
        return False
    except BulkWriteError as error:
        if {problem["code"] for problem in error.details["writeErrors"]} != {DUPLICATE_KEY}:
            raise
        return False
    return True


async def change_profiles(
    hub: Hub, profile_type: str, changes: Iterable[ProfileChange], batch: ObjectId, at: datetime
) -> None:
    """Set and unset single attributes; profiles that are gone meanwhile stay gone."""
    updates = [UpdateOne({"_id": change.ordinal}, _update(change.values, {"b": batch, "u": at})) for change in changes]
    if updates:
        collection = hub.collection(profiles_collection(profile_type)).with_options(write_concern=FAST)
        await collection.bulk_write(updates, ordered=False)


async def read_attributes(hub: Hub, profile_type: str, ordinals: Collection[int]) -> dict[int, dict[str, Any]]:
    """The attributes of the profiles that there are, for a writer to compare with."""
    if not ordinals:
        return {}
    collection = hub.collection(profiles_collection(profile_type)).with_options(read_concern=LOCAL)
    cursor = collection.find({"_id": {"$in": list(ordinals)}}, {"a": 1}, batch_size=len(ordinals) + 1)
    return {row["_id"]: row.get("a", {}) async for row in cursor}


async def find_profiles(hub: Hub, profile_type: str, keys: Sequence[str]) -> dict[str, StoredProfile]:
    """The profiles with these keys, by key."""
    ordinals = [
        row["o"] async for row in hub.collection(keys_collection(profile_type)).find({"_id": {"$in": list(keys)}})
    ]
    return {profile.key: profile for profile in (await profiles_of(hub, profile_type, ordinals)).values()}


async def profiles_of(hub: Hub, profile_type: str, ordinals: Sequence[int]) -> dict[int, StoredProfile]:
    """The profiles with these ordinals, by ordinal; those that are gone are left out."""
    if not ordinals:
        return {}
    cursor = hub.collection(profiles_collection(profile_type)).find({"_id": {"$in": list(ordinals)}})
    return {row["_id"]: stored_profile(row) async for row in cursor}


async def page_of_profiles(
    hub: Hub, profile_type: str, limit: int, *, after: str | None = None, key_starts_with: str | None = None
) -> list[StoredProfile]:
    """Profiles in the order of their keys (by code point), after the key `after`, only those that start so."""
    condition: Document = {}
    if key_starts_with:
        condition["$gte"] = key_starts_with
        if (end := _after_prefix(key_starts_with)) is not None:
            condition["$lt"] = end
    if after is not None:
        condition["$gt"] = after
    keys = hub.collection(keys_collection(profile_type)).find({"_id": condition} if condition else {}).sort("_id", 1)
    ordinals = [row["o"] async for row in keys.limit(limit)]
    found = await profiles_of(hub, profile_type, ordinals)
    return [found[ordinal] for ordinal in ordinals if ordinal in found]


async def count_profiles(hub: Hub, profile_type: str, key_starts_with: str | None = None) -> int:
    """How many profiles there are: from MongoDB's own count, or counted by key where they must start so."""
    if not key_starts_with:
        return await hub.collection(profiles_collection(profile_type)).estimated_document_count()
    condition: Document = {"$gte": key_starts_with}
    if (end := _after_prefix(key_starts_with)) is not None:
        condition["$lt"] = end
    return await hub.collection(keys_collection(profile_type)).count_documents({"_id": condition})


def stored_profile(row: Document) -> StoredProfile:
    """The profile of a document."""
    return StoredProfile(ordinal=row["_id"], key=row["key"], attributes=plain(row.get("a", {})), updated_at=row["u"])


def _after_prefix(prefix: str) -> str | None:
    """The least text above all that start with `prefix`; None where there is none."""
    for position in range(len(prefix) - 1, -1, -1):
        point = ord(prefix[position])
        if point < 0x10FFFF:
            following = 0xE000 if point + 1 == 0xD800 else point + 1
            return prefix[:position] + chr(following)
    return None


def _update(values: Mapping[str, object], marks: Document) -> Document:
    assigned = {f"a.{name}": value for name, value in values.items() if value is not None}
    removed = {f"a.{name}": "" for name, value in values.items() if value is None}
    update: Document = {"$set": assigned | marks}
    return update | {"$unset": removed} if removed else update


def _raw_profiles(hub: Hub, profile_type: str) -> Any:
    return hub.collection(profiles_collection(profile_type))
