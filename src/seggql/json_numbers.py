"""Numbers in JSON: which integers every reader keeps, and the digits that a double would lose."""

from decimal import Decimal, DecimalException

MAX_SAFE_INTEGER = 2**53
"""Integers past this lose digits in JavaScript; they travel as strings. Source: ECMA-262, Number.MAX_SAFE_INTEGER."""


def read_fraction(text: str) -> float | Decimal:
    """The number that a JSON text with a point or an exponent says: a Decimal where a double would change it."""
    number = float(text)
    if repr(number) == text:
        return number
    try:
        exact = Decimal(text)
        return number if exact == Decimal(repr(number)) else exact
    except DecimalException:  # an exponent of more than 18 digits
        return number
