import asyncio
from datetime import timedelta

import pytest

from seggql.jobs.sweep import ANNOUNCED_AT_ONCE, sweep_runs, sweep_storage, sweep_writes
from seggql.scheduler import schedule
from seggql.segments.planning import request_instant
from seggql.settings import Settings
from seggql.store.claims import claim_jobs, hand_back
from seggql.store.hub import Hub
from seggql.store.job import JobKind, JobTrigger
from seggql.store.jobs import cancel_job
from seggql.store.runs import end_run, store_run
from tests.segments.making import NOW, give_members, stored_segment
from tests.segments.world import ListQueue


async def test_runs_that_nobody_claimed_are_announced_a_few_at_a_time(hub: Hub) -> None:
    runs = [(await store_run(hub, JobKind.REFRESH, [("s", JobTrigger.MANUAL)], NOW))[0].id for _ in range(25)]
    queue = ListQueue()
    assert [await sweep_runs(hub, queue) for _ in range(3)] == [ANNOUNCED_AT_ONCE, 5, 0]
    assert sorted(queue.announced) == sorted(runs)


async def test_a_run_just_queued_or_being_worked_on_is_left_alone(hub: Hub) -> None:
    queue = ListQueue()
    run, jobs = await store_run(hub, JobKind.REFRESH, [("s", JobTrigger.MANUAL)], request_instant())
    assert await sweep_runs(hub, queue) == 0
    claim = await claim_jobs(hub, run.id, "worker", 60.0, most=1)
    assert claim is not None
    assert await sweep_runs(hub, queue) == 0
    assert await hand_back(hub, claim)
    await asyncio.sleep(0.01)
    assert await sweep_runs(hub, queue) == 1
    assert await end_run(hub, run.id, NOW) is None
    await cancel_job(hub, jobs[0].id, NOW)
    assert await end_run(hub, run.id, NOW) == ()
    assert await end_run(hub, run.id, NOW) is None
    await hub.collection("runs").update_one({"_id": run.id}, {"$set": {"announce_at": NOW}})
    assert await sweep_runs(hub, queue) == 0


async def test_a_run_whose_lease_ran_out_is_announced_ever_more_slowly(hub: Hub) -> None:
    queue = ListQueue()
    run, _ = await store_run(hub, JobKind.REFRESH, [("s", JobTrigger.MANUAL)], NOW)
    waits = []
    for _ in range(4):
        await hub.collection("runs").update_one({"_id": run.id}, {"$set": {"announce_at": NOW - timedelta(days=1)}})
        before = request_instant()
        assert await sweep_runs(hub, queue) == 1
        stored = await hub.collection("runs").find_one({"_id": run.id})
        assert stored is not None
        waits.append(round((stored["announce_at"] - before).total_seconds() / 10))
    assert waits == [1, 2, 4, 8]


async def test_what_attempts_left_is_cleared_away(hub: Hub, settings: Settings) -> None:
    segment = await give_members(hub, await stored_segment(hub), [1, 2])
    for members in ([2, 3], [3, 4]):
        segment = await give_members(hub, segment, members)
    orphan = {"_id": {"s": segment.id, "g": 1.5, "c": 0}, "entered": b""}
    await hub.collection("membership_changes").insert_one(orphan)
    await sweep_writes(hub, request_instant())
    await sweep_storage(hub, settings, request_instant())
    assert segment.pointer is not None
    chunks = [row["_id"]["g"] async for row in hub.collection("memberships").find()]
    assert chunks == [segment.pointer.previous, segment.pointer.base]
    assert await hub.collection("membership_changes").find_one({"_id": orphan["_id"]}) is None
    assert await hub.collection("membership_changes").count_documents({}) == 6


async def test_the_scheduler_sweeps_until_it_is_told_to_stop(hub: Hub, settings: Settings) -> None:
    await store_run(hub, JobKind.REFRESH, [("s", JobTrigger.MANUAL)], NOW)
    queue = ListQueue()
    scheduler = asyncio.create_task(schedule(hub, settings, queue))
    async with asyncio.timeout(60):
        while not queue.announced:  # noqa: ASYNC110  # the scheduler only has its queue
            await asyncio.sleep(0.05)
    scheduler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scheduler
