"""Reads a usual line of NDJSON at once: decoded and checked in one pass, by a decoder compiled for a type.

What it does not take (null in an interaction, 5.0 for an INT, long keys, anything bad) is parsed and read value by
value by the other modules, which also say what is wrong. What it takes, it takes just as they would: a property test
holds that. Rows that are objects already never come here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any

from msgspec import UNSET, Meta, MsgspecError, Struct, UnsetType, defstruct
from msgspec.json import Decoder
from msgspec.structs import astuple

from seggql.catalog.model import Attribute, AttributeType
from seggql.ingest.attributes import AttributeReader, Changes
from seggql.ingest.coercion import INT_HIGH, INT_LOW, Coerce, to_datetime
from seggql.ingest.outcome import BadRow
from seggql.json_numbers import read_fraction

Key = Annotated[str, Meta(min_length=1, max_length=250)]
"""A key that is certainly no longer than 1,000 bytes; it may still have a NUL."""

EXACT: Mapping[AttributeType, Any] = {
    AttributeType.BOOLEAN: bool,
    AttributeType.INT: Annotated[int, Meta(ge=INT_LOW, le=INT_HIGH)],
    AttributeType.DOUBLE: float,
    AttributeType.STRING: str,
}
"""Types whose values the decoder reads just as coercion does; values of the others, however JSON has them, go there."""

UsualInteraction = tuple[str | None, datetime, dict[str, str], Changes]
"""Id, timestamp, keys by link, attributes."""


class UsualProfiles:
    """Reads lines of profiles of one type."""

    def __init__(self, attributes: tuple[Attribute, ...], reader: AttributeReader) -> None:
        self._attributes = _Attributes(attributes, reader, takes_null=True)
        self._decode = _decoder(key=Key, attributes=self._attributes.struct | UnsetType)

    def take(self, line: bytes) -> tuple[str, Changes] | None:
        """Key and changes, or None where the line needs a second look."""
        try:
            row = self._decode(line)
            changes = self._attributes.read(row.attributes)
        except (MsgspecError, ValueError, RecursionError, BadRow):
            return None
        return None if "\0" in row.key else (row.key, changes)


class UsualInteractions:
    """Reads lines of interactions of one type."""

    def __init__(self, attributes: tuple[Attribute, ...], reader: AttributeReader, links: Iterable[str]) -> None:
        self._attributes = _Attributes(attributes, reader, takes_null=False)
        self._links = tuple(links)
        self._decode = _decoder(
            id=Key | UnsetType,
            timestamp=str,
            links=_struct((link, Key | UnsetType) for link in self._links),
            attributes=self._attributes.struct | UnsetType,
        )

    def take(self, line: bytes) -> UsualInteraction | None:
        """The interaction, or None where the line needs a second look."""
        try:
            row = self._decode(line)
            attributes = self._attributes.read(row.attributes)
            at = to_datetime(row.timestamp)
        except (MsgspecError, ValueError, RecursionError, BadRow):
            return None
        links = _present(self._links, row.links)
        id_ = None if row.id is UNSET else row.id
        keys = "".join(links.values())
        return None if not links or "\0" in keys or (id_ and "\0" in id_) else (id_, at, links, attributes)


class _Attributes:
    """Reads the attributes of one type's rows."""

    def __init__(self, attributes: tuple[Attribute, ...], reader: AttributeReader, *, takes_null: bool) -> None:
        self._names = tuple(attribute.name for attribute in attributes)
        self._coerced: dict[str, Coerce] = {
            attribute.name: reader.coerce[attribute.name] for attribute in attributes if attribute.type not in EXACT
        }
        null = None if takes_null else UnsetType
        self.struct = _struct((attribute.name, _type(attribute) | UnsetType | null) for attribute in attributes)

    def read(self, taken: Any) -> Changes:
        """The changes that were decoded. Raises: BadRow."""
        changes = {} if taken is UNSET else _present(self._names, taken)
        for name, coerce in self._coerced.items():
            if changes.get(name) is not None:
                changes[name] = coerce(changes[name])
        return changes


def _type(attribute: Attribute) -> Any:
    """What the decoder reads an attribute as; None goes with the array or value, never within."""
    exact = EXACT.get(attribute.type)
    if exact is None:
        return object
    return GenericAlias(list, (exact,)) if attribute.is_array else exact


def _struct(fields: Iterable[tuple[str, Any]]) -> type[Struct]:
    """A struct of optional fields, numbered in it because names may be words of Python."""
    numbered = [(name, f"f{position}", type_) for position, (name, type_) in enumerate(fields)]
    return defstruct(
        "Fields",
        [(field, type_, UNSET) for _, field, type_ in numbered],
        rename={field: name for name, field, _ in numbered},
        forbid_unknown_fields=True,
        gc=False,
    )


def _decoder(**fields: Any) -> Any:
    """A decoder of rows of these fields; those that may be UNSET may be left out."""
    row = defstruct(
        "Row",
        [(name, type_, UNSET) if _is_optional(type_) else (name, type_) for name, type_ in fields.items()],
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    return Decoder(row, float_hook=read_fraction).decode


def _is_optional(type_: Any) -> bool:
    return UnsetType in getattr(type_, "__args__", ())


def _present(names: tuple[str, ...], taken: Struct) -> dict[str, Any]:
    return {name: value for name, value in zip(names, astuple(taken), strict=True) if value is not UNSET}
