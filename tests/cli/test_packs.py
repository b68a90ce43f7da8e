"""`seggql repack` and `seggql audit` over a real hub."""

import asyncio

import pytest
from typer.testing import CliRunner

from seggql.cli.app import app
from seggql.ingest.profiles import upsert_profiles
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.models import open_models
from seggql.store.pack_writes import read_head
from tests.segments.world import dynamic, make_world

CONTACTS = "profiles.Contact"


async def run(settings: Settings, patch: pytest.MonkeyPatch, *arguments: str, **more: str) -> tuple[int, str, object]:
    environment = {"MONGODB_URI": settings.mongodb_uri, "DATABASE": settings.database, "PACK_AFTER": "5"} | more
    for name, value in environment.items():
        patch.setenv(f"SEGGQL_{name}", value)
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    return result.exit_code, result.output, result.exception


@pytest.fixture
async def world(hub: Hub, settings: Settings) -> Hub:
    await make_world(hub)
    await dynamic(hub, settings, "Grown", "PROFILE(Contact).FILTER(Age >= 40)")
    return hub


async def test_types_that_segments_read_are_packed_and_compared(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output, error = await run(settings, monkeypatch, "repack", "--all")
    assert (code, error) == (0, None)
    assert "profiles.Contact: 5 rows in 1 parts" in output
    assert "_id, a.Age" in output
    assert "interactions.Purchase: not packed, no active segment reads it" in output
    code, output, _ = await run(settings, monkeypatch, "audit")
    assert (code, "profiles.Contact: 1 parts, 5 rows compared" in output) == (0, True)


async def test_what_differs_is_printed_by_type_part_and_column(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(settings, monkeypatch, "repack", "Contact")
    await world.collection(CONTACTS).update_one({"_id": 1}, {"$set": {"a.Age": 77}})
    code, output, _ = await run(settings, monkeypatch, "audit", "Contact")
    assert code == 1
    assert "profiles.Contact, part 0, column a.Age: 1 rows are packed that no document has" in output
    before = await read_head(world, CONTACTS)
    await run(settings, monkeypatch, "repack", "Contact")
    assert (await read_head(world, CONTACTS)).version > before.version
    assert (await run(settings, monkeypatch, "audit", "Contact"))[0] == 0


async def test_what_cannot_be_done_is_said(world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await run(settings, monkeypatch, "repack"))[0] == 2
    assert (await run(settings, monkeypatch, "repack", "Contact", "--all"))[0] == 2
    code, _, error = await run(settings, monkeypatch, "audit", "Contakt")
    assert (code, "Did you mean Contact?" in str(error)) == (1, True)
    code, output, _ = await run(settings, monkeypatch, "repack", "Contact", PACK_AFTER="6")
    assert (code, "fewer than 6 records (SEGGQL_PACK_AFTER)" in output) == (0, True)
    code, _, error = await run(settings, monkeypatch, "repack", "Contact", PACKS="false")
    assert (code, "SEGGQL_PACKS" in str(error)) == (1, True)


async def test_new_records_are_compared_once_they_are_packed(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(settings, monkeypatch, "repack", "Contact")
    await upsert_profiles(world, "Contact", [{"key": "fay", "attributes": {"Age": 60}}])
    assert (await run(settings, monkeypatch, "audit"))[0] == 0
    await open_models(world)
