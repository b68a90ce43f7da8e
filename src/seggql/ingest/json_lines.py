"""Parses a line of NDJSON into a row of whatever values."""

from msgspec import MsgspecError
from msgspec.json import Decoder
from pydantic_core import from_json

from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.json_numbers import read_fraction

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_decode = Decoder(float_hook=read_fraction).decode


def parse_line(line: bytes) -> object:
    """The row on a line. Raises: BadRow where it is no JSON."""
    text = line.removeprefix(BYTE_ORDER_MARK)
    try:
        row: object = _decode(text)
        return row
    except (MsgspecError, ValueError, RecursionError):
        return _second_look(text)


def parsed(row: object) -> object:
    """A row as it is, or parsed where it is a line; a line that is no JSON becomes the reason why."""
    try:
        return parse_line(row) if isinstance(row, bytes) else row
    except BadRow as bad:
        return bad


def _second_look(text: bytes) -> object:
    """By a parser that takes NaN, so that the attribute can refuse it by name, and says what is wrong where."""
    try:
        row: object = from_json(text)
        return row
    except (ValueError, RecursionError) as error:
        raise BadRow(RejectionCode.BAD_JSON, f"The line is no JSON: {error}.") from None
