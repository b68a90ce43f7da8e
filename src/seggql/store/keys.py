"""Keys and their ordinals: the one place where a profile gets its number."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from pymongo import ReturnDocument
from pymongo.read_concern import ReadConcern

from seggql.errors import RequestCode, RequestError
from seggql.store.collections import keys_collection
from seggql.store.hub import Hub

KEYS_A_READ = 5_000
"""Most keys in one `$in`: 5 MB at their longest, below the 16 MB of a command."""

PROBES = 16
"""Ids looked up for a guess: one in ten of them there is found out four times in five."""

ORDINAL_LIMIT = 2**32
"""Roaring bitmaps hold 32 bits."""

LOCAL = ReadConcern("local")
"""Writers read what was written last: what they write upon it is acknowledged by the majority only together with it."""


async def find_ordinals(hub: Hub, profile_type: str, keys: Collection[str]) -> dict[str, int]:
    """The ordinals of the keys that have one."""
    collection = hub.collection(keys_collection(profile_type)).with_options(read_concern=LOCAL)
    found: dict[str, int] = {}
    for part in _parts(keys):
        rows = await collection.find({"_id": {"$in": part}}, batch_size=len(part) + 1).to_list()
        found.update((row["_id"], row["o"]) for row in rows)
    return found


async def has_some(hub: Hub, collection: str, ids: Sequence[str]) -> bool:
    """Whether a few of `ids`, spread evenly, are in a collection: a guess at whether any of them are."""
    probe = list(ids[:: max(1, len(ids) // PROBES)])
    known = hub.collection(collection).with_options(read_concern=LOCAL)
    return await known.find_one({"_id": {"$in": probe}}, {"_id": 1}) is not None


async def allocate_ordinals(hub: Hub, profile_type: str, count: int) -> range:
    """`count` ordinals that nobody had before; those that are not used in the end stay gaps.

    Raises: RequestError LIMIT_REACHED where a type has no ordinals left.
    """
    counter = await hub.collection("ordinals").find_one_and_update(
        {"_id": profile_type}, {"$inc": {"next": count}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    end: int = counter["next"] if counter else count
    if end > ORDINAL_LIMIT:
        raise RequestError(RequestCode.LIMIT_REACHED, f"{profile_type} has had {ORDINAL_LIMIT} profiles; no more fit.")
    return range(end - count, end)


def _parts(keys: Collection[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while part := list(islice(rest, KEYS_A_READ)):
        yield part
