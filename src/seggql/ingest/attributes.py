"""Reads the attributes of a row: by name, nested, as arrays. Null unsets, an unknown name is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from seggql.catalog.model import KEY, TIMESTAMP, Attribute, AttributeType
from seggql.catalog.names import did_you_mean, shown
from seggql.ingest.coercion import JSON_RULES, Coerce, json_type
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.ingest.texts import TEXT_RULES, json_in_cell

Changes = dict[str, object]
"""Values by attribute name, as they are stored; None unsets."""

BUILT_IN = {KEY: "It is built in and goes in `key`.", TIMESTAMP: "It is built in and goes in `timestamp`."}


@dataclass(frozen=True, slots=True)
class AttributeReader:
    """Reads the attributes of one type's rows."""

    coerce: Mapping[str, Coerce]

    def read(self, raw: object) -> Changes:
        """The changes that a row asks for. Raises: BadRow with the path inside the attributes."""
        if not isinstance(raw, Mapping):
            raise BadRow(RejectionCode.WRONG_TYPE, f"Expected an object of attributes, got {json_type(raw)}.")
        changes: Changes = {}
        name = ""
        try:
            for name, value in raw.items():
                coerce = self.coerce.get(name)
                if coerce is None:
                    raise unknown_attribute(name, self.coerce)
                changes[name] = None if value is None else coerce(value)
        except BadRow as bad:
            raise bad.within(field_name(name)) from None
        return changes


def json_reader(attributes: tuple[Attribute, ...]) -> AttributeReader:
    """A reader of JSON and of typed files."""
    return AttributeReader({attribute.name: _coerce_of(attribute, JSON_RULES) for attribute in attributes})


def text_reader(attributes: tuple[Attribute, ...]) -> AttributeReader:
    """A reader of CSV cells."""
    return AttributeReader({attribute.name: _text_coerce_of(attribute) for attribute in attributes})


def unknown_attribute(name: object, known: Mapping[str, object]) -> BadRow:
    """The refusal of an attribute that the type does not have."""
    text = str(name)
    advice = BUILT_IN.get(text) or f"Define it first.{did_you_mean(text, known)}"
    return BadRow(RejectionCode.UNKNOWN_ATTRIBUTE, f"There is no attribute {shown(text)}. {advice}")


def field_name(name: object) -> str:
    """A name of the input as a step of a path that UTF-8 can hold and that is not endless."""
    return str(name)[:100].encode(errors="replace").decode()


def _text_coerce_of(attribute: Attribute) -> Coerce:
    if attribute.is_array or attribute.type is AttributeType.OBJECT:
        from_json = _coerce_of(attribute, JSON_RULES)
        return lambda cell: from_json(json_in_cell(cell) if isinstance(cell, str) else cell)
    return TEXT_RULES[attribute.type]


def _coerce_of(attribute: Attribute, rules: Mapping[AttributeType, Coerce]) -> Coerce:
    if attribute.type is AttributeType.OBJECT:
        one = _object(json_reader(attribute.attributes))
    else:
        one = rules[attribute.type]
    return _array(attribute, one) if attribute.is_array else one


def _object(reader: AttributeReader) -> Coerce:
    def coerce(value: object) -> object:
        return {name: inner for name, inner in reader.read(value).items() if inner is not None}

    return coerce


def _array(attribute: Attribute, one: Callable[[object], object]) -> Coerce:
    def coerce(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise BadRow(
                RejectionCode.WRONG_TYPE, f"Expected an array of {attribute.type.value}, got {json_type(value)}."
            )
        items: list[object] = []
        try:
            for item in value:
                if item is None:
                    raise BadRow(RejectionCode.NULL_IN_ARRAY, "An array holds values only; leave null out.")
                items.append(one(item))
        except BadRow as bad:
            raise bad.within(str(len(items))) from None
        return items

    return coerce
