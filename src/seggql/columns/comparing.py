"""Comparisons of arrays of numbers with constants and with each other: exact, whatever the types.

Arrays are of truths, integers, doubles, or of Python's integers where sums leave 64 bits.
"""

from collections.abc import Callable
from math import ceil, floor
from typing import cast

import numpy as np

from seggql.columns.column import Mask, Vector
from seggql.query.ast import ComparisonOperator
from seggql.query.values.numbers import COMPARISONS, Number

Test = Callable[[Vector, object], Mask]

EQUAL, NOT_EQUAL = ComparisonOperator.EQUAL, ComparisonOperator.NOT_EQUAL
GREATER, GREATER_OR_EQUAL = ComparisonOperator.GREATER, ComparisonOperator.GREATER_OR_EQUAL
LESS, LESS_OR_EQUAL = ComparisonOperator.LESS, ComparisonOperator.LESS_OR_EQUAL

MIRRORED = {
    EQUAL: EQUAL,
    NOT_EQUAL: NOT_EQUAL,
    GREATER: LESS,
    GREATER_OR_EQUAL: LESS_OR_EQUAL,
    LESS: GREATER,
    LESS_OR_EQUAL: GREATER_OR_EQUAL,
}
"""What holds of right and left where the operator holds of left and right."""


def compared_with(operator: ComparisonOperator, values: Vector, constant: Number) -> Mask:
    """Where `values operator constant` holds."""
    if values.dtype == np.bool_:
        return _test(operator)(values, bool(constant))
    if values.dtype.kind == "f":
        return _doubles_with(operator, values, constant)
    if values.dtype.kind == "O":
        return _test(operator)(values, constant)
    return _integers_with(operator, values, constant)


def compared(operator: ComparisonOperator, left: Vector, right: Vector) -> Mask:
    """Where `left operator right` holds, row by row."""
    kinds = {left.dtype.kind, right.dtype.kind}
    if "O" in kinds:
        return _test(operator)(left.astype(object), right.astype(object))
    if kinds == {"i", "f"}:
        if left.dtype.kind == "f":
            return compared(MIRRORED[operator], right, left)
        if left.dtype.itemsize > 4:
            return _test(operator)(_order(left, right), 0)
    return _test(operator)(left, right)


def whole_options(values: Vector, options: list[Number]) -> list[Number]:
    """Those of `options` that a value in `values` can be equal to, as numbers of its type."""
    if values.dtype.kind == "f":
        return [double for option in options if (double := _double(option)) == option]
    if values.dtype.kind == "O":
        return options
    limits = np.iinfo(values.dtype)
    whole = [int(option) for option in options if option == floor(option)]
    return [option for option in whole if limits.min <= option <= limits.max]


def _test(operator: ComparisonOperator) -> Test:
    return cast(Test, COMPARISONS[operator])


def _integers_with(operator: ComparisonOperator, values: Vector, constant: Number) -> Mask:
    """Against the integer next to the constant, or decided at once where that is beyond all values of the type."""
    below, above, limits = floor(constant), ceil(constant), np.iinfo(values.dtype)
    match operator:
        case ComparisonOperator.EQUAL | ComparisonOperator.NOT_EQUAL:
            if below != above or not limits.min <= below <= limits.max:
                return np.full(values.shape, operator is NOT_EQUAL)
            return _test(operator)(values, below)
        case ComparisonOperator.GREATER | ComparisonOperator.GREATER_OR_EQUAL:
            least = below + 1 if operator is GREATER else above
            return (
                np.full(values.shape, least <= limits.min) if not limits.min < least <= limits.max else values >= least
            )
        case _:
            most = above - 1 if operator is LESS else below
            return np.full(values.shape, most >= limits.max) if not limits.min <= most < limits.max else values <= most


def _doubles_with(operator: ComparisonOperator, values: Vector, constant: Number) -> Mask:
    """Against the double nearest to the constant; where that is another number, no value is between the two."""
    double = _double(constant)
    if double == constant:
        return _test(operator)(values, double)
    is_above = double > constant
    match operator:
        case ComparisonOperator.EQUAL | ComparisonOperator.NOT_EQUAL:
            return np.full(values.shape, operator is NOT_EQUAL)
        case ComparisonOperator.GREATER | ComparisonOperator.GREATER_OR_EQUAL:
            return values >= double if is_above else values > double
        case _:
            return values < double if is_above else values <= double


def _double(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _order(integers: Vector, doubles: Vector) -> Vector:
    """-1, 0 or 1 as the integer is less than, equal to or more than the double.

    Where an integer's nearest double is less or more than the other, so is the integer. Where they are equal, the
    double is whole, and no more than 2^63, which is more than any integer.
    """
    nearest = integers.astype(np.float64)
    order = (nearest > doubles).astype(np.int8) - (nearest < doubles)
    tied = nearest == doubles
    beyond = doubles >= 2.0**63
    whole = np.where(tied & ~beyond, doubles, 0).astype(np.int64)
    within = (integers > whole).astype(np.int8) - (integers < whole)
    return np.where(tied, np.where(beyond, -1, within), order)
