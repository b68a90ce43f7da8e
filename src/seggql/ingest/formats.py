"""The formats of files of rows, by name; nothing heavy is imported here, so that the command line starts at once."""

from enum import Enum
from pathlib import Path

from seggql.errors import RequestCode, RequestError


class RowFormat(Enum):
    """How a file holds its rows."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    REJECTED = "rejected"
    """Rejected rows of an import, mended: see seggql.ingest.rejected_rows."""


SUFFIXES = {
    ".csv": RowFormat.CSV,
    ".ndjson": RowFormat.NDJSON,
    ".jsonl": RowFormat.NDJSON,
    ".parquet": RowFormat.PARQUET,
}


REJECTED_SUFFIX = ".rejected.ndjson"


def format_of(path: Path) -> RowFormat:
    """The format that the file's name says. Raises: RequestError INVALID."""
    if path.name.lower().endswith(REJECTED_SUFFIX):
        return RowFormat.REJECTED
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise RequestError(RequestCode.INVALID, f"{path.name} is none of {', '.join(SUFFIXES)}; say its format.")
    return found
