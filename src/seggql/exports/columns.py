"""Which columns an export has, and how profiles' documents become batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

import pyarrow as pa

from seggql.catalog.model import KEY, Attribute, AttributeType, ProfileType, find_attribute
from seggql.errors import RequestCode, RequestError
from seggql.store.exports import ExportField
from seggql.store.profile_rows import ProfileRow

NAME_MAX_LENGTH = 1_000
"""Longest name of a column: a path of attributes may well be one."""

KEY_ATTRIBUTE = Attribute(name=KEY, type=AttributeType.STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field with its place in a profile: `path` is empty for Key."""

    name: str
    path: tuple[str, ...]
    attribute: Attribute

    @property
    def arrow_type(self) -> pa.DataType:
        """The column's Arrow type, as `seggql.exporter.Delivery` describes."""
        return arrow_type(self.attribute)


def all_fields(profile_type: ProfileType) -> tuple[ExportField, ...]:
    """Key and every top-level attribute, under their own names."""
    names = (KEY, *(attribute.name for attribute in profile_type.attributes))
    return tuple(ExportField(attribute=name, name=name) for name in names)


def resolve_columns(profile_type: ProfileType, fields: Sequence[ExportField]) -> tuple[Column, ...]:
    """The columns that `fields` mean for `profile_type`.

    Raises: RequestError (INVALID) where an attribute does not exist, a name cannot be read, or two columns share one.
    """
    names = [field.name for field in fields]
    if any(not (1 <= len(name) <= NAME_MAX_LENGTH and name.isprintable()) for name in names):
        message = f"A column's name has 1 to {NAME_MAX_LENGTH:,} printable characters."
        raise RequestError(RequestCode.INVALID, message, field=("input", "fields"))
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise RequestError(RequestCode.INVALID, f"Two columns are called {twice!r}.", field=("input", "fields"))
    return tuple(_resolve(profile_type, field) for field in fields)


def _resolve(profile_type: ProfileType, field: ExportField) -> Column:
    if field.attribute == KEY:
        return Column(name=field.name, path=(), attribute=KEY_ATTRIBUTE)
    path = tuple(field.attribute.split("."))
    attribute: Attribute | None = None
    for position, name in enumerate(path):
        attribute = find_attribute(attribute.attributes if attribute else profile_type.attributes, name)
        if attribute is None or (attribute.is_array and position < len(path) - 1):
            raise RequestError(
                RequestCode.INVALID,
                f"{profile_type.name} has no attribute {field.attribute!r} that a column can hold.",
                field=("input", "fields"),
            )
    assert attribute is not None  # a split string has at least one part
    return Column(name=field.name, path=path, attribute=attribute)


def arrow_type(attribute: Attribute) -> pa.DataType:
    """The Arrow type for `attribute`."""
    item = _item_type(attribute)
    return pa.list_(item) if attribute.is_array else item


def _item_type(attribute: Attribute) -> pa.DataType:
    match attribute.type:
        case AttributeType.BOOLEAN:
            return pa.bool_()
        case AttributeType.INT:
            return pa.int32()
        case AttributeType.LONG:
            return pa.int64()
        case AttributeType.DOUBLE:
            return pa.float64()
        case AttributeType.STRING | AttributeType.GUID | AttributeType.DECIMAL:
            return pa.string()
        case AttributeType.DATETIME:
            return pa.timestamp("ms", tz="UTC")
        case AttributeType.OBJECT:
            return pa.struct([(field.name, arrow_type(field)) for field in attribute.attributes])
        case _:
            assert_never(attribute.type)


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of `columns`."""
    return pa.schema([(column.name, column.arrow_type) for column in columns])


def record_batch(columns: Sequence[Column], schema: pa.Schema, rows: Sequence[ProfileRow]) -> pa.RecordBatch:
    """`rows` as a batch of `schema`, which `schema_of` made of `columns`."""
    arrays = [pa.array(_values(column, rows), type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _values(column: Column, rows: Sequence[ProfileRow]) -> list[object]:
    if not column.path:
        return [row.key for row in rows]
    if _holds_decimal(column.attribute):
        return [_decimals_as_text(_value(row, column.path)) for row in rows]
    return [_value(row, column.path) for row in rows]


def _value(row: ProfileRow, path: tuple[str, ...]) -> object:
    value: object = row.attributes.get(path[0])
    for name in path[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _holds_decimal(attribute: Attribute) -> bool:
    return attribute.type is AttributeType.DECIMAL or any(map(_holds_decimal, attribute.attributes))


def _decimals_as_text(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case list():
            return [text for item in value if (text := _decimals_as_text(item)) is not None]
        case dict():
            return {name: text for name, item in value.items() if (text := _decimals_as_text(item)) is not None}
        case _:
            return value
