"""Rejected rows as lines of NDJSON: written with their reasons, and read again once they are mended.

A line has the row's number, the code, message and field of the rejection, the format of the file it comes from, and
the row: as `values`, or where it could not be read as `text` (of CSV with the `columns` and the `separator`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from seggql.ingest.csv_lines import BadLine, read_csv_text
from seggql.ingest.formats import RowFormat
from seggql.ingest.json_lines import parse_line, parsed
from seggql.ingest.outcome import BadRow, Rejection, RejectionCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the rows of a file are written: their format (never REJECTED), columns, and what separates cells of CSV."""

    row_format: RowFormat
    columns: tuple[str, ...] = ()
    separator: str = ","


def written_row(rejection: Rejection, value: object, layout: Layout) -> dict[str, object]:
    """The line of a rejected row; `value` is what the file has in its place."""
    line: dict[str, object] = {
        "row": rejection.index + 1,
        "code": rejection.code.value,
        "message": rejection.message,
        "field": rejection.field,
        "format": layout.row_format.value,
    }
    match parsed(value):
        case Mapping() as values if layout.row_format is RowFormat.CSV:
            return line | {"values": {**dict.fromkeys(layout.columns, ""), **values}}
        case BadLine() as bad:
            return line | {"columns": list(layout.columns), "separator": layout.separator, "text": bad.text}
        case BadRow():
            return line | ({"text": value.decode(errors="surrogateescape")} if isinstance(value, bytes) else {})
        case values:
            return line | {"values": _as_json(values)}


def read_row(line: object) -> object:
    """What a line of rejected rows holds in place of its row; a BadRow where that is nothing that can be read."""
    try:
        match parse_line(line) if isinstance(line, bytes) else line:
            case {"format": "csv", "values": Mapping() as values}:
                return {name: cell for name, cell in values.items() if cell not in ("", None)}
            case {"values": values} if values is not None:
                return values
            case {"format": "csv", "text": str() as text, "separator": str() as separator, "columns": list() as names}:
                return read_csv_text(text, separator, names)
            case {"text": str() as text}:
                return parse_line(text.encode(errors="surrogateescape"))
            case BadRow() as bad:
                return bad
            case _:
                message = "The line has neither `values` nor `text`: take the row from the file it comes from."
                return BadRow(RejectionCode.BAD_ROW, message)
    except BadRow as bad:
        return bad


def read_layout(lines: Sequence[object]) -> Layout | None:
    """How the rows of a file that begins with these lines were written; None where they are no rejected rows."""
    rows = [row for line in lines if isinstance(row := parsed(line), dict)]
    try:
        row_format = RowFormat(rows[0]["format"]) if rows and "code" in rows[0] else RowFormat.REJECTED
    except (KeyError, ValueError):
        row_format = RowFormat.REJECTED
    if row_format is RowFormat.REJECTED:
        return None
    names = (name for row in rows for name in row.get("columns") or row.get("values") or ())
    separator = next((row["separator"] for row in rows if isinstance(row.get("separator"), str)), ",")
    return Layout(row_format=row_format, columns=tuple(dict.fromkeys(map(str, names))), separator=separator)


def _as_json(value: object) -> object:
    """`value` with what JSON has no form for as text: instants, decimals, NaN."""
    match value:
        case dict():
            return {str(name): _as_json(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_as_json(inner) for inner in value]
        case float() if not math.isfinite(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case date() | datetime():
            return value.isoformat()
        case _:
            return str(value)
