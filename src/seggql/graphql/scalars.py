"""The scalars DateTime, JSON and Long, and how Python values travel in them.

Annotate fields with `datetime`, `JSON` and `Long`: `SCALARS` tells Strawberry what they mean.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import FloatValueNode, GraphQLError, ListValueNode, ObjectValueNode, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from seggql.json_numbers import MAX_SAFE_INTEGER, read_fraction

T = TypeVar("T")

JSON = NewType("JSON", object)
"""Attribute values, options, pipelines: any JSON. `JSON(attributes)` will do: `to_json` is applied on sending."""

Long = NewType("Long", int)
"""An integer of 64 bits; GraphQL's own Int has 32."""

LONG_RANGE = range(-(2**63), 2**63)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def to_json(value: object) -> JSON:
    """`value` as JSON: decimals and integers past 2^53 become strings, datetimes RFC 3339 in UTC."""
    match value:
        case None | bool() | str():
            return JSON(value)
        case int():
            return JSON(value if abs(value) <= MAX_SAFE_INTEGER else str(value))
        case float():
            return JSON(value if math.isfinite(value) else str(value))
        case datetime():
            return JSON(format_datetime(value))
        case Mapping():
            return JSON({str(name): to_json(inner) for name, inner in value.items()})
        case list() | tuple():
            return JSON([to_json(inner) for inner in value])
        case Decimal() | UUID():
            return JSON(str(value))
        case _:
            raise TypeError(f"no JSON form for {type(value).__name__}")


def format_datetime(value: datetime) -> str:
    """RFC 3339 in UTC with as many digits of a second as there are: `2026-01-31T09:00:00Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_datetime(text: object) -> datetime:
    """The instant that `text` names, in UTC.

    Raises: ValueError for what is not RFC 3339 with an offset.
    """
    if not (isinstance(text, str) and RFC_3339.fullmatch(text)):
        raise ValueError("A DateTime is written as RFC 3339 with an offset: 2026-01-31T09:00:00Z.")
    try:
        return datetime.fromisoformat(text.upper().replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text} is no instant between the years 1 and 9999, UTC.") from None


def parse_long(value: object) -> int:
    """The integer that `value`, a number or a string of digits, names.

    Raises: ValueError outside 64 bits.
    """
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value not in LONG_RANGE:
        raise ValueError("A Long is an integer of 64 bits.")
    return value


def parse_json_literal(node: ValueNode, variables: Mapping[str, object] | None = None) -> object:
    """The JSON that a literal of a document writes: as graphql-core reads it, but with every digit of a fraction."""
    match node:
        case ObjectValueNode():
            return {field.name.value: parse_json_literal(field.value, variables) for field in node.fields}
        case ListValueNode():
            return [parse_json_literal(item, variables) for item in node.values]
        case FloatValueNode():
            return read_fraction(node.value)
        case _:
            return value_from_ast_untyped(node, dict(variables or {}))


def _or_refused(parse: Callable[[object], T]) -> Callable[[object], T]:
    """`parse`, with its ValueError as an error of the operation, which is its caller's fault."""

    def parse_or_refuse(value: object) -> T:
        try:
            return parse(value)
        except ValueError as error:
            raise GraphQLError(str(error)) from None

    return parse_or_refuse


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, as RFC 3339 in UTC: `2026-01-31T09:00:00Z`. Inputs may have any offset.",
        serialize=format_datetime,
        parse_value=_or_refused(parse_datetime),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value. DECIMAL values and integers past 2^53 travel as strings.",
        serialize=to_json,
        parse_value=lambda value: value,
        parse_literal=parse_json_literal,
    ),
    Long: strawberry.scalar(
        name="Long", description="An integer of 64 bits.", serialize=int, parse_value=_or_refused(parse_long)
    ),
}
