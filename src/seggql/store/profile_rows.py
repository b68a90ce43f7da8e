"""Profiles read in bulk by their ordinals, in batches: what exports and downloads are made of."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyroaring import BitMap

from seggql.store.collections import profiles_collection
from seggql.store.hub import Document, Hub
from seggql.store.plain import plain

BATCH_ROWS = 10_000
"""Rows a batch; also the longest `$in`. Source: measured, an `$in` costs about 10 µs an ordinal up to there."""

SCAN_SHARE = 0.1
"""Above this share of the ordinals in a range it is faster to read the whole range than to name each ordinal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One profile's values; decimals are Decimal, times aware UTC, what is missing is absent."""

    ordinal: int
    key: str
    attributes: Mapping[str, Any]


async def read_profile_rows(
    hub: Hub, profile_type: str, ordinals: BitMap, attributes: Sequence[str]
) -> AsyncIterator[list[ProfileRow]]:
    """The profiles of `ordinals` with the named top-level attributes, ascending, in batches of at most `BATCH_ROWS`.

    Ordinals whose profile is gone yield nothing.
    """
    collection = hub.collection(profiles_collection(profile_type))
    projection = {"key": 1, **{f"a.{name}": 1 for name in attributes}}
    for slice_ in _slices(ordinals):
        cursor = collection.find(_condition(slice_), projection, batch_size=BATCH_ROWS).sort("_id", 1)
        documents = [document async for document in cursor if document["_id"] in slice_]
        if documents:
            yield [_row(document) for document in documents]


def _slices(ordinals: BitMap) -> Iterator[BitMap]:
    """`ordinals` in runs of `BATCH_ROWS`."""
    for start in range(0, len(ordinals), BATCH_ROWS):
        yield ordinals[start : start + BATCH_ROWS]


def _condition(ordinals: BitMap) -> Document:
    low, high = ordinals.min(), ordinals.max()
    if len(ordinals) > SCAN_SHARE * (high - low + 1):
        return {"_id": {"$gte": low, "$lte": high}}
    return {"_id": {"$in": list(ordinals)}}


def _row(document: Document) -> ProfileRow:
    return ProfileRow(ordinal=document["_id"], key=document["key"], attributes=plain(document.get("a", {})))
