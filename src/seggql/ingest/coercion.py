"""Values of JSON (and of typed files) as values of attributes: what each type takes, and what it refuses.

No string becomes a number, except where JSON has no number that fits: LONG past 2^53, and DECIMAL. Values come back as
MongoDB stores them: DECIMAL as Decimal128, GUID in lower case, DATETIME aware in UTC to the millisecond.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from uuid import UUID

from bson.decimal128 import Decimal128
from bson.int64 import Int64

from seggql.catalog.model import AttributeType
from seggql.catalog.names import shown
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.json_numbers import MAX_SAFE_INTEGER

Coerce = Callable[[object], object]
"""A value that is not null, as the attribute stores it. Raises: BadRow."""

INT_LOW, INT_HIGH = -(2**31), 2**31 - 1
LONG_LOW, LONG_HIGH = -(2**63), 2**63 - 1

INTEGER_TEXT = re.compile(r"-?[0-9]{1,19}\Z")
DECIMAL_TEXT = re.compile(r"-?[0-9]{1,1000}(\.[0-9]{1,1000})?([eE][+-]?[0-9]{1,4})?\Z")
GUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
DATETIME_TEXT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
USUAL_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|\+00:00)\Z")
SURROGATE = re.compile(r"[\ud800-\udfff]")


def to_boolean(value: object) -> object:
    """BOOLEAN."""
    if value is True or value is False:
        return value
    raise wrong_type(AttributeType.BOOLEAN, value)


def to_int(value: object) -> object:
    """INT: 32 bits; 5.0 is 5."""
    if type(value) is int and INT_LOW <= value <= INT_HIGH:
        return value
    number = _integer(AttributeType.INT, value)
    if INT_LOW <= number <= INT_HIGH:
        return number
    raise BadRow(RejectionCode.OUT_OF_RANGE, f"{_brief(value)} does not fit the 32 bits of an INT.")


def to_long(value: object) -> object:
    """LONG: 64 bits; past 2^53 as a string too."""
    if isinstance(value, str) and INTEGER_TEXT.match(value) and abs(int(value)) >= MAX_SAFE_INTEGER:
        value = int(value)
    number = _integer(AttributeType.LONG, value)
    if LONG_LOW <= number <= LONG_HIGH:
        return Int64(number)
    raise BadRow(RejectionCode.OUT_OF_RANGE, f"{_brief(value)} does not fit the 64 bits of a LONG.")


def to_double(value: object) -> object:
    """DOUBLE: any finite number."""
    if type(value) is not float:
        if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
            raise wrong_type(AttributeType.DOUBLE, value)
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if math.isfinite(value):
        return value
    raise BadRow(RejectionCode.OUT_OF_RANGE, "A DOUBLE is a finite number: NaN and infinities are not stored.")


def to_decimal(value: object) -> object:
    """DECIMAL: a number with the digits that it was written with, or one as a string; up to 34 digits."""
    match value:
        case bool():
            raise wrong_type(AttributeType.DECIMAL, value)
        case int() | Decimal():
            text = str(value)
        case float():
            text = repr(value)
        case str() if DECIMAL_TEXT.match(value):
            text = value
        case _:
            raise wrong_type(AttributeType.DECIMAL, value)
    try:
        number = Decimal128(text)
    except DecimalException:
        raise _decimal_range(value) from None
    if not number.to_decimal().is_finite():
        raise _decimal_range(value)
    return number


def to_string(value: object) -> object:
    """STRING: any text that UTF-8 can hold."""
    if type(value) is str and value.isascii():
        return value
    if not isinstance(value, str):
        raise wrong_type(AttributeType.STRING, value)
    if SURROGATE.search(value):
        raise BadRow(RejectionCode.BAD_TEXT, "The text has half of a surrogate pair, which is no character.")
    return value


def to_datetime(value: object) -> datetime:
    """DATETIME: ISO 8601; a date alone is its midnight, no zone is UTC; cut to the millisecond."""
    if type(value) is str and USUAL_DATETIME.match(value):
        try:  # the common forms, faster; what is wrong with one is said below
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    try:
        match value:
            case str() if DATETIME_TEXT.match(value):
                instant = datetime.fromisoformat(value.upper().replace(",", "."))
            case datetime():
                instant = value
            case date():
                instant = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # the zone comes below
            case _:
                raise wrong_type(AttributeType.DATETIME, value, "ISO 8601, as 2026-01-31T09:00:00Z")
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow(RejectionCode.OUT_OF_RANGE, f"There is no such date or time: {_brief(value)}.") from None
    excess = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - excess) if excess else instant


def to_guid(value: object) -> object:
    """GUID: 8-4-4-4-12 hexadecimal digits in any case."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str) and GUID_TEXT.match(value):
        return value.lower()
    raise wrong_type(AttributeType.GUID, value, "8-4-4-4-12 hexadecimal digits")


JSON_RULES: Mapping[AttributeType, Coerce] = {
    AttributeType.BOOLEAN: to_boolean,
    AttributeType.INT: to_int,
    AttributeType.LONG: to_long,
    AttributeType.DOUBLE: to_double,
    AttributeType.DECIMAL: to_decimal,
    AttributeType.STRING: to_string,
    AttributeType.DATETIME: to_datetime,
    AttributeType.GUID: to_guid,
}
"""How each plain type reads JSON; OBJECT is read attribute by attribute."""


def wrong_type(expected: AttributeType, value: object, form: str | None = None) -> BadRow:
    """The refusal of a value of another type than `expected`, with the form that is expected."""
    wanted = f"{expected.value} ({form})" if form else expected.value
    return BadRow(RejectionCode.WRONG_TYPE, f"Expected {wanted}, got {json_type(value)} {_brief(value)}.")


def json_type(value: object) -> str:
    """What JSON calls the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float() | Decimal():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case dict():
            return "object"
        case _:
            return type(value).__name__


def _integer(expected: AttributeType, value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise wrong_type(expected, value)
    if not math.isfinite(value) or value != int(value):
        raise wrong_type(expected, value, "a whole number")
    return int(value)


def _decimal_range(value: object) -> BadRow:
    return BadRow(RejectionCode.OUT_OF_RANGE, f"{_brief(value)} is no finite number of at most 34 digits.")


def _brief(value: object) -> str:
    """The beginning of a value, for a message."""
    match value:
        case str():
            return shown(value)
        case list() | tuple() | dict():
            return f"of {len(value)}"
        case int() if not isinstance(value, bool) and value.bit_length() > 200:
            return "of more than 60 digits"
        case _:
            return shown(str(value)).strip("'")
