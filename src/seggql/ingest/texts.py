"""Text of CSV cells as values, read by the type of the attribute. An empty cell is missing: it never comes here."""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal

from seggql.catalog.model import AttributeType
from seggql.ingest.coercion import (
    DECIMAL_TEXT,
    Coerce,
    to_datetime,
    to_decimal,
    to_double,
    to_guid,
    to_int,
    to_long,
    to_string,
    wrong_type,
)
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.json_numbers import read_fraction

BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
NUMBER_TEXT = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?\Z")


def text_to_boolean(value: object) -> object:
    """BOOLEAN: true or false, yes or no, 1 or 0, in any case."""
    found = BOOLEANS.get(str(value).strip().lower())
    if found is None:
        raise wrong_type(AttributeType.BOOLEAN, value, "true or false")
    return found


def text_to_int(value: object) -> object:
    """INT."""
    return to_int(_whole(AttributeType.INT, value))


def text_to_long(value: object) -> object:
    """LONG."""
    return to_long(_whole(AttributeType.LONG, value))


def text_to_double(value: object) -> object:
    """DOUBLE."""
    return to_double(float(_number(AttributeType.DOUBLE, value)))


def text_to_decimal(value: object) -> object:
    """DECIMAL: the digits as they stand."""
    text = str(value).strip().removeprefix("+")
    return to_decimal(text if DECIMAL_TEXT.match(text) else Decimal(_number(AttributeType.DECIMAL, value)))


def text_to_datetime(value: object) -> object:
    """DATETIME: ISO 8601."""
    return to_datetime(str(value).strip())


def text_to_guid(value: object) -> object:
    """GUID."""
    return to_guid(str(value).strip())


TEXT_RULES: Mapping[AttributeType, Coerce] = {
    AttributeType.BOOLEAN: text_to_boolean,
    AttributeType.INT: text_to_int,
    AttributeType.LONG: text_to_long,
    AttributeType.DOUBLE: text_to_double,
    AttributeType.DECIMAL: text_to_decimal,
    AttributeType.STRING: to_string,
    AttributeType.DATETIME: text_to_datetime,
    AttributeType.GUID: text_to_guid,
}
"""How each plain type reads a cell; arrays and objects stand in a cell as JSON."""


def json_in_cell(value: object) -> object:
    """The array or object that a cell holds as JSON."""
    try:
        return json.loads(str(value), parse_float=read_fraction)
    except (ValueError, RecursionError):
        raise BadRow(RejectionCode.BAD_JSON, "A cell of an array or an object holds it as JSON.") from None


def _number(expected: AttributeType, value: object) -> str:
    text = str(value).strip()
    if NUMBER_TEXT.match(text):
        return text
    raise wrong_type(expected, value)


def _whole(expected: AttributeType, value: object) -> object:
    text = _number(expected, value)
    if "e" in text.lower() or "." in text:
        number = float(text)
        return Decimal(text) if math.isfinite(number) and abs(number) < 1e19 else number
    return int(text)
