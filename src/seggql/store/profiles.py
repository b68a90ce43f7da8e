"""Profiles in MongoDB: made together with their keys, changed attribute by attribute, read by key or page."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import bson
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from seggql.store.collections import keys_collection, profiles_collection
from seggql.store.hub import Document, Hub
from seggql.store.keys import LOCAL
from seggql.store.plain import plain
from seggql.store.plain_inserts import FAST, insert_plain
from seggql.store.transaction import in_transaction

INSERT_BYTES = 12 * 1024 * 1024
"""Bytes of documents in one command, where there is more than one document: well below the 16 MB of a command."""

Attributes = Mapping[str, Any]

BY_ID = [("_id", 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProfile:
    """A profile as it stands; `held` are its attributes in the types of the driver."""

    ordinal: int
    key: str
    held: Attributes
    updated_at: datetime

    @property
    def attributes(self) -> Attributes:
        """Its attributes; DECIMAL values are Decimal. They are many, and seldom asked for with the key."""
        values: Attributes = plain(self.held)
        return values


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


class _KeyTakenError(Exception):
    """Another writer has just made one of the keys; thrown to abort a transaction."""


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
    in_order = sorted(profiles, key=attrgetter("key"))
    keys = [{"_id": profile.key, "o": profile.ordinal} for profile in in_order]

    async def write(session: AsyncClientSession) -> None:
        if await insert_plain(hub, keys_collection(profile_type), keys, session):
            raise _KeyTakenError
        for part in _parts(profiles):
            await insert_plain(hub, profiles_collection(profile_type), part, session)

    try:
        await in_transaction(hub, write)
    except _KeyTakenError:
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


async def first_ordinal(hub: Hub, profile_type: str, low: int, high: int | None) -> int | None:
    """The first ordinal from `low` up to, and without, `high` that a profile has; `high` None has no end."""
    stretch = {"$gte": low} if high is None else {"$gte": low, "$lt": high}
    found = await hub.collection(profiles_collection(profile_type)).find_one({"_id": stretch}, {"_id": 1}, sort=BY_ID)
    return found["_id"] if found else None


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
    collection = hub.collection(profiles_collection(profile_type))
    cursor = collection.find({"_id": {"$in": list(ordinals)}}, batch_size=len(ordinals) + 1)
    return {row["_id"]: stored_profile(row) for row in await cursor.to_list()}


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
    return StoredProfile(ordinal=row["_id"], key=row["key"], held=row.get("a", {}), updated_at=row["u"])


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


def _parts(profiles: Iterable[NewProfile]) -> Iterator[list[RawBSONDocument]]:
    """The documents, as many at a time as one command holds."""
    part: list[RawBSONDocument] = []
    size = 0
    for profile in profiles:
        size += profile.size
        if part and size > INSERT_BYTES:
            yield part
            part, size = [], profile.size
        part.append(profile.document)
    yield part
