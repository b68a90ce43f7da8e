"""Parses a line of NDJSON into a row of whatever values."""

from pydantic_core import from_json

from seggql.ingest.outcome import BadRow, RejectionCode

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_line(line: bytes) -> object:
    """The row on a line. Raises: BadRow where it is no JSON."""
    try:
        return from_json(line.removeprefix(BYTE_ORDER_MARK))
    except (ValueError, RecursionError) as error:
        raise BadRow(RejectionCode.BAD_JSON, f"The line is no JSON: {error}.") from None


def parsed(row: object) -> object:
    """A row as it is, or parsed where it is a line; a line that is no JSON becomes the reason why."""
    try:
        return parse_line(row) if isinstance(row, bytes) else row
    except BadRow as bad:
        return bad
