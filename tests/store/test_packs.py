"""Packs in MongoDB: the head flips whole, one process changes it at a time, and what dead ones left is swept."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from pyroaring import BitMap

from seggql.store.hub import Hub
from seggql.store.pack_writes import (
    PackLease,
    PackLost,
    draw_version,
    flip_head,
    leased_pack,
    packs_in_use,
    read_head,
    remove_superseded,
    sweep_columns,
    write_columns,
)
from seggql.store.packs import (
    Basis,
    ColumnKey,
    ColumnStatistics,
    PackHead,
    Part,
    Range,
    StoredColumn,
    column_of,
    columns_pipeline,
    gaps,
    head_of,
    head_pipeline,
    packs_collection,
)
from seggql.store.snapshot import Snapshot, SnapshotSources, take_snapshot
from tests.ingest.world import define_world

CONTACTS = "profiles.Contact"
LEASE_S = 30.0


async def no_members(segment: str) -> BitMap:
    raise AssertionError(segment)


async def sources(hub: Hub) -> SnapshotSources:
    return SnapshotSources(hub, await take_snapshot(hub), no_members)


async def pack(hub: Hub, lease: PackLease, columns: Mapping[str, bytes], *, flips: bool = True) -> PackHead:
    """Pack one part with these columns in place of all that was there."""
    before = await read_head(hub, CONTACTS)
    version = await draw_version(hub, lease)
    keys = {path: ColumnKey(part=0, version=version, path=path) for path in columns}
    await write_columns(hub, lease, [StoredColumn(key=keys[path], bits=bits) for path, bits in columns.items()])
    if not flips:
        return before
    part = Part(
        number=0,
        rows=3,
        range=Range(path="_id", low=0, high=65_536),
        basis=Basis(snapshot=await take_snapshot(hub), open=frozenset()),
        columns={
            path: ColumnStatistics(version=version, nulls=1, least=0, most=2.5, size=len(bits))
            for path, bits in columns.items()
        },
    )
    after = await flip_head(hub, lease, before, [part], {"a.Age": datetime(2026, 1, 31, tzinfo=UTC)})
    await remove_superseded(hub, lease, before, after)
    return after


async def read(reader: SnapshotSources) -> Mapping[str, bytes]:
    """Every column of part 0, as an evaluation reads it."""
    collection = packs_collection(CONTACTS)
    head = head_of([row async for row in reader.aggregate(collection, head_pipeline())])
    keys = [key for part in head.parts for key in part.keys(part.columns)]
    columns = [column_of(row) async for row in reader.aggregate(collection, columns_pipeline(keys))]
    assert {column.key for column in columns} == set(keys)
    return {column.key.path: column.bits for column in columns}


async def die_packing(hub: Hub) -> None:
    async with leased_pack(hub, CONTACTS, "killed", LEASE_S) as lease:
        assert lease
        assert not lease.is_unswept
        await pack(hub, lease, {"_id": b"half", "a.Age": b"half"}, flips=False)
        raise ZeroDivisionError


async def stored_keys(hub: Hub) -> set[str]:
    rows = hub.collection(packs_collection(CONTACTS)).find({"_id": {"$ne": "head"}})
    return {f"{row['_id']['p']}@{row['_id']['v']}" async for row in rows}


async def test_every_type_has_a_pack_from_its_definition_on(hub: Hub) -> None:
    await define_world(hub)
    for collection in (CONTACTS, "interactions.Purchase", "relationships.Knows"):
        rows = [row async for row in (await sources(hub)).aggregate(packs_collection(collection), head_pipeline())]
        assert (len(rows), head_of(rows)) == (1, PackHead(version=0))


async def test_what_was_packed_is_read_back_with_its_statistics(hub: Hub) -> None:
    await define_world(hub)
    async with leased_pack(hub, CONTACTS, "me", LEASE_S) as lease:
        assert lease
        written = await pack(hub, lease, {"_id": b"ids", "a.Address.City": b"cities"})
    assert await read_head(hub, CONTACTS) == written
    assert written.paths == {"_id", "a.Address.City"}
    assert (written.rows, written.size) == (3, len(b"ids") + len(b"cities"))
    assert await read(await sources(hub)) == {"_id": b"ids", "a.Address.City": b"cities"}


async def test_a_reader_at_an_older_snapshot_sees_the_pack_as_it_was_then(hub: Hub) -> None:
    await define_world(hub)
    async with leased_pack(hub, CONTACTS, "me", LEASE_S) as lease:
        assert lease
        await pack(hub, lease, {"_id": b"old", "a.Age": b"ages"})
        older = await sources(hub)
        await pack(hub, lease, {"_id": b"new"})
    assert await read(older) == {"_id": b"old", "a.Age": b"ages"}
    assert await read(await sources(hub)) == {"_id": b"new"}
    assert await stored_keys(hub) == {"_id@2"}


async def test_one_process_at_a_time_has_the_lease(hub: Hub) -> None:
    await define_world(hub)
    async with leased_pack(hub, CONTACTS, "one", LEASE_S) as one, leased_pack(hub, CONTACTS, "two", LEASE_S) as two:
        assert (one is None, two is None) == (False, True)
    async with leased_pack(hub, CONTACTS, "two", LEASE_S) as two:
        assert two


async def test_a_process_that_lost_its_lease_changes_nothing(hub: Hub) -> None:
    await define_world(hub)
    async with leased_pack(hub, CONTACTS, "late", LEASE_S) as late:
        assert late
        await hub.collection(packs_collection(CONTACTS)).update_one({}, [{"$set": {"lease.until": "$$NOW"}}])
        async with leased_pack(hub, CONTACTS, "next", LEASE_S) as taken:
            assert taken
            await pack(hub, taken, {"_id": b"next"})
            with pytest.raises(PackLost):
                await draw_version(hub, late)
            with pytest.raises(PackLost):
                await flip_head(hub, late, await read_head(hub, CONTACTS), [], {})
    assert await read(await sources(hub)) == {"_id": b"next"}


async def test_a_flip_that_another_one_came_before_changes_nothing(hub: Hub) -> None:
    await define_world(hub)
    async with leased_pack(hub, CONTACTS, "me", LEASE_S) as lease:
        assert lease
        before = await read_head(hub, CONTACTS)
        await pack(hub, lease, {"_id": b"kept"})
        with pytest.raises(PackLost):
            await flip_head(hub, lease, before, [], {})
    assert await read(await sources(hub)) == {"_id": b"kept"}


async def test_a_process_killed_before_the_flip_leaves_nothing_that_is_seen_and_the_next_one_clears_it_away(
    hub: Hub,
) -> None:
    await define_world(hub)
    async with leased_pack(hub, CONTACTS, "me", LEASE_S) as lease:
        assert lease
        await pack(hub, lease, {"_id": b"ids"})
    with pytest.raises(ZeroDivisionError):
        await die_packing(hub)
    assert await read(await sources(hub)) == {"_id": b"ids"}
    async with leased_pack(hub, CONTACTS, "next", LEASE_S) as lease:
        assert lease
        assert lease.is_unswept
        await pack(hub, lease, {"_id": b"mine"}, flips=False)
        assert await sweep_columns(hub, lease) == 2
        assert await sweep_columns(hub, lease) == 0
        assert await stored_keys(hub) == {"_id@1", "_id@3"}
    assert await read(await sources(hub)) == {"_id": b"ids"}


async def test_packs_are_in_use_while_they_hold_something_or_somebody_works_on_them(hub: Hub) -> None:
    await define_world(hub)
    all_packs = [CONTACTS, "profiles.Store", "interactions.Purchase"]
    assert await packs_in_use(hub, all_packs) == []
    async with leased_pack(hub, "interactions.Purchase", "one", LEASE_S), leased_pack(hub, CONTACTS, "me", 1) as lease:
        assert lease
        assert await packs_in_use(hub, all_packs) == [CONTACTS, "interactions.Purchase"]
        await pack(hub, lease, {"_id": b"ids"})
    assert await packs_in_use(hub, all_packs) == [CONTACTS]


def test_ordinals_that_no_part_covers_are_found() -> None:
    basis = Basis(snapshot=Snapshot(seconds=1, increment=1), open=frozenset())

    def part(number: int, path: str, low: int, high: int) -> Part:
        of = Range(path=path, low=low, high=high)
        return Part(number=number, rows=0, range=of, basis=basis, columns={})

    parts = [part(0, "f", 10, 20), part(1, "f", 19, 30), part(2, "t", 0, 100), part(3, "f", 40, 50)]
    assert gaps(parts, "f") == [(0, 10), (30, 40), (50, None)]
    assert gaps(parts, "t") == [(100, None)]
    assert gaps([], "_id") == [(0, None)]
