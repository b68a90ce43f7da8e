"""The shape of a pack: what every part of it has, how its rows are sorted, and in which ranges they are cut."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from seggql.catalog.model import Catalog, InteractionType, ProfileType, RecordType, RelationshipType
from seggql.query.paths import outermost
from seggql.store.collections import collection_of, indexes_of
from seggql.store.tail import writers_of_profiles

RANGE = 65_536
"""Ordinals of a part: those of one chunk of a bitmap, so that results need no merging."""

ROWS = 262_144
"""Most rows of a part: columns of numbers take a megabyte then, and one part is packed in a second or two."""

FAR_END = {"f": "t", "t": "f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the records of `collection` are packed.

    `near` are the columns by whose ordinals parts are ranges: `_id` of profiles, both ends of edges, none of
    interactions, whose parts are slices of time. `writers` are the collections whose batches make or change records,
    `profile_types` the types of the profiles whose ordinals are in a column.
    """

    collection: str
    record_type: RecordType
    near: tuple[str, ...]
    always: frozenset[str]
    writers: tuple[str, ...]
    profile_types: Mapping[str, str] = field(hash=False)

    def order(self, near: str | None) -> dict[str, int]:
        """How the rows of a part are sorted."""
        if near is None:
            return {"t": 1}
        return {near: 1, FAR_END[near]: 1} if near in FAR_END else {near: 1}

    @property
    def hint(self) -> dict[str, int] | None:
        """The index through which interactions come sorted by time, without a sort on disk."""
        if not isinstance(self.record_type, InteractionType):
            return None
        keys = next(keys for keys in indexes_of(self.record_type) if keys[0] == "t")
        return dict.fromkeys(keys, 1)


def shapes_of(catalog: Catalog) -> Mapping[str, Shape]:
    """The shapes of all packs, by the collection that is packed."""
    types: list[RecordType] = [
        *catalog.profile_types.values(),
        *catalog.interaction_types.values(),
        *catalog.relationship_types.values(),
    ]
    shapes = [shape_of(record_type, catalog) for record_type in types]
    return {shape.collection: shape for shape in shapes}


def shape_of(record_type: RecordType, catalog: Catalog) -> Shape:
    """How the records of a type are packed."""
    collection = collection_of(record_type)
    near: tuple[str, ...]
    match record_type:
        case ProfileType(name=name):
            near, always = ("_id",), {"_id"}
            writers, profile_types = writers_of_profiles(catalog, name), {"_id": name}
        case InteractionType(links=links):
            near, always = (), {"t"}
            writers, profile_types = [collection], {f"l.{link.name}": link.profile_type for link in links}
        case RelationshipType(source=source, target=target):
            near, always = ("f", "t"), {"f", "t"}
            writers, profile_types = [collection], {"f": source, "t": target}
        case _:
            assert_never(record_type)
    return Shape(
        collection=collection,
        record_type=record_type,
        near=near,
        always=frozenset(always),
        writers=tuple(writers),
        profile_types=profile_types,
    )


def projection(paths: Collection[str]) -> dict[str, int]:
    """What documents are read with for the columns `paths`."""
    return {"_id": 0} | dict.fromkeys(outermost(paths), 1)
