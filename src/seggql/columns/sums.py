"""Sums of many groups at once that are exact, or rounded once, whatever the order of their numbers."""

from collections.abc import Sequence
from math import frexp, fsum, ldexp, nan

import numpy as np
from numpy.typing import NDArray

from seggql.columns.column import Rows, Vector

Doubles = NDArray[np.float64]

LARGEST_EXPONENT, LEAST_EXPONENT = 1_023, -1_074

DIGITS = 53
"""Bits of a double: whole multiples of a unit are added without rounding while they stay below 2^53 units."""


def parts_of(values: Vector, most: int, largest: float | int) -> list[Doubles]:
    """Arrays that add up to `values`, in each of which any `most` numbers are summed without rounding.

    Each holds multiples of a unit that are so small that no sum leaves the range of exact doubles. Units follow from
    `most` and the absolutely `largest` value alone, so that a column may come in pieces. Small integers take one array,
    amounts of money two.
    """
    return _cut(values, most, largest) if values.dtype.kind == "f" else _sliced(values, most, int(largest))


def largest_of(values: Vector) -> float | int:
    """The absolutely largest value, as Python's number."""
    least: float | int = values.min(initial=0).item()
    most: float | int = values.max(initial=0).item()
    return max(-least, most)


def add_at(target: Doubles | NDArray[np.int64], positions: Rows, weights: Doubles | None = None) -> None:
    """Add 1, or the weight, at each of `positions`; for few of them without a pass over all of `target`."""
    with np.errstate(over="ignore", invalid="ignore"):  # a sum past all doubles is missing
        if len(positions) * 8 < len(target):
            np.add.at(target, positions, 1 if weights is None else weights)
        else:
            target += np.bincount(positions, weights, minlength=len(target))


def total_of(sums: Sequence[Doubles], is_whole: bool) -> Vector:
    """What the sums of the parts come to: integers where `is_whole`, else doubles, rounded once."""
    if is_whole:
        return _whole(sums)
    with np.errstate(over="ignore", invalid="ignore"):
        total = sums[0] + sums[1] if len(sums) > 1 else sums[0]
        for group in np.flatnonzero(np.any(sums[2:], axis=0) & np.isfinite(total)).tolist():
            total[group] = _rounded_once([part.item(group) for part in sums])
    return total


def _rounded_once(numbers: Sequence[float]) -> float:
    """More than two doubles, as they come from numbers of very different size; NaN where too large for one."""
    try:
        return fsum(numbers)
    except OverflowError:
        return nan


def _cut(values: Doubles, most: int, largest: float) -> list[Doubles]:
    parts: list[Doubles] = []
    rest, exponent = values, frexp(largest)[1]
    while not parts or (rest.any() and exponent > LEAST_EXPONENT):
        exponent += max(most.bit_length(), 2) - DIGITS  # of the unit, which is more than any rest
        parts.append(_rounded(rest, exponent))
        rest = rest - parts[-1]
    return parts


def _rounded(values: Doubles, unit: int) -> Doubles:
    """To multiples of 2^`unit`: next to a number whose last bit is the unit, additions round to it."""
    if unit + DIGITS > LARGEST_EXPONENT:
        return np.ldexp(np.rint(np.ldexp(values, -unit)), unit)
    beside = ldexp(1.5, unit + DIGITS - 1)
    rounded = values + beside
    rounded -= beside
    return rounded


def _sliced(values: Vector, most: int, largest: int) -> list[Doubles]:
    """Integers, or slices of their bits from the lowest up."""
    width, place = DIGITS - most.bit_length(), 0
    parts: list[Doubles] = []
    while (largest >> place) * most >= 2**DIGITS:
        parts.append(np.ldexp(((values >> place) & (2**width - 1)).astype(np.float64), place))
        place += width
    return [*parts, np.ldexp((values >> place).astype(np.float64), place)]


def _whole(sums: Sequence[Doubles]) -> Vector:
    """Python's integers where they could leave 64 bits."""
    is_small = sum(largest_of(part) for part in sums) < 2**62
    whole = [part.astype(np.int64) if is_small else np.array([*map(int, part.tolist())], object) for part in sums]
    total: Vector = np.add.reduce(whole)
    return total
