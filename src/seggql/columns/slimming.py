"""Whole numbers in as few bytes as they need: less their least, in a unit that all are multiples of, byte by byte.

Ascending numbers (ordinals of profiles, times of interactions) become their steps; doubles with few decimals, such as
amounts of money, become whole numbers if dividing gives back each of them. The bytes of equal weight stand together, in
planes, which compression makes the most of.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seggql.columns.column import DTYPES, Numbers, Vector
from seggql.columns.layout import Storage

DIVISORS = (1, 100, 10_000)
"""What doubles are tried to be whole numbers of parts of."""

UNITS_MS = (86_400_000, 60_000, 1_000)
"""What instants are tried to be multiples of, apart from the first: days, minutes, seconds."""

LARGEST_WHOLE = 2**53
WIDTHS = (1, 2, 4, 8)

Planes = list[NDArray[np.uint8]]
Unsigned = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slim:
    """How to get numbers back from planes: times `unit`, plus `least`, summed up from `start`, divided by `divisor`."""

    least: int
    unit: int
    divisor: int
    start: int | None
    """The first of ascending numbers; None where the numbers themselves are kept, and not their steps."""


def slimmed(column: Numbers) -> tuple[Slim, Planes] | None:
    """The planes of the numbers, the lowest first, or None where they are kept as they are."""
    if column.values.dtype == np.bool_ or not column.rows:
        return None
    whole = _whole(column)
    if whole is None:
        return None
    numbers, divisor = whole
    start = int(numbers[0]) if column.present is None and np.all(numbers[1:] >= numbers[:-1]) else None
    if start is not None:
        numbers = np.diff(numbers, prepend=numbers[0])
    least = int(numbers.min() if column.present is None else numbers.min(where=column.present, initial=2**63 - 1))
    above = numbers.view(np.uint64) - np.uint64(least % 2**64)  # modulo 2^64, as the way back is
    if column.present is not None:
        above = np.where(column.present, above, 0)
    unit = _unit(above) if column.storage is Storage.DATETIME else 1
    return Slim(least=least, unit=unit, divisor=divisor, start=start), _planes(above // np.uint64(unit))


def restored(slim: Slim, planes: Planes, rows: int, storage: Storage) -> Vector:
    """The numbers of which `slimmed` made the planes."""
    numbers = _together(planes, rows)
    if slim.unit != 1:
        numbers *= slim.unit
    if slim.least:
        numbers += slim.least
    if slim.start is not None:
        numbers = np.cumsum(numbers)
        numbers += slim.start
    if storage is Storage.DOUBLE:
        return numbers / slim.divisor
    return numbers.astype(DTYPES[storage], copy=False)


def _whole(column: Numbers) -> tuple[NDArray[np.int64], int] | None:
    """The numbers as integers, and what these are to be divided by."""
    if column.storage is not Storage.DOUBLE:
        return column.values.astype(np.int64), 1
    values = column.values if column.present is None else np.where(column.present, column.values, 0)
    if np.any(np.signbit(values) & (values == 0)):  # no integer is -0.0
        return None
    for divisor in DIVISORS:
        with np.errstate(over="ignore"):
            parts = np.rint(values * divisor)
        if np.abs(parts).max() < LARGEST_WHOLE and np.array_equal(parts / divisor, values):
            return parts.astype(np.int64), divisor
    return None


def _unit(above: Unsigned) -> int:
    return next((unit for unit in UNITS_MS if not np.any(above % np.uint64(unit))), 1)


def _planes(numbers: Unsigned) -> Planes:
    count = (int(numbers.max()).bit_length() + 7) // 8
    octets = numbers.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    return [np.ascontiguousarray(octets[:, place]) for place in range(count)]


def _together(planes: Planes, rows: int) -> NDArray[np.int64]:
    width = next(width for width in WIDTHS if len(planes) <= width)
    octets = np.zeros((rows, width), dtype=np.uint8)
    for place, plane in enumerate(planes):
        octets[:, place] = plane
    return octets.view(f"<u{width}").reshape(rows).astype(np.int64)
