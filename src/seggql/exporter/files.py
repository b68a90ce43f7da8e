"""Members as CSV, NDJSON or Parquet, batch by batch: memory does not grow with their number."""

import io
import json
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol, assert_never

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from seggql.json_numbers import MAX_SAFE_INTEGER


class FileFormat(Enum):
    """File formats for members; the value is the file name's ending."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """The format's media type. Source: RFC 4180, the NDJSON specification, IANA's registry."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8; header=present",
    FileFormat.NDJSON: "application/x-ndjson",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
}


class Encoder(Protocol):
    """Turns batches of one schema into a file's bytes: `start`, `encode` for each batch, `finish`, in this order."""

    def start(self) -> bytes:
        """What stands before the first batch."""
        ...

    def encode(self, batch: pa.RecordBatch) -> bytes:
        """The bytes of one batch."""
        ...

    def finish(self) -> bytes:
        """What stands after the last batch."""
        ...


def make_encoder(file_format: FileFormat, schema: pa.Schema) -> Encoder:
    """An encoder of `file_format` for batches of `schema`."""
    match file_format:
        case FileFormat.CSV:
            return CsvEncoder(schema)
        case FileFormat.NDJSON:
            return NdjsonEncoder()
        case FileFormat.PARQUET:
            return ParquetEncoder(schema)
        case _:
            assert_never(file_format)


class CsvEncoder:
    """RFC 4180 with a header line and new lines as line ends; missing is empty, an empty string is `""`.

    Arrays and objects are JSON in their cell, times are RFC 3339 with milliseconds.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema

    def start(self) -> bytes:
        return _csv(pl.DataFrame({name: [name] for name in self._schema.names}, strict=True))

    def encode(self, batch: pa.RecordBatch) -> bytes:
        columns = {name: _csv_column(batch.column(index)) for index, name in enumerate(batch.schema.names)}
        return _csv(pl.DataFrame(columns))

    def finish(self) -> bytes:
        return b""


def _csv(frame: pl.DataFrame) -> bytes:
    text = frame.write_csv(include_header=False, datetime_format="%Y-%m-%dT%H:%M:%S%.3fZ", quote_style="necessary")
    return text.encode()


def _csv_column(column: pa.Array) -> pl.Series:
    if pa.types.is_nested(column.type):
        texts = [None if value is None else _json(value) for value in column.to_pylist()]
        return pl.Series(texts, dtype=pl.String)
    return pl.Series(pl.from_arrow(column))


class NdjsonEncoder:
    """One JSON object a line; every field stands in every line, null where it is missing."""

    def start(self) -> bytes:
        return b""

    def encode(self, batch: pa.RecordBatch) -> bytes:
        return "".join(f"{_json(row)}\n" for row in batch.to_pylist()).encode()

    def finish(self) -> bytes:
        return b""


def _json(value: object) -> str:
    return json.dumps(_json_value(value), ensure_ascii=False, separators=(",", ":"))


def _json_value(value: object) -> object:
    match value:
        case dict():
            return {name: _json_value(item) for name, item in value.items()}
        case list():
            return [_json_value(item) for item in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case int() if abs(value) > MAX_SAFE_INTEGER:
            return str(value)
        case _:
            return value


class ParquetEncoder:
    """Parquet with zstd compression, a row group for each batch."""

    def __init__(self, schema: pa.Schema) -> None:
        self._sink = io.BytesIO()
        self._writer = pq.ParquetWriter(self._sink, schema, compression="zstd")

    def start(self) -> bytes:
        return self._drain()

    def encode(self, batch: pa.RecordBatch) -> bytes:
        if batch.num_rows:
            self._writer.write_batch(batch)
        return self._drain()

    def finish(self) -> bytes:
        self._writer.close()
        return self._drain()

    def _drain(self) -> bytes:
        """What was written since the last call; ParquetWriter keeps its own count of the position."""
        chunk = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return chunk
