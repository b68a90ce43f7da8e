"""Reads files of rows in parts, in constant memory: CSV, NDJSON and Parquet."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from seggql.catalog.names import shown
from seggql.errors import RequestCode, RequestError
from seggql.ingest.formats import RowFormat
from seggql.ingest.json_lines import parsed
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.ingest.stream import BATCH_BYTES, BATCH_ROWS

Value = Mapping[str, object] | BadRow
"""A line of a file: values by column, or why it is none."""


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


def column_names(path: Path, row_format: RowFormat) -> list[str]:
    """The columns of a file; those of its first some thousand rows where it is NDJSON.

    Raises: RequestError INVALID where there are none.
    """
    match row_format:
        case RowFormat.CSV:
            with _csv_rows(path) as (rows, _):
                names = next(rows, [])
        case RowFormat.PARQUET:
            with _readable(path):
                names = pq.ParquetFile(path).schema_arrow.names
        case RowFormat.NDJSON:
            first = next(read_parts(path, row_format, max_bytes=BATCH_BYTES), Part([], 0)).values
            rows_of_part = (row for line in first if isinstance(row := parsed(line), dict))
            names = list(dict.fromkeys(str(name) for row in rows_of_part for name in row))
    if not names:
        raise RequestError(RequestCode.INVALID, f"{path.name} has no columns: it is empty, or of another format.")
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise RequestError(RequestCode.INVALID, f"{path.name} has two columns called {shown(twice[0])}.")
    return names


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


def _csv_parts(path: Path, max_bytes: int) -> Iterator[Part]:
    csv.field_size_limit(max_bytes)
    with _csv_rows(path) as (rows, file):
        names = next(rows, [])
        values: list[object] = []
        start = file.tell()
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                values.append(BadRow(RejectionCode.BAD_ROW, f"The line cannot be read: {error}."))
                continue
            if cells:
                values.append(_by_name(names, cells))
            if len(values) >= BATCH_ROWS or file.tell() - start >= BATCH_BYTES:
                yield Part(values, file.tell())
                values, start = [], file.tell()
        yield Part(values, file.tell())


def _by_name(names: list[str], cells: list[str]) -> Value:
    if len(cells) != len(names):
        return BadRow(RejectionCode.BAD_ROW, f"The line has {len(cells)} cells; there are {len(names)} columns.")
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell}


@contextmanager
def _csv_rows(path: Path) -> Iterator[tuple[Iterator[list[str]], BinaryIO]]:
    """Rows of text and the file below; what is no UTF-8 becomes surrogates, which are rejected row by row."""
    with _readable(path), path.open("rb") as file:
        text = _decoded(file)
        yield csv.reader(text, strict=True), file


def _decoded(file: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(file):
        yield (line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line).decode(errors="surrogateescape")


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
    except (OSError, pa.ArrowException, csv.Error) as error:
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise RequestError(RequestCode.INVALID, f"{path} cannot be read: {reason}.") from None
