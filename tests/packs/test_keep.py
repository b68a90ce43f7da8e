"""Keeping packs: what is used is packed, what has changed much packed anew, what nothing uses any more dropped."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType
from seggql.errors import UnavailableError
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.deletion import delete_profiles
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.packs import keep
from seggql.packs.audit import audit_pack
from seggql.packs.change import Change
from seggql.packs.keep import IDLE, keep_pack, keep_packs
from seggql.packs.pace import Pace
from seggql.packs.shape import shapes_of
from seggql.settings import Settings
from seggql.store import batches
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.pack_writes import PackLost, leased_pack, read_head
from seggql.store.packs import PackHead
from tests.ingest.world import CONTACT, contact, define_world, purchase
from tests.packs.world import (
    COLUMNS,
    assert_exact,
    buy,
    keeping,
    make_small_world,
    pack,
    reader_of,
    shape_at,
)

CONTACTS, PURCHASES, KNOWS = "profiles.Contact", "interactions.Purchase", "relationships.Knows"


@pytest.fixture
async def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Thirty contacts, as many purchases and edges; parts are small."""
    await make_small_world(hub, monkeypatch)
    return hub


async def columns_stored(hub: Hub, collection: str) -> int:
    return await hub.collection(f"packs.{collection}").count_documents({"_id": {"$ne": "head"}})


def columns_named(head: PackHead) -> int:
    return sum(len(part.columns) for part in head.parts)


async def test_profiles_are_packed_by_ranges_and_interactions_by_slices_of_time(world: Hub, settings: Settings) -> None:
    for collection in (CONTACTS, PURCHASES, KNOWS):
        assert await pack(world, settings, collection) > 0
        head = await assert_exact(world, collection)
        assert columns_named(head) == await columns_stored(world, collection)
    contacts = await read_head(world, CONTACTS)
    assert [(part.range.low, part.range.high, part.rows) for part in contacts.parts if part.range] == [
        (0, 8, 8),
        (8, 16, 8),
        (16, 24, 8),
        (24, 32, 6),
    ]
    assert [(part.columns["_id"].least, part.columns["_id"].most) for part in contacts.parts][1] == (8, 15)
    purchases = await read_head(world, PURCHASES)
    assert [part.rows for part in purchases.parts] == [20, 10]
    assert (purchases.parts[0].columns["t"].most or 0) <= (purchases.parts[1].columns["t"].least or 0)
    assert [part.columns["l.Shop"].nulls for part in purchases.parts] == [20, 10]
    knows = await read_head(world, KNOWS)
    assert {part.range.path for part in knows.parts if part.range} == {"f", "t"}
    assert knows.rows == 60


async def test_what_has_not_changed_is_not_packed_again_and_covers_the_present(world: Hub, settings: Settings) -> None:
    await pack(world, settings, CONTACTS)
    before = await read_head(world, CONTACTS)
    await upsert_profiles(world, "Contact", [contact(f"k{n}", Age=-1) for n in range(4)])
    assert await pack(world, settings, CONTACTS) == 1
    after = await assert_exact(world, CONTACTS)
    kept = {part.number for part in before.parts} & {part.number for part in after.parts}
    assert kept == {1, 2, 3}
    reader = await reader_of(world, CONTACTS)
    assert (await reader.head()).parts == after.parts
    assert all(new.basis != old.basis for new in after.parts for old in before.parts)


async def test_where_nothing_was_written_nothing_is_written(world: Hub, settings: Settings) -> None:
    for collection in (CONTACTS, PURCHASES, KNOWS):
        await pack(world, settings, collection)
        before = await read_head(world, collection)
        assert await pack(world, settings, collection) == 0
        assert await read_head(world, collection) == before


async def test_a_few_changes_are_left_in_the_tail(world: Hub, settings: Settings) -> None:
    await pack(world, settings, CONTACTS)
    await upsert_profiles(world, "Contact", [contact("k1", Age=99)])
    assert await pack(world, settings, CONTACTS) == 0
    await assert_exact(world, CONTACTS)


async def test_new_interactions_become_slices_and_small_ones_are_joined(world: Hub, settings: Settings) -> None:
    await pack(world, settings, PURCHASES)
    await buy(world, range(3))
    assert await pack(world, settings, PURCHASES) == 0
    for start in (10, 20, 30):
        await buy(world, range(start, start + 7))
        await pack(world, settings, PURCHASES)
        await assert_exact(world, PURCHASES)
    head = await read_head(world, PURCHASES)
    assert head.rows == 54
    assert len(head.parts) == 4
    assert columns_named(head) == await columns_stored(world, PURCHASES)


async def test_interactions_of_a_batch_that_is_open_are_in_no_slice(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise ConnectionError

    async def die_buying(numbers: Sequence[int]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(batches, "close_batch", die)
            with pytest.raises(ConnectionError):
                await buy(world, numbers)

    await die_buying(range(30))
    await pack(world, settings, PURCHASES)
    assert (await assert_exact(world, PURCHASES)).rows == 30
    await die_buying(range(25))
    await buy(world, range(7))
    await pack(world, settings, PURCHASES)
    assert (await assert_exact(world, PURCHASES)).rows == 37
    assert await batches.close_abandoned_batches(world, datetime.now(UTC) + timedelta(hours=1)) == 2
    await assert_exact(world, PURCHASES)
    await pack(world, settings, PURCHASES)
    assert (await assert_exact(world, PURCHASES)).rows == 92


async def test_what_is_written_while_all_interactions_are_packed_is_packed_once(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await buy(world, range(0, 60, 2))
    bought = 0

    async def buy_everywhere(pace: Pace) -> None:
        nonlocal bought
        if bought < 100:
            bought += 20
            await buy(world, range(0, 60, 3))

    monkeypatch.setattr(Pace, "rest", buy_everywhere)
    await pack(world, settings, PURCHASES)
    assert (await assert_exact(world, PURCHASES)).rows == 60 + bought


async def test_interactions_of_one_instant_are_packed_together(world: Hub, settings: Settings) -> None:
    await buy(world, [7] * 50)
    await pack(world, settings, PURCHASES)
    assert (await assert_exact(world, PURCHASES)).rows == 80


async def test_an_attribute_that_a_type_got_later_is_packed_once_it_is_used(world: Hub, settings: Settings) -> None:
    await pack(world, settings, CONTACTS, ["_id", "a.Age"])
    later = Attribute(name="Later", type=AttributeType.INT)
    await define_profile_type(world, replace(CONTACT, attributes=(*CONTACT.attributes, later)))
    await upsert_profiles(world, "Contact", [contact("k1", Later=7)])
    assert await pack(world, settings, CONTACTS, ["_id", "a.Age", "a.Later"]) == 4
    await assert_exact(world, CONTACTS, ["_id", "a.Age", "a.Later"])


async def test_a_column_of_interactions_that_is_new_is_packed_for_all_of_them(world: Hub, settings: Settings) -> None:
    await pack(world, settings, PURCHASES, ["t", "l.Buyer"])
    await pack(world, settings, PURCHASES, ["t", "l.Buyer", "a.Amount"])
    await assert_exact(world, PURCHASES, ["t", "l.Buyer", "a.Amount"])


async def test_a_column_that_nothing_uses_stays_for_a_while(world: Hub, settings: Settings) -> None:
    shape, now = await shape_at(world, CONTACTS), keeping(settings).now
    narrow = frozenset(["_id", "a.Age"])
    await keep_pack(world, shape, frozenset(["_id", "a.Age", "a.Name"]), keeping(settings, now=now))
    await keep_pack(world, shape, narrow, keeping(settings, now=now))
    assert set((await read_head(world, CONTACTS)).idle) == {"a.Name"}
    await keep_pack(world, shape, narrow, keeping(settings, now=now + IDLE - timedelta(minutes=1)))
    assert "a.Name" in (await read_head(world, CONTACTS)).paths
    await keep_pack(world, shape, narrow, keeping(settings, now=now + IDLE))
    head = await assert_exact(world, CONTACTS, narrow)
    assert (head.paths, dict(head.idle)) == (narrow, {})
    assert columns_named(head) == await columns_stored(world, CONTACTS)


async def test_a_pack_that_nothing_uses_goes_after_a_while(world: Hub, settings: Settings) -> None:
    shape, now = await shape_at(world, CONTACTS), keeping(settings).now
    await pack(world, settings, CONTACTS)
    await keep_pack(world, shape, frozenset(), keeping(settings, now=now))
    assert (await read_head(world, CONTACTS)).parts
    await keep_pack(world, shape, frozenset(), keeping(settings, now=now + IDLE))
    assert (await read_head(world, CONTACTS)).parts == ()
    assert await columns_stored(world, CONTACTS) == 0


async def test_small_types_are_not_packed(world: Hub, settings: Settings) -> None:
    shape = await shape_at(world, CONTACTS)
    await keep_pack(world, shape, COLUMNS[CONTACTS], keeping(settings, pack_after=31))
    assert (await read_head(world, CONTACTS)).parts == ()
    await keep_pack(world, shape, COLUMNS[CONTACTS], keeping(settings, pack_after=30))
    await keep_pack(world, shape, COLUMNS[CONTACTS], keeping(settings, pack_after=60))
    assert (await read_head(world, CONTACTS)).parts
    await keep_pack(world, shape, COLUMNS[CONTACTS], keeping(settings, pack_after=61))
    assert (await read_head(world, CONTACTS)).parts == ()


async def test_types_without_records_are_exact_too(hub: Hub, settings: Settings) -> None:
    await define_world(hub)
    for collection in COLUMNS:
        await pack(hub, settings, collection)
        await assert_exact(hub, collection)


async def test_a_packer_killed_between_columns_and_head_changes_nothing(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pack(world, settings, CONTACTS)
    before = await read_head(world, CONTACTS)
    await upsert_profiles(world, "Contact", [contact(f"k{n}", Age=-1) for n in range(30)])

    async def die(change: Change) -> None:
        if change.pending:
            raise KeyError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Change, "flip", die)
        with pytest.raises(KeyError):
            await pack(world, settings, CONTACTS)
    assert await columns_stored(world, CONTACTS) > columns_named(before)
    assert (await assert_exact(world, CONTACTS)).parts == before.parts
    await pack(world, settings, CONTACTS)
    head = await assert_exact(world, CONTACTS)
    assert columns_named(head) == await columns_stored(world, CONTACTS)


async def test_of_two_packers_one_packs(world: Hub, settings: Settings) -> None:
    shape = await shape_at(world, CONTACTS)
    packed = await asyncio.gather(*(keep_pack(world, shape, COLUMNS[CONTACTS], keeping(settings)) for _ in range(4)))
    assert [parts for parts in packed if parts] == [4]
    head = await assert_exact(world, CONTACTS)
    assert columns_named(head) == await columns_stored(world, CONTACTS)


async def test_a_packer_that_was_taken_over_leaves_nothing(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip = Change.flip

    async def flip_late(change: Change) -> None:
        if change.pending:
            monkeypatch.setattr(Change, "flip", flip)
            await world.collection(f"packs.{CONTACTS}").update_one({}, [{"$set": {"lease.until": "$$NOW"}}])
            await pack(world, settings, CONTACTS)
        await flip(change)

    monkeypatch.setattr(Change, "flip", flip_late)
    with pytest.raises(PackLost):
        await pack(world, settings, CONTACTS)
    head = await assert_exact(world, CONTACTS)
    assert columns_named(head) == await columns_stored(world, CONTACTS)


async def test_all_packs_are_kept_but_those_that_others_are_at_work_on(world: Hub, settings: Settings) -> None:
    shapes = shapes_of(await load_catalog(world))
    async with leased_pack(world, PURCHASES, "another", 30):
        await keep_packs(world, shapes, COLUMNS, keeping(settings))
    heads = {collection: await read_head(world, collection) for collection in COLUMNS}
    assert {collection for collection, head in heads.items() if head.parts} == {CONTACTS, KNOWS, "relationships.Visits"}


async def test_a_pack_that_cannot_be_kept_keeps_no_other_from_being_kept(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> int:
        raise ZeroDivisionError

    shapes = shapes_of(await load_catalog(world))
    monkeypatch.setattr(keep, "keep_ranges", fail)
    await keep_packs(world, shapes, COLUMNS, keeping(settings))
    assert not (await read_head(world, CONTACTS)).parts
    assert (await read_head(world, PURCHASES)).parts


async def test_arrays_of_objects_are_packed_whole(hub: Hub, settings: Settings) -> None:
    orders = Attribute(
        name="Orders",
        type=AttributeType.OBJECT,
        is_array=True,
        attributes=(
            Attribute(name="Item", type=AttributeType.STRING),
            Attribute(name="Amounts", type=AttributeType.DECIMAL, is_array=True),
        ),
    )
    await define_profile_type(hub, ProfileType(name="Client", attributes=(orders,)))
    values: list[object] = [[], [{}], [{"Item": "a"}, {"Item": "b", "Amounts": ["1.50", "2"]}], [{"Amounts": []}]]
    rows = [contact(f"c{n}", Orders=value) for n, value in enumerate(values)]
    await upsert_profiles(hub, "Client", [*rows, contact("none")])
    shape = await shape_at(hub, "profiles.Client")
    await keep_pack(hub, shape, frozenset(["_id", "a.Orders"]), keeping(settings))
    assert [audited.difference async for audited in audit_pack(hub, shape)] == [None]
    await hub.collection("profiles.Client").update_one({"key": "c2"}, {"$set": {"a.Orders.1.Amounts.0": 7}})
    assert [audited.difference is None async for audited in audit_pack(hub, shape)] == [False]


async def test_profiles_that_a_type_made_which_is_new_since_the_catalog_was_read_are_not_missed(
    world: Hub, settings: Settings
) -> None:
    stores = "profiles.Store"
    await upsert_profiles(world, "Store", [contact("s1", City="Bonn")])
    before = await shape_at(world, stores)
    await pack(world, settings, stores)
    shop = Link(name="Shop", profile_type="Store")
    await define_interaction_type(world, InteractionType(name="Return", links=(shop,), attributes=()))
    await record_interactions(world, "Return", [{"timestamp": "2026-01-01", "links": {"Shop": "s2"}}])
    await record_interactions(world, "Purchase", [purchase(None, "k1", links={"Buyer": "k1", "Shop": "s1"})])
    with pytest.raises(UnavailableError):
        await keep_pack(world, before, COLUMNS[stores], keeping(settings))
    await assert_exact(world, stores)
    await pack(world, settings, stores)
    await assert_exact(world, stores)


async def test_items_are_packed_with_attributes_that_are_new_since_the_catalog_was_read(
    hub: Hub, settings: Settings
) -> None:
    item, amount = Attribute(name="Item", type=AttributeType.STRING), Attribute(name="Amount", type=AttributeType.INT)
    orders = Attribute(name="Orders", type=AttributeType.OBJECT, is_array=True, attributes=(item,))
    client, paths = ProfileType(name="Client", attributes=(orders,)), frozenset(["_id", "a.Orders"])
    await define_profile_type(hub, client)
    before = await shape_at(hub, "profiles.Client")
    await define_profile_type(hub, replace(client, attributes=(replace(orders, attributes=(item, amount)),)))
    await upsert_profiles(hub, "Client", [contact("c1", Orders=[{"Item": "a", "Amount": 1}])])
    with pytest.raises(UnavailableError):
        await keep_pack(hub, before, paths, keeping(settings))
    after = await shape_at(hub, "profiles.Client")
    await keep_pack(hub, after, paths, keeping(settings))
    assert [audited.difference async for audited in audit_pack(hub, after)] == [None]


async def test_packs_can_be_thrown_away(world: Hub, settings: Settings) -> None:
    await pack(world, settings, CONTACTS)
    await world.database.drop_collection(f"packs.{CONTACTS}")
    assert (await assert_exact(world, CONTACTS)).parts == ()
    assert await pack(world, settings, CONTACTS) == 4
    await assert_exact(world, CONTACTS)


async def test_a_pack_that_cannot_be_read_is_made_anew(world: Hub, settings: Settings) -> None:
    for collection, lost in ((CONTACTS, "_id"), (PURCHASES, "l.Buyer"), (KNOWS, "t")):
        await pack(world, settings, collection)
        await world.collection(f"packs.{collection}").delete_one({"_id.n": 0, "_id.p": lost})
    await delete_profiles(world, "Contact", ["k1"])
    for collection in (CONTACTS, PURCHASES, KNOWS):
        await pack(world, settings, collection)
        head = await assert_exact(world, collection)
        assert columns_named(head) == await columns_stored(world, collection)
    assert await world.collection("batches").count_documents({"state": "OPEN"}) == 0


async def test_packing_that_is_turned_off_removes_packs(world: Hub, settings: Settings) -> None:
    shapes = shapes_of(await load_catalog(world))
    await keep_packs(world, shapes, COLUMNS, keeping(settings))
    off = keeping(settings.model_copy(update={"packs": False}))
    await keep_packs(world, shapes, COLUMNS, off)
    assert [await columns_stored(world, collection) for collection in COLUMNS] == [0] * len(COLUMNS)
    assert timedelta(days=1) < keep.IDLE
