"""Cutting into pieces: columns that are too large, few rows or none, many edges of one profile."""

import pytest

from seggql.ingest.deletion import delete_profiles
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.packs import pieces
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.pack_writes import read_head
from tests.ingest.world import contact, purchase
from tests.packs.world import assert_exact, make_small_world, pack, shape_at

CONTACTS, PURCHASES, KNOWS = "profiles.Contact", "interactions.Purchase", "relationships.Knows"


@pytest.fixture
async def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Thirty contacts, as many purchases and edges; parts are small."""
    await make_small_world(hub, monkeypatch)
    return hub


async def test_values_too_large_for_one_column_make_smaller_parts(world: Hub, settings: Settings) -> None:
    names = [contact(f"k{n}", Name=f"{n}" * 3_000_000) for n in range(8)]
    for row in names:
        await upsert_profiles(world, "Contact", [row])
    await pack(world, settings, CONTACTS)
    await assert_exact(world, CONTACTS)


async def test_a_column_is_cut_where_it_would_be_too_long(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "COLUMN_BYTES", 1_000)
    await upsert_profiles(world, "Contact", [contact("k3", Name="".join(chr(300 + n) for n in range(900)))])
    await pack(world, settings, CONTACTS, ["_id", "a.Age", "a.Name"])
    head = await read_head(world, CONTACTS)
    assert len(head.parts) == 4 + 3
    assert all(column.size <= 1_000 for part in head.parts for column in part.columns.values())
    [without] = [part for part in head.parts if "a.Name" not in part.columns]
    assert (without.rows, without.range and (without.range.low, without.range.high)) == (1, (3, 4))
    await assert_exact(world, CONTACTS, ["_id", "a.Age"])
    assert await pack(world, settings, CONTACTS, ["_id", "a.Age", "a.Name"]) == 0


async def test_ranges_of_one_row_or_none_get_columns_that_are_used_later(world: Hub, settings: Settings) -> None:
    await upsert_profiles(world, "Contact", [contact(f"more{n}", Name="x") for n in range(3)])
    for collection, column in ((CONTACTS, "a.Name"), (KNOWS, "a.Since")):
        always = (await shape_at(world, collection)).always
        await pack(world, settings, collection, always)
        assert (await read_head(world, collection)).parts[-1].rows <= 1
        await pack(world, settings, collection, {*always, column})
        assert column in (await assert_exact(world, collection, {*always, column})).paths
        assert await pack(world, settings, collection, {*always, column}) == 0


async def test_slices_that_are_joined_keep_their_columns_beside_one_without(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "COLUMN_BYTES", 1_500)
    note = "".join(chr(300 + n) for n in range(1_500))
    await record_interactions(world, "Purchase", [purchase(None, "k1", attributes={"Note": note})])
    for _ in range(2):
        await pack(world, settings, PURCHASES, ["t", "l.Buyer", "a.Note"])
    parts = (await assert_exact(world, PURCHASES, ["t", "l.Buyer"])).parts
    assert [part.rows for part in parts if "a.Note" not in part.columns] == [1]
    assert await pack(world, settings, PURCHASES, ["t", "l.Buyer", "a.Note"]) == 0


async def test_ordinals_that_no_profile_has_take_no_parts(world: Hub, settings: Settings) -> None:
    await world.collection("ordinals").update_one({"_id": "Contact"}, {"$set": {"next": 8_000}})
    await upsert_profiles(world, "Contact", [contact("far", Age=7)])
    await relate_profiles(world, "Knows", [{"source": "far", "target": "k0"}])
    for collection, chunks in ((CONTACTS, [0, 8, 16, 24, 8_000]), (KNOWS, [0, 8, 16, 24, 8_000] * 2)):
        await pack(world, settings, collection)
        parts = (await assert_exact(world, collection)).parts
        assert [part.range.low for part in parts if part.range] == chunks
        assert await pack(world, settings, collection) == 0


async def test_ranges_whose_profiles_have_all_gone_take_no_parts(world: Hub, settings: Settings) -> None:
    for collection in (CONTACTS, KNOWS):
        await pack(world, settings, collection)
    await delete_profiles(world, "Contact", [f"k{n}" for n in range(8, 16)])
    for collection in (CONTACTS, KNOWS):
        await pack(world, settings, collection)
        parts = (await assert_exact(world, collection)).parts
        assert {part.range.low for part in parts if part.range} == {0, 16, 24}


async def test_edges_of_one_profile_may_fill_several_parts(world: Hub, settings: Settings) -> None:
    await relate_profiles(world, "Knows", [{"source": "k0", "target": f"new{n}"} for n in range(70)])
    await pack(world, settings, KNOWS)
    head = await assert_exact(world, KNOWS)
    of_k0 = [part for part in head.parts if part.range and part.range.path == "f" and part.range.low == 0]
    assert len(of_k0) > 2
    await relate_profiles(world, "Knows", [{"source": "k0", "target": f"newer{n}"} for n in range(70)])
    await pack(world, settings, KNOWS)
    await assert_exact(world, KNOWS)
