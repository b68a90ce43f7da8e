"""Takes a usual row at once: a check, compiled for a type, that accepts what needs no second look.

What it does not take (null below the top, 5.0 for an INT, long keys, anything bad) is read value by value by the other
modules, which also say what is wrong. What it takes, it takes just as they would: a property test holds that.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bson.int64 import Int64
from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from seggql.catalog.model import Attribute, AttributeType
from seggql.ingest.coercion import INT_HIGH, INT_LOW, LONG_HIGH, LONG_LOW, to_datetime, to_decimal, to_guid
from seggql.ingest.outcome import BadRow

TEXT = cs.str_schema(strict=True, max_length=2**31 - 1)
"""Any text; a limit, whatever it is, makes the check look at the characters and refuse half surrogate pairs."""

KEY = cs.str_schema(strict=True, min_length=1, max_length=250, pattern=r"^[^\x00]*\z")
"""A key that is certainly no longer than 1,000 bytes."""

Usual = dict[str, Any]


class UsualRows:
    """The compiled check of the rows of one type."""

    def __init__(self, fields: Mapping[str, cs.CoreSchema]) -> None:
        self._check = SchemaValidator(_object(fields.items()))

    def take(self, raw: object) -> Usual | None:
        """The row with its values as they are stored, or None where it needs a second look."""
        try:
            taken: Usual = self._check.validate_python(raw)
        except (ValidationError, BadRow):
            return None
        return taken


def usual_profiles(attributes: tuple[Attribute, ...]) -> UsualRows:
    """The check of profile rows; null unsets."""
    return UsualRows({"key": KEY, "attributes": _attributes(attributes, takes_null=True)})


def usual_interactions(attributes: tuple[Attribute, ...], links: Iterable[str]) -> UsualRows:
    """The check of interaction rows."""
    return UsualRows(
        {
            "id": KEY,
            "timestamp": cs.no_info_plain_validator_function(to_datetime),
            "links": _object((link, KEY) for link in links),
            "attributes": _attributes(attributes),
        }
    )


def _attributes(attributes: tuple[Attribute, ...], *, takes_null: bool = False) -> cs.CoreSchema:
    schemas = ((attribute.name, _attribute(attribute)) for attribute in attributes)
    return _object((name, cs.nullable_schema(schema)) if takes_null else (name, schema) for name, schema in schemas)


def _attribute(attribute: Attribute) -> cs.CoreSchema:
    one = _attributes(attribute.attributes) if attribute.type is AttributeType.OBJECT else PLAIN[attribute.type]
    return cs.list_schema(one, strict=True) if attribute.is_array else one


def _object(fields: Iterable[tuple[str, cs.CoreSchema]]) -> cs.CoreSchema:
    optional = {name: cs.typed_dict_field(schema, required=False) for name, schema in fields}
    return cs.typed_dict_schema(optional, extra_behavior="forbid", strict=True)


PLAIN: Mapping[AttributeType, cs.CoreSchema] = {
    AttributeType.BOOLEAN: cs.bool_schema(strict=True),
    AttributeType.INT: cs.int_schema(strict=True, ge=INT_LOW, le=INT_HIGH),
    AttributeType.LONG: cs.no_info_after_validator_function(
        Int64, cs.int_schema(strict=True, ge=LONG_LOW, le=LONG_HIGH)
    ),
    AttributeType.DOUBLE: cs.float_schema(strict=True, allow_inf_nan=False),
    AttributeType.DECIMAL: cs.no_info_plain_validator_function(to_decimal),
    AttributeType.STRING: TEXT,
    AttributeType.DATETIME: cs.no_info_plain_validator_function(to_datetime),
    AttributeType.GUID: cs.no_info_plain_validator_function(to_guid),
}
