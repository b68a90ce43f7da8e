"""Batches are forgotten once neither refreshes nor packs ask for them, and nobody misses what they told."""

from datetime import timedelta

import pytest
from bson import ObjectId, Timestamp
from pymongo import UpdateOne

from seggql.jobs.sweep import sweep_storage
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh_of_all
from seggql.settings import Settings
from seggql.store.batches import open_batch
from seggql.store.hub import Hub
from tests.packs.world import assert_exact, make_parts_small, pack
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, put_ages, work_off

CONTACTS, COLUMNS = "profiles.Contact", ("_id", "a.Age")


async def age(hub: Hub, days: int) -> None:
    """Let so many days pass since everything that batches, refreshes and packs have seen."""
    seconds, passed = days * 86_400, timedelta(days=days)
    closed = [row async for row in hub.collection("batches").find({"closed": {"$exists": True}})]
    earlier = [
        UpdateOne({"_id": row["_id"]}, {"$set": {"closed": Timestamp(row["closed"].time - seconds, row["closed"].inc)}})
        for row in closed
    ]
    await hub.collection("batches").bulk_write(earlier)
    async for row in hub.collection("segments").find({"pointer.basis": {"$ne": None}}):
        pointer = row["pointer"]
        moved = {
            "pointer.as_of": pointer["as_of"] - passed,
            "pointer.basis.whole_at": pointer["basis"]["whole_at"] - passed,
            "pointer.basis.seconds": pointer["basis"]["seconds"] - seconds,
        }
        await hub.collection("segments").update_one({"_id": row["_id"]}, {"$set": moved})
    await hub.collection(f"packs.{CONTACTS}").update_one(
        {"_id": "head", "parts": {"$ne": []}}, {"$inc": {"parts.$[].basis.seconds": -seconds}}
    )


async def states(hub: Hub) -> list[str]:
    """The states of the batches that are there."""
    return sorted([row["state"] async for row in hub.collection("batches").find()])


async def test_old_batches_go_but_those_that_are_open_or_new_stay(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    await open_batch(hub, ObjectId(), CONTACTS, {})
    await age(hub, days=7)
    all_of_them = await states(hub)
    await sweep_storage(hub, settings, request_instant())
    assert await states(hub) == all_of_them
    await age(hub, days=2)
    await put_ages(hub, {"ann": 21})
    await sweep_storage(hub, settings, request_instant())
    assert await states(hub) == ["CLOSED", "OPEN"]


async def test_batches_stay_while_a_pack_does_not_cover_them(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parts_small(monkeypatch)
    await make_world(hub)
    await pack(hub, settings, CONTACTS, COLUMNS)
    await put_ages(hub, {"ann": 21})
    await age(hub, days=9)
    all_of_them = await states(hub)
    await sweep_storage(hub, settings, request_instant())
    assert await states(hub) == all_of_them
    await assert_exact(hub, CONTACTS, COLUMNS)
    await pack(hub, settings, CONTACTS, COLUMNS, anew=True)
    await sweep_storage(hub, settings, request_instant())
    assert await states(hub) == []
    await assert_exact(hub, CONTACTS, COLUMNS)


async def test_a_segment_that_was_not_refreshed_for_long_is_looked_at_whole(
    hub: Hub, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    queue = ListQueue()
    await make_world(hub)
    await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(hub, settings, queue)
    await put_ages(hub, {"ann": 70, "cleo": 7})
    await age(hub, days=9)
    await sweep_storage(hub, settings, request_instant())
    assert await states(hub) == []
    await request_refresh_of_all(hub, queue, request_instant())
    await work_off(hub, settings, queue)
    assert await keys_of(hub, "Old") == {"ann", "dan"}
    job = await hub.collection("jobs").find_one({"status": "SUCCESSFUL"}, sort=[("_id", -1)])
    assert job is not None
    assert not job["is_incremental"]
    assert "missed" not in caplog.text
