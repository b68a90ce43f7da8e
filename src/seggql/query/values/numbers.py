"""Arithmetic and comparison of scalars.

Arithmetic is in double precision, or in decimal with the 34 digits of MongoDB's Decimal128; comparison is exact across
number types. Missing is None, and so is every result that is no finite number.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import TypeVar

from seggql.catalog.model import AttributeType
from seggql.query.ast import ArithmeticOperator, ComparisonOperator
from seggql.query.bound import Scalar

Number = int | float | Decimal
FiniteNumber = TypeVar("FiniteNumber", float, Decimal)

DECIMAL128 = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, clamp=1, traps=[])
"""Digits, rounding and range of Decimal128 (IEEE 754-2008 decimal128)."""

DOUBLE_DIGITS = Context(prec=15, rounding=ROUND_HALF_EVEN, traps=[])
"""Digits that a double keeps when it becomes a decimal, as in MongoDB's arithmetic (so that 0.1 becomes 0.1)."""

COMPARISONS = {
    ComparisonOperator.EQUAL: eq,
    ComparisonOperator.NOT_EQUAL: ne,
    ComparisonOperator.GREATER: gt,
    ComparisonOperator.GREATER_OR_EQUAL: ge,
    ComparisonOperator.LESS: lt,
    ComparisonOperator.LESS_OR_EQUAL: le,
}
"""Python compares int, float and Decimal by exact value, and strings by code point: just what the language wants."""

_IN_DOUBLE = {
    ArithmeticOperator.ADD: add,
    ArithmeticOperator.SUBTRACT: sub,
    ArithmeticOperator.MULTIPLY: mul,
    ArithmeticOperator.DIVIDE: truediv,
}
_IN_DECIMAL = {
    ArithmeticOperator.ADD: DECIMAL128.add,
    ArithmeticOperator.SUBTRACT: DECIMAL128.subtract,
    ArithmeticOperator.MULTIPLY: DECIMAL128.multiply,
    ArithmeticOperator.DIVIDE: DECIMAL128.divide,
}


def compare(operator: ComparisonOperator, left: Scalar | None, right: Scalar | None) -> bool | None:
    """Whether the comparison holds; None (unknown) where a side is missing or the two cannot be compared."""
    if left is None or right is None or _is_nan(left) or _is_nan(right):
        return None
    try:
        return bool(COMPARISONS[operator](left, right))
    except TypeError:
        return None


def arithmetic(
    operator: ArithmeticOperator, left: Number | None, right: Number | None, type: AttributeType
) -> Number | None:
    """`left operator right` in decimal where `type` is DECIMAL, otherwise in double precision."""
    if left is None or right is None:
        return None
    if type is AttributeType.DECIMAL:
        return finite(_IN_DECIMAL[operator](to_decimal(left), to_decimal(right)))
    try:
        return finite(_IN_DOUBLE[operator](float(left), float(right)))
    except (OverflowError, ZeroDivisionError):
        return None


def to_decimal(number: Number) -> Decimal:
    """`number` with at most 34 digits; a double keeps 15."""
    if isinstance(number, float):
        return DOUBLE_DIGITS.create_decimal_from_float(number)
    return DECIMAL128.create_decimal(number)


def finite(number: FiniteNumber) -> FiniteNumber | None:
    """`number`, or None where it is an infinity or NaN."""
    return number if (number.is_finite() if isinstance(number, Decimal) else isfinite(number)) else None


def _is_nan(value: Scalar) -> bool:
    return isinstance(value, float | Decimal) and value != value
