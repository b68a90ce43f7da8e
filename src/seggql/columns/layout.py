"""How the attributes of a record type are kept as columns: one a scalar leaf, and one an array with its items."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from seggql.catalog.model import Attribute, AttributeType, InteractionType, RecordType, find_attribute
from seggql.errors import InvariantError

ITEM = ""
"""The path of an item itself."""


class Storage(Enum):
    """What stands in a column."""

    BOOLEAN = "BOOLEAN"
    PRESENCE = "PRESENCE"
    """True where an OBJECT is present."""
    INT = "INT"
    LONG = "LONG"
    DOUBLE = "DOUBLE"
    DATETIME = "DATETIME"
    """Milliseconds from 1970."""
    ORDINAL = "ORDINAL"
    STRING = "STRING"
    """Strings and GUIDs."""
    DECIMAL = "DECIMAL"
    """The text of the number, exactly."""

    @property
    def is_text(self) -> bool:
        """Whether values are codes of distinct texts."""
        return self in (Storage.STRING, Storage.DECIMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """By path: what stands in the column, or for an array how its items are laid out (paths from the item)."""

    columns: "Mapping[str, Storage | Layout]"

    def of(self, paths: Collection[str]) -> "Layout":
        """The layout of some of the paths."""
        return Layout(columns={path: self.columns[path] for path in paths})


def layout_of(record_type: RecordType, paths: Collection[str]) -> Layout:
    """How the columns at `paths` of profiles, interactions or edges are kept.

    Raises: InvariantError for a path that the type does not have.
    """
    return Layout(columns={path: _stored(record_type, path) for path in sorted(paths)})


def _stored(record_type: RecordType, path: str) -> Storage | Layout:
    match path.split("."):
        case ["key"]:
            return Storage.STRING
        case ["t"] if isinstance(record_type, InteractionType):
            return Storage.DATETIME
        case ["_id" | "f" | "t"] | ["l", _]:
            return Storage.ORDINAL
        case ["a", *names] if names:
            return _stored_attribute(_attribute_at(record_type, names))
        case _:
            raise InvariantError(f"No column of {record_type.name} is at {path!r}.")


def _attribute_at(record_type: RecordType, names: list[str]) -> Attribute:
    among = record_type.attributes
    for depth, name in enumerate(names, 1):
        attribute = find_attribute(among, name)
        if attribute is None or (attribute.is_array and depth < len(names)):
            break
        if depth == len(names):
            return attribute
        among = attribute.attributes
    raise InvariantError(f"No attribute of {record_type.name} is at {'.'.join(names)!r}.")


def _stored_attribute(attribute: Attribute) -> Storage | Layout:
    if not attribute.is_array:
        return _stored_scalar(attribute.type)
    columns: dict[str, Storage | Layout] = {ITEM: _stored_scalar(attribute.type)}
    _collect(attribute.attributes, "", columns)
    return Layout(columns=columns)


def _collect(attributes: tuple[Attribute, ...], prefix: str, columns: dict[str, Storage | Layout]) -> None:
    """Every column of an item."""
    for attribute in attributes:
        path = f"{prefix}{attribute.name}"
        columns[path] = _stored_attribute(attribute)
        if attribute.type is AttributeType.OBJECT and not attribute.is_array:
            _collect(attribute.attributes, f"{path}.", columns)


def _stored_scalar(type: AttributeType) -> Storage:
    match type:
        case AttributeType.OBJECT:
            return Storage.PRESENCE
        case AttributeType.GUID:
            return Storage.STRING
        case _:
            return Storage(type.value)
