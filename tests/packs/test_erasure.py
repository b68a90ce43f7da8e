"""Erasure: nothing of a deleted profile is left in packs, and a deletion is not over before that."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from seggql.ingest import deletion
from seggql.ingest.deletion import delete_profiles, sweep_batches
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.packs import keep
from seggql.packs.change import Change
from seggql.packs.keep import keep_pack, keep_packs
from seggql.packs.shape import shapes_of
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.pack_writes import draw_version, leased_pack, write_columns
from seggql.store.packs import ColumnKey, StoredColumn
from tests.ingest.world import contact, define_world, documents, purchase
from tests.packs.world import COLUMNS, assert_exact, keeping, make_parts_small, pack, reader_of, shape_at

SECRET = "Zebedee"


@pytest.fixture
async def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    make_parts_small(monkeypatch)
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact(f"k{n}", Age=n, Name=f"name {n}") for n in range(20)])
    await upsert_profiles(hub, "Contact", [contact("gone", Name=SECRET, Tags=[SECRET])])
    rows = [purchase(None, key, links={"Buyer": key, "Shop": "s"}) for key in ("k1", "gone", "k2", "gone")]
    await record_interactions(hub, "Purchase", rows)
    edges = [("k1", "gone"), ("gone", "k2"), ("k1", "k2"), ("gone", "gone")]
    await relate_profiles(hub, "Knows", [{"source": source, "target": target} for source, target in edges])
    return hub


async def pack_all(hub: Hub, settings: Settings) -> None:
    for collection in COLUMNS:
        await pack(hub, settings, collection)


async def states(hub: Hub) -> set[str]:
    return {row["state"] for row in await documents(hub, "batches")}


async def packed_bytes(hub: Hub, collection: str) -> bytes:
    rows = await documents(hub, f"packs.{collection}")
    return b"".join(bytes(row["bits"]) for row in rows if row["_id"] != "head")


async def erase_only(hub: Hub, settings: Settings) -> None:
    for collection in COLUMNS:
        await keep_pack(hub, await shape_at(hub, collection), None, keeping(settings))


async def test_nothing_of_a_deleted_profile_is_left(world: Hub, settings: Settings) -> None:
    await pack_all(world, settings)
    assert SECRET.encode() in await packed_bytes(world, "profiles.Contact")
    await delete_profiles(world, "Contact", ["gone"])
    assert await states(world) == {"CLOSED", "OPEN"}
    for collection in COLUMNS:
        await assert_exact(world, collection)
    await erase_only(world, settings)
    assert await states(world) == {"CLOSED"}
    assert SECRET.encode() not in await packed_bytes(world, "profiles.Contact")
    rows: Mapping[str, int] = {}
    for collection in COLUMNS:
        rows = {**rows, collection: (await assert_exact(world, collection)).rows}
    assert rows["profiles.Contact"] == 20
    assert rows["relationships.Knows"] == 2
    assert rows["interactions.Purchase"] == 4
    purchases = await (await reader_of(world, "interactions.Purchase")).head()
    assert sum(part.columns["l.Buyer"].nulls for part in purchases.parts) == 2
    assert sum(part.columns["l.Shop"].nulls for part in purchases.parts) == 0


async def test_a_deletion_ends_at_once_where_nothing_is_packed(world: Hub, settings: Settings) -> None:
    await delete_profiles(world, "Contact", ["gone"])
    assert await states(world) == {"CLOSED"}


async def test_a_deletion_waits_for_a_pack_that_is_being_made(world: Hub, settings: Settings) -> None:
    async with leased_pack(world, "interactions.Purchase", "another", 30):
        await delete_profiles(world, "Contact", ["gone"])
        assert await states(world) == {"CLOSED", "OPEN"}
    await erase_only(world, settings)
    assert await states(world) == {"CLOSED"}


async def test_a_deletion_whose_process_died_is_finished(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pack_all(world, settings)

    async def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(deletion, "_end", die)
        with pytest.raises(ConnectionError):
            await delete_profiles(world, "Contact", ["gone"])
    await erase_only(world, settings)
    assert SECRET.encode() in await packed_bytes(world, "profiles.Contact")
    assert await sweep_batches(world, datetime.now(UTC) + timedelta(hours=1)) == 1
    assert await states(world) == {"CLOSED", "OPEN"}
    assert await sweep_batches(world, datetime.now(UTC) + timedelta(hours=2)) == 0
    await erase_only(world, settings)
    assert SECRET.encode() not in await packed_bytes(world, "profiles.Contact")
    assert await states(world) == {"CLOSED"}


async def test_an_erasure_whose_process_died_is_finished(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pack_all(world, settings)
    await delete_profiles(world, "Contact", ["gone"])

    async def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(keep, "note_erased", die)
        with pytest.raises(ConnectionError):
            await erase_only(world, settings)
    assert await states(world) == {"CLOSED", "OPEN"}
    await erase_only(world, settings)
    assert await states(world) == {"CLOSED"}
    for collection in COLUMNS:
        await assert_exact(world, collection)


async def test_what_a_first_packing_that_failed_has_left_is_erased(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(change: Change) -> None:
        if change.pending:
            raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Change, "flip", fail)
        with pytest.raises(ZeroDivisionError):
            await pack(world, settings, "profiles.Contact")
    await delete_profiles(world, "Contact", ["gone"])
    assert await states(world) == {"CLOSED", "OPEN"}
    await keep_packs(world, shapes_of(await load_catalog(world)), {}, keeping(settings))
    assert await states(world) == {"CLOSED"}
    assert await packed_bytes(world, "profiles.Contact") == b""


async def test_what_a_packer_that_was_taken_over_and_died_has_left_is_erased(world: Hub, settings: Settings) -> None:
    contacts = "profiles.Contact"
    async with leased_pack(world, contacts, "stalled", 30) as lease:
        assert lease
        version = await draw_version(world, lease)
        await world.collection(f"packs.{contacts}").update_one({}, [{"$set": {"lease.until": "$$NOW"}}])
        await pack(world, settings, contacts)
        key = ColumnKey(part=0, version=version, path="a.Name")
        await write_columns(world, lease, [StoredColumn(key=key, bits=b"Zebedee, once more")])
    await delete_profiles(world, "Contact", ["gone"])
    await erase_only(world, settings)
    assert SECRET.encode() not in await packed_bytes(world, contacts)


async def test_erasure_goes_on_where_packing_is_off(world: Hub, settings: Settings) -> None:
    await pack_all(world, settings)
    await delete_profiles(world, "Contact", ["gone"])
    off = keeping(settings.model_copy(update={"packs": False}))
    await keep_packs(world, shapes_of(await load_catalog(world)), {}, off)
    assert await states(world) == {"CLOSED"}
    assert await packed_bytes(world, "profiles.Contact") == b""
