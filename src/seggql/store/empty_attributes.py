"""Attributes that no record has, as far as a short look can tell: for warnings about queries only."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pymongo.errors import ExecutionTimeout

from seggql.catalog.model import Attribute, Catalog, RecordType, TypeName, type_name_of
from seggql.store.collections import collection_of
from seggql.store.hub import Hub

LOOK_MS = 200
"""How long one look may take: a quarter of a million documents; what takes longer is not called empty."""

MAX_LOOKS = 100
"""Attributes looked at for one text; those past it are not called empty."""


@dataclass(frozen=True, slots=True)
class _Place:
    """An attribute of a type."""

    type: TypeName
    collection: str
    path: str


async def find_empty_attributes(hub: Hub, catalog: Catalog, words: frozenset[str]) -> frozenset[tuple[TypeName, str]]:
    """Pairs of a type and a dotted path whose names are among `words` and that no record of the type has."""
    places = [place for place in _places(catalog) if words.issuperset(place.path.split("."))][:MAX_LOOKS]
    empty = await asyncio.gather(*(_is_empty(hub, place) for place in places))
    return frozenset((place.type, place.path) for place, is_empty in zip(places, empty, strict=True) if is_empty)


async def _is_empty(hub: Hub, place: _Place) -> bool:
    """False also where that cannot be told in time, and where the type has no records at all."""
    collection = hub.collection(place.collection)
    try:
        found = await collection.find_one({f"a.{place.path}": {"$exists": True}}, {"_id": 1}, max_time_ms=LOOK_MS)
        return found is None and await collection.find_one({}, {"_id": 1}) is not None
    except ExecutionTimeout:
        return False


def _places(catalog: Catalog) -> Iterator[_Place]:
    types: tuple[Mapping[str, RecordType], ...]
    types = (catalog.profile_types, catalog.interaction_types, catalog.relationship_types)
    for record_type in (each for of_kind in types for each in of_kind.values()):
        for path in _paths("", record_type.attributes):
            yield _Place(type_name_of(record_type), collection_of(record_type), path)


def _paths(prefix: str, attributes: Iterable[Attribute]) -> Iterator[str]:
    for attribute in attributes:
        yield prefix + attribute.name
        yield from _paths(f"{prefix}{attribute.name}.", attribute.attributes)
