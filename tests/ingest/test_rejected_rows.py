"""Rejected rows are written so that they can be mended and imported again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seggql.errors import RequestError
from seggql.ingest.columns import ColumnOptions
from seggql.ingest.formats import RowFormat, format_of
from seggql.ingest.import_file import FileImport, import_file
from seggql.ingest.kinds import RowKind
from seggql.ingest.outcome import IngestOutcome
from seggql.store.hub import Hub
from tests.ingest.world import contacts, define_world

Line = dict[str, Any]

OPTIONS = ColumnOptions(key="id", attributes={"age": "Age", "tags": "Tags"}, skipped=frozenset({"note"}))


async def rejected(hub: Hub, path: Path, options: ColumnOptions = OPTIONS) -> list[Line]:
    """Import a file; what was rejected, in a file beside it, too."""
    wanted = FileImport(
        path=path,
        row_format=format_of(path),
        kind=RowKind.PROFILES,
        type_name="Contact",
        columns=options,
        row_max_bytes=1_000_000,
    )
    outcome, rows = IngestOutcome(), list[Line]()
    async for step in import_file(hub, wanted):
        outcome += step.outcome
        rows += step.rejected_rows
    assert outcome.rejected == len(rows)
    write(path, rows)
    return rows


def write(path: Path, rows: list[Line]) -> Path:
    """Write rejected rows down beside a file, as strict JSON."""
    beside = path.with_name(f"{path.name}.rejected.ndjson")
    beside.write_text("".join(json.dumps(row, allow_nan=False) + os.linesep for row in rows))
    return beside


async def mend(hub: Hub, path: Path, rows: list[Line], *mends: Callable[[Line], None]) -> list[Line]:
    """Change each of the rejected rows of `path`, and import them with the same options."""
    for row, change in zip(rows, mends, strict=True):
        change(row)
    return await rejected(hub, write(path, rows))


async def test_rows_of_csv_are_mended_by_value_or_by_text(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_text('id;age;tags;note\nann;x;;\nbob;1;[];;\ncleo;2;"a"b;\ndan;3;"[""a""]";fine\n')
    rows = await rejected(hub, path)
    assert [(row["row"], row["code"], row["format"]) for row in rows] == [
        (1, "WRONG_TYPE", "csv"),
        (2, "BAD_ROW", "csv"),
        (3, "BAD_ROW", "csv"),
    ]
    assert rows[0]["values"] == {"id": "ann", "age": "x", "tags": "", "note": ""}
    assert [row["text"] for row in rows[1:]] == ["bob;1;[];;\n", 'cleo;2;"a"b;\n']
    again = await mend(
        hub,
        path,
        rows,
        lambda row: row["values"].update(age="7"),
        lambda row: row.update(text="bob;1;[];\n"),
        lambda row: row.update(values={"id": "cleo", "age": "2", "tags": '["a"]', "note": None}),
    )
    assert again == []
    assert await contacts(hub) == {
        "ann": {"Age": 7},
        "bob": {"Age": 1, "Tags": []},
        "cleo": {"Age": 2, "Tags": ["a"]},
        "dan": {"Age": 3, "Tags": ["a"]},
    }


async def test_what_is_mended_badly_is_rejected_again_and_can_be_mended_again(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_text("id,age,tags,note\nann,1\nbob,x,,\ncleo,y,,\n")
    rows = await rejected(hub, path)
    again = await mend(
        hub, path, rows, lambda row: row.update(text="ann,1,,,\n"), lambda row: None, lambda row: row.pop("values")
    )
    assert [(row["row"], row["code"]) for row in again] == [(1, "BAD_ROW"), (2, "WRONG_TYPE"), (3, "BAD_ROW")]
    assert "neither `values` nor `text`" in again[2]["message"]
    beside = path.with_name(f"{path.name}.rejected.ndjson")
    more = await mend(
        hub,
        beside,
        again,
        lambda row: row.update(text="ann,1,,\n"),
        lambda row: row["values"].update(age=""),
        lambda row: row.update(values={"id": "cleo"}),
    )
    assert more == []
    assert await contacts(hub) == {"ann": {"Age": 1}, "bob": {}, "cleo": {}}


async def test_rows_of_ndjson_are_input_objects_and_text_where_they_are_no_json(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.ndjson"
    path.write_text('{"key": "ann", "attributes": {"Score": NaN}}\n{"key": "bob"\n')
    rows = await rejected(hub, path, ColumnOptions())
    assert [row.get("values") for row in rows] == [{"key": "ann", "attributes": {"Score": "nan"}}, None]
    assert rows[1]["text"] == '{"key": "bob"'
    rows[0]["values"]["attributes"]["Score"] = 1.5
    rows[1]["text"] += "}"
    assert await rejected(hub, write(path, rows), ColumnOptions()) == []
    assert await contacts(hub) == {"ann": {"Score": 1.5}, "bob": {}}


async def test_rows_of_parquet_are_json(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.parquet"
    born = pl.Series([None, "2026-01-31"]).str.to_date()
    pl.DataFrame({"id": ["ann", "bob"], "age": [2.5, 1.0], "Born": born}).write_parquet(path)
    options = ColumnOptions(key="id", attributes={"age": "Age"})
    rows = await rejected(hub, path, options)
    assert [row["values"] for row in rows] == [{"id": "ann", "age": 2.5, "Born": None}]
    rows[0]["values"] |= {"age": 2, "Born": "2026-01-31"}
    assert await rejected(hub, write(path, rows), options) == []
    stored = await contacts(hub)
    assert (stored["ann"]["Age"], stored["ann"]["Born"]) == (2, stored["bob"]["Born"])


@pytest.mark.parametrize("text", ['{"key": "ann"}\n', "", "x\n", '{"code": "X", "format": "rejected"}\n', "5\n"])
async def test_a_file_without_rejected_rows_is_refused(hub: Hub, tmp_path: Path, text: str) -> None:
    await define_world(hub)
    path = tmp_path / "mine.rejected.ndjson"
    path.write_text(text)
    assert format_of(path) is RowFormat.REJECTED
    with pytest.raises(RequestError, match="does not hold rejected rows"):
        await rejected(hub, path, ColumnOptions())
