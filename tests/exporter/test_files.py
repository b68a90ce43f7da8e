"""Members as files: what goes in comes out again, in every format, whatever is in the values."""

import csv
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.exporter import FileFormat, make_encoder

SCHEMA = pa.schema(
    [
        ("Key", pa.string()),
        ("Visits", pa.int64()),
        ("Seen", pa.timestamp("ms", tz="UTC")),
        ("Tags", pa.list_(pa.string())),
        ("Share", pa.float64()),
        ("IsVip", pa.bool_()),
        ("Address", pa.struct([("City", pa.string())])),
    ]
)
SEEN = datetime(2026, 2, 28, 23, 59, 59, 999000, tzinfo=UTC)
FULL = {
    "Key": 'a"b,c\nd\r\ne',
    "Visits": 7,
    "Seen": SEEN,
    "Tags": ["x,y", '"'],
    "Share": 0.1,
    "IsVip": True,
    "Address": {"City": "Łódź 🏙"},
}
EMPTY: dict[str, object] = {
    "Key": "",
    "Visits": None,
    "Seen": None,
    "Tags": [],
    "Share": None,
    "IsVip": None,
    "Address": None,
}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def encoded(file_format: FileFormat, *batches: list[dict[str, object]]) -> bytes:
    encoder = make_encoder(file_format, SCHEMA)
    chunks = [encoder.start(), *(encoder.encode(pa.RecordBatch.from_pylist(rows, SCHEMA)) for rows in batches)]
    return b"".join([*chunks, encoder.finish()])


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_csv_keeps_quotes_commas_new_lines_and_unicode() -> None:
    [row, _] = read_csv(encoded(FileFormat.CSV, [FULL], [EMPTY]))
    assert row["Key"] == FULL["Key"]
    assert row["Seen"] == "2026-02-28T23:59:59.999Z"
    assert json.loads(row["Tags"]) == FULL["Tags"]
    assert json.loads(row["Address"]) == FULL["Address"]
    assert (row["Visits"], row["Share"], row["IsVip"]) == ("7", "0.1", "true")


def test_csv_tells_an_empty_string_from_a_missing_value() -> None:
    assert encoded(FileFormat.CSV, [EMPTY]).splitlines()[1] == b'"",,,[],,,'


@given(keys=st.lists(texts, max_size=5))
def test_csv_gives_back_any_text(keys: list[str]) -> None:
    rows = read_csv(encoded(FileFormat.CSV, [{"Key": key, "Visits": 1} for key in keys]))
    assert [row["Key"] for row in rows] == keys


def test_ndjson_has_every_field_in_every_line() -> None:
    first, second = encoded(FileFormat.NDJSON, [FULL], [EMPTY]).decode().splitlines()
    assert json.loads(first) == FULL | {"Seen": "2026-02-28T23:59:59.999Z"}
    assert json.loads(second) == EMPTY


def test_ndjson_sends_integers_that_json_readers_would_round_as_text() -> None:
    [line] = encoded(FileFormat.NDJSON, [FULL | {"Visits": 2**53 + 1}]).decode().splitlines()
    assert json.loads(line)["Visits"] == "9007199254740993"


def test_ndjson_lines_end_only_where_a_row_ends() -> None:
    lines = encoded(FileFormat.NDJSON, [FULL | {"Key": "a\u2028b\x85c"}]).decode().split("\n")
    assert len(lines) == 2
    assert json.loads(lines[0])["Key"] == "a\u2028b\x85c"


def test_parquet_keeps_types_and_has_a_row_group_for_each_batch() -> None:
    content = encoded(FileFormat.PARQUET, [FULL], [EMPTY])
    assert pq.read_table(io.BytesIO(content)).to_pylist() == [FULL, EMPTY]
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 2


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_no_members_make_a_file_that_readers_take(file_format: FileFormat) -> None:
    content = encoded(file_format)
    match file_format:
        case FileFormat.CSV:
            assert content == b"Key,Visits,Seen,Tags,Share,IsVip,Address\n"
        case FileFormat.NDJSON:
            assert content == b""
        case FileFormat.PARQUET:
            assert pq.read_table(io.BytesIO(content)).schema.names == SCHEMA.names
