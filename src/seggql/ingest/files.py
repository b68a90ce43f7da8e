"""Reads files of rows in parts, in constant memory: CSV, NDJSON, Parquet, and rejected rows that were mended."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from seggql.catalog.names import shown
from seggql.errors import RequestCode, RequestError
from seggql.ingest.csv_lines import open_csv
from seggql.ingest.formats import RowFormat
from seggql.ingest.json_lines import parsed
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.ingest.rejected_rows import Layout, read_row
from seggql.ingest.rejected_rows import read_layout as layout_of_rejected
from seggql.ingest.stream import BATCH_BYTES, BATCH_ROWS

NO_TEXT = re.compile(r"[\0-\x08\x0e-\x1f\ud800-\udfff]")
"""What names of columns have where a file is compressed, or in another encoding than it seems."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file (NDJSON as it is, others by column), and how many of its bytes were read up to there."""

    values: list[object]
    bytes_read: int


def fingerprint(path: Path) -> str:
    """A digest of the whole content: the same file gives its rows the same ids when it is imported again."""
    digest = blake2b(digest_size=12)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_layout(path: Path, row_format: RowFormat, *, max_bytes: int) -> Layout:
    """How the rows of a file are written; the columns of NDJSON are those of its first some thousand rows.

    Raises: RequestError INVALID where there are no columns.
    """
    with _readable(path):
        layout = _layout(path, row_format, max_bytes)
    names = layout.columns
    if not names:
        raise RequestError(RequestCode.INVALID, f"{path.name} has no columns: it is empty, or of another format.")
    if any(NO_TEXT.search(name) for name in names):
        message = f"{path.name} is no text in UTF-8, nor in UTF-16 with the mark that begins it: save it as UTF-8."
        raise RequestError(RequestCode.INVALID, message)
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise RequestError(RequestCode.INVALID, f"{path.name} has two columns called {shown(twice[0])}.")
    return layout


def _layout(path: Path, row_format: RowFormat, max_bytes: int) -> Layout:
    match row_format:
        case RowFormat.CSV:
            with open_csv(path, max_bytes) as lines:
                return Layout(row_format=row_format, columns=tuple(lines.names), separator=lines.separator)
        case RowFormat.PARQUET:
            return Layout(row_format=row_format, columns=tuple(pq.ParquetFile(path).schema_arrow.names))
    first = next(_ndjson_parts(path, BATCH_BYTES), Part([], 0)).values
    if row_format is RowFormat.NDJSON:
        rows_of_part = (row for line in first if isinstance(row := parsed(line), dict))
        return Layout(row_format=row_format, columns=tuple(dict.fromkeys(str(n) for row in rows_of_part for n in row)))
    if layout := layout_of_rejected(first):
        return layout
    message = f"{path.name} does not hold rejected rows of an import; say its format."
    raise RequestError(RequestCode.INVALID, message)


def read_parts(path: Path, row_format: RowFormat, *, max_bytes: int) -> Iterator[Part]:
    """The lines of a file, some thousand at a time; lines that cannot be read are BadRow.

    Raises: RequestError INVALID where the file as a whole cannot be read.
    """
    with _readable(path):
        match row_format:
            case RowFormat.CSV:
                yield from _csv_parts(path, max_bytes)
            case RowFormat.NDJSON:
                yield from _ndjson_parts(path, max_bytes)
            case RowFormat.PARQUET:
                yield from _parquet_parts(path)
            case RowFormat.REJECTED:
                for part in _ndjson_parts(path, max_bytes):
                    yield Part([read_row(line) for line in part.values], part.bytes_read)


def _csv_parts(path: Path, max_bytes: int) -> Iterator[Part]:
    with open_csv(path, max_bytes) as lines:
        values: list[object] = []
        start = lines.bytes_read
        for value in lines:
            values.append(value)
            if len(values) >= BATCH_ROWS or lines.bytes_read - start >= BATCH_BYTES:
                yield Part(values, lines.bytes_read)
                values, start = [], lines.bytes_read
        yield Part(values, lines.bytes_read)


def _ndjson_parts(path: Path, max_bytes: int) -> Iterator[Part]:
    with path.open("rb") as file:
        lines: list[object] = []
        start = 0
        while line := file.readline(max_bytes + 2):
            if len(line) > max_bytes + 1:
                while line and not line.endswith(b"\n"):
                    line = file.readline(1 << 20)
                lines.append(BadRow(RejectionCode.ROW_TOO_LARGE, f"The line is larger than {max_bytes} bytes."))
            elif stripped := line.strip():
                lines.append(stripped)
            if len(lines) >= BATCH_ROWS or file.tell() - start >= BATCH_BYTES:
                yield Part(lines, file.tell())
                lines, start = [], file.tell()
        yield Part(lines, file.tell())


def _parquet_parts(path: Path) -> Iterator[Part]:
    file = pq.ParquetFile(path)
    size, rows, read = path.stat().st_size, file.metadata.num_rows, 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        read += batch.num_rows
        yield Part(batch.to_pylist(), size * read // max(rows, 1))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, csv.Error, UnicodeDecodeError) as error:
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise RequestError(RequestCode.INVALID, f"{path} cannot be read: {reason}.") from None
