"""The functions of dates in values/dates.py, over arrays of milliseconds from 1970."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seggql.columns.column import Mask, Vector, milliseconds
from seggql.query.ast import DatePart
from seggql.query.values.dates import FIRST_INSTANT, FIRST_MONTH, LAST_INSTANT, LAST_MONTH, LENGTHS_MONTHS, LENGTHS_MS

Integers = NDArray[np.int64]

FIRST_MS = milliseconds(FIRST_INSTANT)
LAST_MS = milliseconds(LAST_INSTANT)
DAY_MS = LENGTHS_MS[DatePart.DAY]
EPOCH_MONTH = 1970 * 12
EPOCH_WEEKDAY = 3
"""1970 began on a Thursday; counted from Monday, 0."""

COMPONENTS = {
    DatePart.HOUR: (DatePart.HOUR, 24),
    DatePart.MINUTE: (DatePart.MINUTE, 60),
    DatePart.SECOND: (DatePart.SECOND, 60),
    DatePart.MILLISECOND: (DatePart.MILLISECOND, 1000),
}
"""Parts of a day: how many there are before it begins again."""


def component(part: DatePart, instants: Integers) -> Integers:
    """`DATEPART`."""
    match part:
        case DatePart.YEAR:
            return _months(instants) // 12
        case DatePart.MONTH:
            return _months(instants) % 12 + 1
        case DatePart.DAY:
            return _days(instants) - _first_days(_months(instants)) + 1
        case DatePart.WEEKDAY:
            return (_days(instants) + EPOCH_WEEKDAY) % 7 + 1
        case _:
            length, count = LENGTHS_MS[COMPONENTS[part][0]], COMPONENTS[part][1]
            return instants // length % count


def number(part: DatePart, instants: Integers) -> Integers:
    """How many boundaries of `part` lie before each instant, from a start that is the same for all."""
    if part in LENGTHS_MONTHS:
        return _months(instants) // LENGTHS_MONTHS[part]
    return (instants - FIRST_MS) // LENGTHS_MS[part]


def added(part: DatePart, amounts: Vector, instants: Integers) -> tuple[Integers, Mask]:
    """`DATEADD` of whole parts, and where that is in the years 1 to 9999."""
    if part in LENGTHS_MONTHS:
        return _months_added(_whole(amounts, LAST_MONTH), LENGTHS_MONTHS[part], instants)
    length = LENGTHS_MS[part]
    moved = instants + _whole(amounts, (LAST_MS - FIRST_MS) // length + 1) * length
    return moved, (moved >= FIRST_MS) & (moved <= LAST_MS)


def _whole(amounts: Vector, most: int) -> Integers:
    """Amounts cut toward zero; those of more than `most` parts, which lead out of all years, are `most`."""
    return np.clip(np.trunc(amounts), -most, most).astype(np.int64)


def _months_added(amounts: Integers, length: int, instants: Integers) -> tuple[Integers, Mask]:
    months = _months(instants)
    wanted = months + amounts * length
    is_there = (wanted >= FIRST_MONTH) & (wanted <= LAST_MONTH)
    wanted = np.clip(wanted, FIRST_MONTH, LAST_MONTH)
    day = _days(instants) - _first_days(months)
    lengths = _first_days(wanted + 1) - _first_days(wanted)
    days = _first_days(wanted) + np.minimum(day, lengths - 1)
    return days * DAY_MS + instants % DAY_MS, is_there


def _months(instants: Integers) -> Integers:
    """Months from January of year 0."""
    months: Any = _days(instants).astype("M8[D]").astype("M8[M]")
    numbers: Integers = months.astype(np.int64) + EPOCH_MONTH
    return numbers


def _first_days(months: Integers) -> Integers:
    """The first day of each month, counted from 1970."""
    days: Any = (months - EPOCH_MONTH).astype("M8[M]").astype("M8[D]")
    numbers: Integers = days.astype(np.int64)
    return numbers


def _days(instants: Integers) -> Integers:
    """Days from 1970."""
    return instants // DAY_MS
