"""The catalog's values: profile, relationship and interaction types with their typed attributes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")

KEY = "Key"
"""Built-in attribute of every profile: its unique key (STRING)."""

TIMESTAMP = "Timestamp"
"""Built-in attribute of every interaction: when it happened (DATETIME)."""


class AttributeType(Enum):
    """The types an attribute can have, each optionally as an array."""

    BOOLEAN = "BOOLEAN"
    INT = "INT"
    LONG = "LONG"
    DOUBLE = "DOUBLE"
    DECIMAL = "DECIMAL"
    STRING = "STRING"
    DATETIME = "DATETIME"
    GUID = "GUID"
    OBJECT = "OBJECT"


NUMERIC_TYPES = (AttributeType.INT, AttributeType.LONG, AttributeType.DOUBLE, AttributeType.DECIMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One typed attribute; `attributes` are the fields of an OBJECT, and empty otherwise."""

    name: str
    type: AttributeType
    is_array: bool = False
    is_indexed: bool = False
    display_name: str | None = None
    attributes: tuple["Attribute", ...] = ()

    def attribute(self, name: str) -> "Attribute | None":
        """The field of this OBJECT called `name`."""
        return find_attribute(self.attributes, name)


def find_attribute(attributes: tuple[Attribute, ...], name: str) -> Attribute | None:
    """The attribute called `name` (case-sensitive), or None."""
    return next((attribute for attribute in attributes if attribute.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileType:
    """A kind of record with typed attributes and a unique key."""

    name: str
    display_name: str | None = None
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipType:
    """A directed edge between two profile types (`source` and `target` are their names), with fields of its own."""

    name: str
    source: str
    target: str
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How an interaction type names a profile that it concerns."""

    name: str
    profile_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionType:
    """An immutable, time-stamped act with typed fields and one link or more."""

    name: str
    links: tuple[Link, ...]
    attributes: tuple[Attribute, ...] = ()
    is_activity: bool = False

    def link(self, name: str) -> Link | None:
        """The link called `name`, or None."""
        return next((link for link in self.links if link.name == name), None)


RecordType = ProfileType | RelationshipType | InteractionType
"""Whatever has attributes of its own."""

TypeName = tuple[type[RecordType], str]
"""Names a type among all: those of two kinds may be called the same."""


def type_name_of(record_type: RecordType) -> TypeName:
    """What tells the type from all others."""
    return type(record_type), record_type.name


def is_one_number(attribute: Attribute) -> bool:
    """Whether each record has a single number there."""
    return attribute.type in NUMERIC_TYPES and not attribute.is_array


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All types of the hub at one moment, by name."""

    profile_types: Mapping[str, ProfileType] = field(default_factory=dict)
    relationship_types: Mapping[str, RelationshipType] = field(default_factory=dict)
    interaction_types: Mapping[str, InteractionType] = field(default_factory=dict)

    def relationships_of(self, profile_type: str) -> Iterator[RelationshipType]:
        """The relationship types that touch `profile_type` at either end."""
        return (r for r in self.relationship_types.values() if profile_type in (r.source, r.target))

    def interactions_of(self, profile_type: str) -> Iterator[InteractionType]:
        """The interaction types with a link to `profile_type`."""
        return (
            i for i in self.interaction_types.values() if any(link.profile_type == profile_type for link in i.links)
        )
