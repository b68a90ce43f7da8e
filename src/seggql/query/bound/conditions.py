"""Bound conditions: true, false or unknown for the record at hand."""

from dataclasses import dataclass

from seggql.query.ast import ComparisonOperator, QuantifierKind, TextOperator
from seggql.query.bound.values import Field, KeyField, TimestampField, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """AND."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Any:
    """OR."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """NOT."""

    operand: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """A comparison of two scalars of comparable types."""

    operator: ComparisonOperator
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """`value IN (options)`: true if one is equal, else unknown if the value or an option is missing, else false."""

    value: Value
    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """CONTAINS and its kin; unknown when a side is missing; the text of MATCHES is a Constant that RE2 compiles."""

    operator: TextOperator
    value: Value
    text: Value
    ignores_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """ISNULL: never unknown."""

    field: Field | KeyField | TimestampField


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified:
    """ANY or ALL over the items of `array`; inside, the items are Fields of depth one more than here."""

    kind: QuantifierKind
    array: Field
    condition: "Condition"


Condition = All | Any | Not | Compare | OneOf | Text | Missing | Quantified
