"""Snapshots: one instant whatever is written meanwhile, and errors that say what to do."""

from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap

from seggql.dev.mongod import running_mongod
from seggql.errors import SnapshotExpired, UnavailableError
from seggql.settings import Settings
from seggql.store.bitmaps import to_binary
from seggql.store.hub import Hub, open_hub
from seggql.store.snapshot import Snapshot, SnapshotSources, take_snapshot, take_snapshot_with_deleted


async def no_members(segment: str) -> BitMap:
    raise AssertionError(segment)


async def ordinals(sources: SnapshotSources, collection: str) -> list[int]:
    return [row["_id"] async for row in sources.aggregate(collection, [{"$sort": {"_id": 1}}])]


async def test_a_snapshot_has_what_was_acknowledged_and_nothing_later(hub: Hub) -> None:
    await hub.collection("profiles.A").insert_many([{"_id": 1}, {"_id": 2}])
    before = SnapshotSources(hub, await take_snapshot(hub), no_members)
    await hub.collection("profiles.A").insert_one({"_id": 3})
    await hub.collection("profiles.A").delete_one({"_id": 1})
    after = SnapshotSources(hub, await take_snapshot(hub), no_members)
    assert await ordinals(before, "profiles.A") == [1, 2]
    assert await ordinals(after, "profiles.A") == [2, 3]


async def test_a_snapshot_may_come_with_the_profiles_deleted_by_then(hub: Hub) -> None:
    await hub.collection("profiles.A").insert_many([{"_id": 1}, {"_id": 2}])
    await hub.collection("profile_types").insert_many([{"_id": "A", "deleted": to_binary(BitMap([7]))}, {"_id": "B"}])
    snapshot, deleted = await take_snapshot_with_deleted(hub)
    await hub.collection("profiles.A").delete_one({"_id": 1})
    sources = SnapshotSources(hub, snapshot, no_members, deleted=deleted)
    assert await ordinals(sources, "profiles.A") == [1, 2]
    assert (await sources.deleted("A"), await sources.deleted("B")) == (BitMap([7]), BitMap())


async def test_columns_are_read_over_many_batches_whatever_the_types(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seggql.store.snapshot.COLUMN_ROWS_PER_BATCH", 150)
    rows = [{"_id": number, "x": number if number % 400 else number + 0.5} for number in range(1_000)]
    await hub.collection("profiles.A").insert_many([*rows, {"_id": 2**40, "x": None}])
    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    read = [columns async for columns in sources.columns("profiles.A", [{"$sort": {"_id": 1}}], ("_id", "x"))]
    assert np.concatenate([ids for ids, _ in read]).tolist() == [*range(1_000), 2**40]
    assert [float(x) for _, xs in read for x in xs if x is not None] == [row["x"] for row in rows]
    assert [ids.tolist() async for (ids,) in sources.columns("profiles.None", [], ("_id",))] == [[]]


async def test_a_reader_that_stops_early_closes_its_cursor(hub: Hub) -> None:
    await hub.collection("profiles.A").insert_many([{"_id": number, "x": "y" * 1_000} for number in range(5_000)])
    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    rows = sources.aggregate("profiles.A", [])
    assert (await anext(rows))["x"]
    status = await hub.client.admin.command("serverStatus")
    assert status["metrics"]["cursor"]["open"]["total"] >= 1
    opened = status["metrics"]["cursor"]["open"]["total"]
    await rows.aclose()
    status = await hub.client.admin.command("serverStatus")
    assert status["metrics"]["cursor"]["open"]["total"] < opened


async def test_a_hint_of_an_index_that_is_gone_is_forgotten(hub: Hub) -> None:
    await hub.collection("profiles.A").insert_one({"_id": 1})
    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    assert [row["_id"] async for row in sources.aggregate("profiles.A", [], hint={"a.X": 1})] == [1]


async def test_a_snapshot_that_is_no_longer_kept_says_so(hub: Hub) -> None:
    await hub.collection("profiles.A").insert_one({"_id": 1})
    sources = SnapshotSources(hub, Snapshot(seconds=1, increment=1), no_members)
    with pytest.raises(SnapshotExpired) as refused:
        await ordinals(sources, "profiles.A")
    assert refused.value.retryable


async def test_a_mongod_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    with running_mongod(tmp_path, cache_gb=0.25) as mongod:
        settings = Settings(mongodb_uri=mongod.uri, database="gone", mongodb_timeout_s=1.0)
        hub = open_hub(settings)
        await hub.collection("profiles.A").insert_one({"_id": 1})
        snapshot = await take_snapshot(hub)
    sources = SnapshotSources(hub, snapshot, no_members)
    with pytest.raises(UnavailableError):
        await ordinals(sources, "profiles.A")
    with pytest.raises(UnavailableError):
        await sources.statistics("profiles.A")
    with pytest.raises(UnavailableError):
        await take_snapshot(hub)
    await hub.close()
