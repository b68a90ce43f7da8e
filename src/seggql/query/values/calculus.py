"""Every scalar function of the language, in one place: the only code that computes with dates, numbers and texts.

Values are those of bound.Scalar; missing is None everywhere, and what a function of a missing value gives is missing.
"""

from seggql.query.values.dates import (
    FIRST_INSTANT,
    LAST_INSTANT,
    date_add,
    date_diff,
    date_part,
    truncate_to_millisecond,
    truncate_to_minute,
    window_interval,
)
from seggql.query.values.numbers import arithmetic, compare, to_decimal
from seggql.query.values.texts import fold, length, text_test

__all__ = [
    "FIRST_INSTANT",
    "LAST_INSTANT",
    "arithmetic",
    "compare",
    "date_add",
    "date_diff",
    "date_part",
    "fold",
    "length",
    "text_test",
    "to_decimal",
    "truncate_to_millisecond",
    "truncate_to_minute",
    "window_interval",
]
