"""Values of bound conditions: one for the record at hand, or missing, which is None."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from seggql.catalog.model import AttributeType
from seggql.query.ast import AggregateFunction, ArithmeticOperator, DatePart

Scalar = bool | int | float | Decimal | str | datetime
"""A value that is not missing: datetimes are aware UTC to the millisecond, GUIDs are lower-case strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A literal; `value` None is missing (the result of folding, never written)."""

    value: Scalar | None
    type: AttributeType


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyField:
    """`Key` of the profile at hand."""

    type: AttributeType = AttributeType.STRING


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampField:
    """`Timestamp` of the interaction at hand."""

    type: AttributeType = AttributeType.DATETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute of the record at hand (`depth` 0) or of the item of the `depth`-th quantifier around it (from 1).

    `names` is the path inside the record's attributes or inside the item; empty is the item itself (VALUE).
    """

    names: tuple[str, ...]
    type: AttributeType
    is_array: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """`DATETIMEUTCNOW()`: as_of with seconds cut off; the planner puts the instant in its place."""

    type: AttributeType = AttributeType.DATETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """`left operator right` in double precision, or in decimal where `type` is DECIMAL; division by zero is missing."""

    operator: ArithmeticOperator
    left: "Value"
    right: "Value"
    type: AttributeType


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAdded:
    """`DATEADD(part, amount, date)`."""

    part: DatePart
    amount: "Value"
    date: "Value"
    type: AttributeType = AttributeType.DATETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDifference:
    """`DATEDIFF(part, start, end)`: boundaries of `part` crossed from start to end."""

    part: DatePart
    start: "Value"
    end: "Value"
    type: AttributeType = AttributeType.LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class DateComponent:
    """`DATEPART(part, date)`."""

    part: DatePart
    date: "Value"
    type: AttributeType = AttributeType.INT


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthOf:
    """`LENGTH(field)`: code points of a string, or elements of an array."""

    field: "Field | KeyField"
    type: AttributeType = AttributeType.LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregated:
    """An aggregate over the interactions of one profile; `field` is None for COUNT only."""

    function: AggregateFunction
    field: "Field | TimestampField | None"
    type: AttributeType


Value = (
    Constant
    | KeyField
    | TimestampField
    | Field
    | AsOf
    | Computed
    | DateAdded
    | DateDifference
    | DateComponent
    | LengthOf
    | Aggregated
)
