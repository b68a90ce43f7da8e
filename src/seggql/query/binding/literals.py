"""Reads literals as the type that they stand against: dates, GUIDs, numbers."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from math import isinf

from seggql.catalog.model import AttributeType
from seggql.errors import ProblemCode
from seggql.query import ast
from seggql.query.binding.binding import Binding
from seggql.query.bound import Constant, Value
from seggql.query.values.calculus import truncate_to_millisecond

INT_END, LONG_END = 2**31, 2**63
"""First integers past INT and LONG."""

DECIMAL_DIGITS = 34
"""Significant digits that a DECIMAL (IEEE 754-2008 decimal128) holds."""

GUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ].+)?\Z", re.ASCII)


def adapted(b: Binding, expression: ast.Expression, value: Value, target: AttributeType) -> Value | None:
    """`value`, read anew where it was written as a literal that means something else against `target`."""
    if isinstance(expression, ast.StringLiteral):
        if target is AttributeType.DATETIME:
            return bind_instant(b, expression)
        if target is AttributeType.GUID:
            return bind_guid(b, expression)
    number = written_number(expression)
    if number is not None and target is AttributeType.DECIMAL:
        return bind_decimal(b, expression, number)
    return value


def read_instant(text: str) -> datetime | None:
    """An ISO 8601 date, or date and time, in UTC to the millisecond, or None.

    A date alone is its midnight; a time without a zone is UTC; digits past the millisecond are cut off.
    """
    if not ISO_DATE.match(text):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return truncate_to_millisecond(instant.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def bind_instant(b: Binding, literal: ast.StringLiteral) -> Constant | None:
    """A string literal that stands against a DATETIME."""
    instant = read_instant(literal.value)
    if instant is None:
        b.refuse(
            ProblemCode.BAD_LITERAL,
            f"{b.quote(literal)} is no date that can be read.",
            literal,
            hint="Write dates in ISO 8601: '2017-03-30' or '2017-03-30T10:15:00Z'.",
        )
        return None
    return Constant(value=instant, type=AttributeType.DATETIME)


def bind_guid(b: Binding, literal: ast.StringLiteral) -> Constant | None:
    """A string literal that stands against a GUID."""
    guid = literal.value.lower()
    if not GUID_PATTERN.match(guid):
        b.refuse(
            ProblemCode.BAD_LITERAL,
            f"{b.quote(literal)} is no GUID.",
            literal,
            hint="A GUID is written like '0f8fad5b-d9cb-469f-a165-70867728950e'.",
        )
        return None
    return Constant(value=guid, type=AttributeType.GUID)


def bind_date(b: Binding, literal: ast.DateLiteral) -> Constant | None:
    """`DATE(year, month, day, …)`."""
    *numbers, milliseconds = (*literal.numbers, *[0] * (7 - len(literal.numbers)))
    try:
        if not 0 <= milliseconds <= 999:
            raise ValueError("millisecond must be in 0..999")
        year, month, day, hour, minute, second = numbers
        instant = datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        reason = str(error) if isinstance(error, ValueError) else "a number is far too large"
        b.refuse(
            ProblemCode.BAD_LITERAL,
            f"{b.quote(literal)} is no date: {reason}.",
            literal,
            hint="DATE(year, month, day [, hour [, minute [, second [, millisecond]]]]), with a year from 1 to 9999.",
        )
        return None
    return Constant(value=instant, type=AttributeType.DATETIME)


# ---------------------------------------------------------------- numbers


def written_number(expression: ast.Expression) -> int | Decimal | None:
    """The number that was written, with its sign, or None where the expression is no number literal."""
    match expression:
        case ast.NumberLiteral(value=value):
            return value
        case ast.Negation(operand=ast.NumberLiteral(value=value)):
            return value.copy_negate() if isinstance(value, Decimal) else -value
        case _:
            return None


def bind_number(b: Binding, expression: ast.Expression, number: int | Decimal) -> Constant | None:
    """A number literal by itself: INT, LONG, or DOUBLE where it has a point, an exponent or too many digits."""
    if isinstance(number, int) and -LONG_END <= number < LONG_END:
        fits_int = -INT_END <= number < INT_END
        return Constant(value=number, type=AttributeType.INT if fits_int else AttributeType.LONG)
    try:
        double = float(number)
    except OverflowError:
        double = float("inf")
    if isinf(double) or (double == 0 and number != 0):
        b.refuse(
            ProblemCode.BAD_LITERAL,
            f"The number {b.quote(expression)} is out of the range of double precision.",
            expression,
            hint="Numbers reach from about 4.9e-324 to 1.8e308, on either side of 0.",
        )
        return None
    return Constant(value=double, type=AttributeType.DOUBLE)


def bind_decimal(b: Binding, expression: ast.Expression, number: int | Decimal) -> Constant | None:
    """A number literal that stands against a DECIMAL; its range has been checked, its digits have not."""
    decimal = Decimal(number)
    digits = len("".join(map(str, decimal.as_tuple().digits)).rstrip("0"))
    if digits > DECIMAL_DIGITS:
        b.refuse(
            ProblemCode.BAD_LITERAL,
            f"The number {b.quote(expression)} has {digits} digits; a DECIMAL holds {DECIMAL_DIGITS}.",
            expression,
        )
        return None
    return Constant(value=decimal, type=AttributeType.DECIMAL)
