"""The tail: what a part does not cover, whatever was open when it was made and whoever was late."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pyroaring import BitMap

from seggql.errors import UnavailableError
from seggql.store import batches as batches_of_writes
from seggql.store.batches import batch, close_abandoned_batches, close_batch, open_batch
from seggql.store.catalog import load_catalog
from seggql.store.hub import Document, Hub
from seggql.store.packs import Basis
from seggql.store.snapshot import SnapshotSources, take_snapshot
from seggql.store.tail import (
    BATCHES,
    WrittenBatch,
    batch_of,
    open_in,
    tail_of,
    tail_pipeline,
    writers_of_profiles,
)
from tests.ingest.world import define_world

PURCHASES = "interactions.Purchase"


async def no_members(segment: str) -> BitMap:
    raise AssertionError(segment)


async def opened(hub: Hub, *ordinals: int, collection: str = PURCHASES) -> ObjectId:
    batch = ObjectId()
    await open_batch(hub, batch, collection, {"Contact": BitMap(ordinals)})
    return batch


async def closed(hub: Hub, *ordinals: int) -> ObjectId:
    batch = await opened(hub, *ordinals)
    await close_batch(hub, batch)
    return batch


async def batches_now(hub: Hub, bases: Sequence[Basis], collection: str = PURCHASES) -> list[WrittenBatch]:
    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    return [batch_of(row) async for row in sources.aggregate(BATCHES, tail_pipeline([collection], bases))]


async def basis_now(hub: Hub) -> Basis:
    snapshot = await take_snapshot(hub)
    sources = SnapshotSources(hub, snapshot, no_members)
    rows = [batch_of(row) async for row in sources.aggregate(BATCHES, tail_pipeline([PURCHASES], []))]
    return Basis(snapshot=snapshot, open=open_in(rows))


async def tail_now(hub: Hub, basis: Basis) -> set[ObjectId]:
    return set(tail_of(basis, await batches_now(hub, [basis])).ids)


async def test_a_part_covers_what_was_closed_before_it_and_nothing_else(hub: Hub) -> None:
    await closed(hub, 1)
    open_then = await opened(hub, 2)
    basis = await basis_now(hub)
    assert basis.open == {open_then}
    assert await tail_now(hub, basis) == {open_then}
    await close_batch(hub, open_then)
    closed_since, open_still = await closed(hub, 3), await opened(hub, 4)
    tail = tail_of(basis, await batches_now(hub, [basis]))
    assert set(tail.ids) == {open_then, closed_since, open_still}
    assert (tail.touched("Contact"), tail.touched("Store")) == (BitMap([2, 3, 4]), BitMap())
    assert not tail.is_torn


async def test_a_batch_seen_open_is_in_the_tail_although_its_closing_had_begun_before(hub: Hub) -> None:
    batch = await opened(hub, 1)
    basis = await basis_now(hub)
    before = basis.snapshot.cluster_time
    await hub.collection(BATCHES).update_one({"_id": batch}, {"$set": {"state": "CLOSED", "closed": before}})
    assert await tail_now(hub, basis) == {batch}


async def test_one_read_serves_parts_of_different_bases(hub: Hub) -> None:
    first = await basis_now(hub)
    one = await closed(hub, 1)
    second = await basis_now(hub)
    two = await closed(hub, 2)
    await opened(hub, 3, collection="interactions.Other")
    batches = await batches_now(hub, [second, first])
    assert set(tail_of(first, batches).ids) == {one, two}
    assert set(tail_of(second, batches).ids) == {two}


async def test_the_batch_of_a_dead_writer_is_covered_once_the_sweep_has_closed_it(hub: Hub) -> None:
    dead = await opened(hub, 1)
    first = await basis_now(hub)
    assert await close_abandoned_batches(hub, datetime.now(UTC) + timedelta(hours=1)) == 1
    assert await tail_now(hub, first) == {dead}
    assert await tail_now(hub, await basis_now(hub)) == set()


async def test_a_writer_that_goes_on_after_the_sweep_tears_the_tail_of_what_was_packed_in_between(hub: Hub) -> None:
    late = await opened(hub, 1)
    before = await basis_now(hub)
    await close_abandoned_batches(hub, datetime.now(UTC) + timedelta(hours=1))
    between = await basis_now(hub)
    await hub.collection(PURCHASES).insert_one({"_id": "late", "b": late})
    await close_batch(hub, late)
    after = await basis_now(hub)
    batches = await batches_now(hub, [before, between, after])
    tails = [tail_of(basis, batches) for basis in (before, between, after)]
    assert [(tail.ids, tail.is_torn) for tail in tails] == [([late], False), ([late], True), ([], False)]


async def test_a_writer_that_stalls_until_it_may_be_taken_for_dead_writes_no_more(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_of_writes, "WRITE_S", 0.1)
    before = await basis_now(hub)
    stalled = ObjectId()

    async def write_late() -> None:
        async with batch(hub, stalled, PURCHASES, {}):
            await asyncio.sleep(0.5)
            await hub.collection(PURCHASES).insert_one({"_id": "late", "b": stalled})

    with pytest.raises(UnavailableError):
        await write_late()
    assert await hub.collection(PURCHASES).count_documents({}) == 0
    assert await tail_now(hub, before) == {stalled}


async def test_profiles_are_made_by_interactions_and_edges_too(hub: Hub) -> None:
    await define_world(hub)
    writers = writers_of_profiles(await load_catalog(hub), "Store")
    assert set(writers) == {"profiles.Store", "interactions.Purchase", "relationships.Visits"}


async def test_the_tail_is_read_through_indexes(hub: Hub) -> None:
    await opened(hub, 0)
    basis = await basis_now(hub)
    for n in range(50):
        await closed(hub, n)
    command = {"aggregate": BATCHES, "pipeline": tail_pipeline([PURCHASES, "profiles.Contact"], [basis]), "cursor": {}}
    explained = await hub.database.command({"explain": command, "verbosity": "queryPlanner"})
    stages = set(_stages(explained))
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages


def _stages(node: object) -> list[str]:
    if isinstance(node, list):
        return [stage for part in node for stage in _stages(part)]
    if not isinstance(node, dict):
        return []
    document: Document = node
    own = [document["stage"]] if isinstance(document.get("stage"), str) else []
    return own + [stage for part in document.values() for stage in _stages(part)]
