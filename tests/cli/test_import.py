import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seggql.cli.app import app
from seggql.errors import RequestError, SchemaError
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.ingest.world import contacts, define_world


async def run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str, standard_input: bytes | None = None
) -> tuple[int, str, object]:
    monkeypatch.setenv("SEGGQL_MONGODB_URI", settings.mongodb_uri)
    monkeypatch.setenv("SEGGQL_DATABASE", settings.database)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["import", *arguments], standard_input)
    return result.exit_code, result.stdout, result.exception


async def test_a_file_is_imported_and_rejected_rows_go_to_a_file(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    file = tmp_path / "contacts.csv"
    file.write_text("id,age\nann,30\nbob,old\n")
    options = ("--profiles", "Contact", "--key", "id", "--map", "age=Age")
    code, output, _ = await run(settings, monkeypatch, str(file), *options)
    assert code == 1
    assert "2 rows: 1 stored, 0 unchanged, 1 rejected" in output
    rejected = tmp_path / "contacts.csv.rejected.ndjson"
    [line] = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert (line["row"], line["code"], line["field"]) == (2, "WRONG_TYPE", "attributes.Age")
    assert line["values"] == {"id": "bob", "age": "old"}
    file.write_text("id,age\nann,30\nbob,31\n")
    code, output, _ = await run(settings, monkeypatch, str(file), *options)
    assert (code, output) == (0, "2 rows: 1 stored, 1 unchanged, 0 rejected\n")
    assert not rejected.exists()
    assert await contacts(hub) == {"ann": {"Age": 30}, "bob": {"Age": 31}}


async def test_what_the_rows_are_must_be_said(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("key\n")
    _, _, error = await run(settings, monkeypatch, str(file))
    assert "--profiles, --interactions or --relationships" in str(error)
    _, _, error = await run(settings, monkeypatch, str(file), "--profiles", "Contact", "--map", "x")
    assert "NAME=NAME" in str(error)


async def test_rejected_rows_never_replace_the_file_that_is_imported(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    file = tmp_path / "rows.csv"
    file.write_text("key,Age\nann,old\n")
    _, _, error = await run(settings, monkeypatch, str(file), "--profiles", "Contact", "--rejected", str(file))
    assert "that is the file to import" in str(error)
    assert file.read_text() == "key,Age\nann,old\n"


@pytest.mark.parametrize("place", ["missing/rejected.ndjson", "."])
async def test_rejected_rows_that_cannot_be_written_are_told_with_their_place(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    await define_world(hub)
    file = tmp_path / "rows.csv"
    file.write_text("key,Age\nann,old\n")
    rejected = str(tmp_path / place)
    _, _, error = await run(settings, monkeypatch, str(file), "--profiles", "Contact", "--rejected", rejected)
    assert isinstance(error, RequestError)
    assert f"Rejected rows cannot go to {rejected}: " in str(error)


async def test_a_wrong_command_leaves_the_rejected_rows_of_the_one_before(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    file = tmp_path / "rows.csv"
    file.write_text("key,Age\nann,old\n")
    await run(settings, monkeypatch, str(file), "--profiles", "Contact")
    await run(settings, monkeypatch, str(file), "--profiles", "Contract")
    assert "WRONG_TYPE" in (tmp_path / "rows.csv.rejected.ndjson").read_text()


async def test_standard_input_is_imported_with_its_rejected_rows_and_these_again(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    monkeypatch.chdir(tmp_path)
    options = ("--profiles", "Contact", "--key", "id", "--map", "age=Age")
    content = b"id;age\nann;30\nbob;old\n"
    code, output, error = await run(settings, monkeypatch, "-", *options, "--format", "csv", standard_input=content)
    assert (code, output) == (
        1,
        "2 rows: 1 stored, 0 unchanged, 1 rejected (see standard-input.rejected.ndjson)\n",
    ), error
    rejected = tmp_path / "standard-input.rejected.ndjson"
    rejected.write_text(rejected.read_text().replace("old", "31"))
    code, output, error = await run(settings, monkeypatch, rejected.name, *options)
    assert (code, output) == (0, "1 rows: 1 stored, 0 unchanged, 0 rejected\n"), error
    assert await contacts(hub) == {"ann": {"Age": 30}, "bob": {"Age": 31}}


async def test_the_format_of_standard_input_must_be_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, error = await run(settings, monkeypatch, "-", "--profiles", "Contact")
    assert "--format csv" in str(error)


async def test_nothing_is_imported_into_a_database_of_a_newer_release(
    hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    await hub.collection("schema").update_one({"_id": "version"}, {"$set": {"version": 99}})
    file = tmp_path / "contacts.csv"
    file.write_text("key\nann\n")
    _, _, error = await run(settings, monkeypatch, str(file), "--profiles", "Contact")
    assert isinstance(error, SchemaError)
    assert await contacts(hub) == {}
