from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from seggql.errors import RequestError
from seggql.ingest import files
from seggql.ingest.columns import ColumnOptions
from seggql.ingest.formats import format_of
from seggql.ingest.import_file import FileImport, ImportStep, import_file
from seggql.ingest.kinds import RowKind
from seggql.ingest.outcome import IngestOutcome
from seggql.store.hub import Hub
from tests.ingest.world import contacts, define_world, documents


def importing(path: Path, kind: RowKind, type_name: str, options: ColumnOptions | None = None) -> FileImport:
    return FileImport(
        path=path,
        row_format=format_of(path),
        kind=kind,
        type_name=type_name,
        columns=options or ColumnOptions(),
        row_max_bytes=1_000_000,
    )


async def run(hub: Hub, wanted: FileImport) -> tuple[IngestOutcome, list[ImportStep]]:
    steps = [step async for step in import_file(hub, wanted)]
    return sum((step.outcome for step in steps), IngestOutcome()), steps


async def test_csv_is_read_by_the_types_of_the_attributes(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_text(
        "\ufeffkey,Name,Age,Points,Score,Balance,IsActive,Born,Token,Tags,Address\n"
        'ann,"Ann, ""A""\nB",5.0,9007199254740993,1e3,12.10,TRUE,2020-02-29,'
        '0F8FAD5B-D9CB-469F-A165-70867728950E,"[""x""]","{""Zip"": 7}"\n'
        "bob,,,,,,,,,,\n"
        "\n"
        "007,007,7,,.5,1,0,,,,\n"
    )
    outcome, _ = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    assert (outcome.stored, outcome.rejections) == (3, ())
    stored = await contacts(hub)
    balance = stored["ann"].pop("Balance")
    assert balance.to_decimal() == Decimal("12.10")
    assert stored["ann"] == {
        "Name": 'Ann, "A"\nB',
        "Age": 5,
        "Points": 9007199254740993,
        "Score": 1000.0,
        "IsActive": True,
        "Born": datetime(2020, 2, 29, tzinfo=UTC),
        "Token": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "Tags": ["x"],
        "Address": {"Zip": 7},
    }
    assert stored["bob"] == {}
    assert (stored["007"]["Name"], stored["007"]["IsActive"]) == ("007", False)


async def test_bad_lines_of_csv_are_rejected_with_their_values(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_bytes(b"key,Age,Name\nann,x,\nbob,1\n,2,\neve,3,\xff\nzoe,1.5,\njoe,nan,\nkim,4,fine\n")
    outcome, [step] = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    assert [(row.index, row.code.value) for row in outcome.rejections] == [
        (0, "WRONG_TYPE"),
        (1, "BAD_ROW"),
        (2, "MISSING"),
        (3, "BAD_TEXT"),
        (4, "WRONG_TYPE"),
        (5, "WRONG_TYPE"),
    ]
    assert step.rejected_rows[0]["values"] == {"key": "ann", "Age": "x", "Name": ""}
    assert set(await contacts(hub)) == {"kim"}


async def test_columns_are_mapped_and_skipped(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_text("id,age,note\nann,30,x\n")
    options = ColumnOptions(key="id", attributes={"age": "Age"}, skipped=frozenset({"note"}))
    await run(hub, importing(path, RowKind.PROFILES, "Contact", options))
    assert await contacts(hub) == {"ann": {"Age": 30}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ColumnOptions(), "no column 'key' for the key"),
        (ColumnOptions(key="id"), "no attribute 'age' for column 'age'. Did you mean Age?"),
        (ColumnOptions(key="ID"), "no column 'ID'. Did you mean id?"),
        (ColumnOptions(key="id", attributes={"age": "Age", "note": "Age"}), "same attribute"),
    ],
)
async def test_unclear_columns_are_refused_before_anything_is_stored(
    hub: Hub, tmp_path: Path, options: ColumnOptions, message: str
) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_text("id,age,note\nann,30,x\n")
    with pytest.raises(RequestError) as refusal:
        await run(hub, importing(path, RowKind.PROFILES, "Contact", options))
    assert message in str(refusal.value)
    assert await contacts(hub) == {}


async def test_a_killed_import_run_again_completes_without_duplicates(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    monkeypatch.setattr(files, "BATCH_ROWS", 10)
    path = tmp_path / "purchases.csv"
    lines = [f"2026-01-{day:02d},ann,{day}\n" for day in range(1, 31)]
    path.write_text("at,who,Amount\n" + "".join(lines) + lines[0])
    options = ColumnOptions(timestamp="at", links={"Buyer": "who"})
    wanted = importing(path, RowKind.INTERACTIONS, "Purchase", options)
    async for _ in import_file(hub, wanted):
        break
    assert len(await documents(hub, "interactions.Purchase")) == 10
    outcome, steps = await run(hub, wanted)
    assert (outcome.received, outcome.stored, outcome.unchanged) == (31, 21, 10)
    assert len(await documents(hub, "interactions.Purchase")) == 31
    assert steps[-1].bytes_read == path.stat().st_size


async def test_ndjson_holds_input_objects_or_plain_ones(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "rows.ndjson"
    path.write_text('{"key": "ann", "attributes": {"Age": 1}}\n\n{"key": 5}\n{"key"')
    outcome, _ = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    assert [(row.index, row.code.value) for row in outcome.rejections] == [(1, "WRONG_TYPE"), (2, "BAD_JSON")]
    path.write_text('{"id": "bob", "Age": 2}\n{"id": 7, "Age": null}\n')
    await run(hub, importing(path, RowKind.PROFILES, "Contact", ColumnOptions(key="id")))
    assert await contacts(hub) == {"ann": {"Age": 1}, "bob": {"Age": 2}, "7": {}}


async def test_columns_that_ndjson_does_not_begin_with_are_stored_or_rejected(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    path = tmp_path / "rows.ndjson"
    path.write_text('{"id": "ann", "Age": 1}\n{"id": "bob", "Points": 2}\n{"id": "cleo", "note": "x"}\n')
    monkeypatch.setattr(files, "BATCH_ROWS", 1)
    options = ColumnOptions(key="id")
    outcome, _ = await run(hub, importing(path, RowKind.PROFILES, "Contact", options))
    assert [(row.index, row.code.value) for row in outcome.rejections] == [(2, "UNKNOWN_ATTRIBUTE")]
    assert await contacts(hub) == {"ann": {"Age": 1}, "bob": {"Points": 2}}


async def test_a_late_column_of_ndjson_is_mapped_where_the_file_is_small(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "rows.ndjson"
    path.write_text('{"id": "ann"}\n{"id": "bob", "age": 2, "note": "x"}\n')
    options = ColumnOptions(key="id", attributes={"age": "Age"}, skipped=frozenset({"note"}))
    await run(hub, importing(path, RowKind.PROFILES, "Contact", options))
    assert await contacts(hub) == {"ann": {}, "bob": {"Age": 2}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no columns: it is empty"),
        (b"key,Age,Age\nann,1,2\n", "two columns called 'Age'"),
        (b"\x1f\x8b\x08\r\x00\r\r", "save it as UTF-8"),
        ("key,Gr\xf6\xdfe\nann,1\n".encode("latin-1"), "save it as UTF-8"),
    ],
)
async def test_a_csv_file_without_a_header_says_so(hub: Hub, tmp_path: Path, content: bytes, message: str) -> None:
    await define_world(hub)
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=message):
        await run(hub, importing(path, RowKind.PROFILES, "Contact"))


async def test_a_line_of_ndjson_that_is_too_large_is_rejected_alone(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"key": "' + "x" * 3_000_000 + '"}\n{"key": "ann"}\n')
    outcome, _ = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    assert [(row.index, row.code.value) for row in outcome.rejections] == [(0, "ROW_TOO_LARGE")]
    assert outcome.stored == 1


async def test_parquet_is_read_as_it_is_typed(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.parquet"
    frame = pl.DataFrame(
        {
            "key": [1, 2],
            "Age": [30, None],
            "Balance": [Decimal("1.50"), None],
            "Born": [datetime(2020, 1, 1), datetime(2020, 1, 1, 12)],  # noqa: DTZ001  # files hold them so
            "Tags": [["a", "b"], []],
            "Address": [{"City": "Oslo", "Zip": None}, None],
        }
    )
    frame.write_parquet(path)
    outcome, [step] = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    assert (outcome.stored, outcome.rejections) == (2, ())
    assert step.bytes_read == path.stat().st_size
    stored = await contacts(hub)
    assert stored["1"]["Tags"] == ["a", "b"]
    assert stored["1"]["Address"] == {"City": "Oslo"}
    assert stored["2"] == {"Born": datetime(2020, 1, 1, 12, tzinfo=UTC), "Tags": []}


async def test_edges_are_imported(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "edges.csv"
    path.write_text("a,b,Since\nann,bob,2020\n")
    wanted = importing(path, RowKind.RELATIONSHIPS, "Knows", ColumnOptions(source="a", target="b"))
    assert (await run(hub, wanted))[0].stored == 1


async def test_files_that_cannot_be_read_are_refused(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"nonsense")
    for path in (broken, tmp_path / "missing.csv"):
        with pytest.raises(RequestError, match="cannot be read"):
            await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    with pytest.raises(RequestError, match="is none of"):
        format_of(tmp_path / "rows.xlsx")
    wanted = importing(broken, RowKind.PROFILES, "Contact")
    with pytest.raises(RequestError, match="There is no profile type"):
        await run(hub, replace(wanted, type_name="Nope"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_csv_of_spreadsheets_is_read_as_it_is(hub: Hub, tmp_path: Path, separator: str, encoding: str) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    rows = [["key", "Name", '"Age"'], ["ann", '"Ännchen, x;y\r\nz|\t"', "30"], ["bob", "ß", "31"]]
    path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
    outcome, steps = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
    assert not outcome.rejections
    assert steps[-1].bytes_read == path.stat().st_size
    assert await contacts(hub) == {
        "ann": {"Name": "Ännchen, x;y\r\nz|\t", "Age": 30},
        "bob": {"Name": "ß", "Age": 31},
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("key,Age\nann,1\n".encode("utf-16-le"), "save it as UTF-8"),
        ("key,Age\nann,1\n".encode("utf-16")[:-1], "cannot be read: .*utf-16"),
    ],
)
async def test_utf_16_that_is_broken_is_refused_with_advice(
    hub: Hub, tmp_path: Path, content: bytes, message: str
) -> None:
    await define_world(hub)
    path = tmp_path / "contacts.csv"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=message):
        await run(hub, importing(path, RowKind.PROFILES, "Contact"))


async def test_a_late_id_or_link_of_ndjson_is_one(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await define_world(hub)
    path = tmp_path / "purchases.ndjson"
    path.write_text(
        '{"at": "2026-01-01", "Buyer": "ann"}\n{"at": "2026-01-02", "Buyer": "ann", "Shop": "s1", "id": "late"}\n'
    )
    monkeypatch.setattr(files, "BATCH_ROWS", 1)
    wanted = importing(path, RowKind.INTERACTIONS, "Purchase", ColumnOptions(timestamp="at"))
    outcome, _ = await run(hub, wanted)
    assert (outcome.stored, outcome.rejections) == (2, ())
    stored = {row["_id"]: row["l"].keys() for row in await documents(hub, "interactions.Purchase")}
    assert set(stored.pop("late")) == {"Buyer", "Shop"}
    assert [set(links) for links in stored.values()] == [{"Buyer"}]


async def test_a_column_that_is_skipped_or_an_attribute_is_no_id_nor_link(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    path = tmp_path / "purchases.csv"
    path.write_text("timestamp,Buyer,Shop,id\n2026-01-01,ann,s1,same\n2026-01-02,ann,s2,same\n")
    options = ColumnOptions(attributes={"Shop": "Note"}, skipped=frozenset({"id"}))
    outcome, _ = await run(hub, importing(path, RowKind.INTERACTIONS, "Purchase", options))
    assert (outcome.stored, outcome.rejections) == (2, ())
    stored = await documents(hub, "interactions.Purchase")
    assert {row["a"]["Note"] for row in stored} == {"s1", "s2"}
    assert all(set(row["l"]) == {"Buyer"} for row in stored)


async def test_nul_in_a_cell_means_what_it_means_in_json(hub: Hub, tmp_path: Path) -> None:
    await define_world(hub)
    csv, ndjson = tmp_path / "contacts.csv", tmp_path / "contacts.ndjson"
    csv.write_bytes(b"key,Name,Age\nann\0,x,1\nbob,b\0b,2\ncleo,y,3\0\n")
    lines = ['{"key": "ann\\u0000"}', '{"key": "bob", "attributes": {"Name": "b\\u0000b", "Age": 2}}']
    ndjson.write_text("\n".join([*lines, '{"key": "cleo", "attributes": {"Age": "3\\u0000"}}']))
    found = []
    for path in (csv, ndjson):
        outcome, _ = await run(hub, importing(path, RowKind.PROFILES, "Contact"))
        found.append([(row.index, row.code.value, row.message) for row in outcome.rejections])
    assert found[0] == found[1]
    assert [(index, code) for index, code, _ in found[0]] == [(0, "BAD_KEY"), (2, "WRONG_TYPE")]
