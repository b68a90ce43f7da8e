"""Schedulers and workers as processes of their own, with clocks that disagree, on one due time."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from seggql.segments.activation import deactivate_segments
from seggql.segments.schedule import ScheduleChanges, schedule_segment
from seggql.segments.system_schedule import set_system_schedule
from seggql.settings import Settings
from seggql.store.hub import Document, Hub
from seggql.store.schedules import now_in_mongodb
from seggql.store.segment import Segment, SegmentState
from tests.jobs.scheduler_process import Scheduler, scheduler_process
from tests.jobs.worker_process import worker_process
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, make_world, work_off

QUERY = "PROFILE(Contact).FILTER(Age >= 40)"


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


@contextmanager
def stopped_in_the_end(settings: Settings) -> Iterator[None]:
    """A worker that is not killed: in a transaction it would hold others up for a minute."""
    with worker_process(settings) as worker:
        yield
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)


async def refreshed(hub: Hub, settings: Settings, name: str) -> Segment:
    """An active segment that was refreshed once; its jobs are forgotten."""
    queue = ListQueue()
    segment = await dynamic(hub, settings, name, QUERY, queue=queue)
    await work_off(hub, settings, queue)
    await hub.collection("jobs").delete_many({})
    await hub.collection("runs").delete_many({})
    return await reread(hub, segment)


async def jobs_once_done(hub: Hub, schedulers: Sequence[Scheduler], count: int) -> list[Document]:
    """The jobs of all, once there are so many, they have ended, and every scheduler has looked twice after that."""
    async with asyncio.timeout(60):
        while await hub.collection("jobs").count_documents({"status": "SUCCESSFUL"}) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.gather(*(scheduler.looks(2) for scheduler in schedulers))
    return [job async for job in hub.collection("jobs").find()]


async def soon(hub: Hub) -> datetime:
    """An instant by MongoDB's clock, less than the clocks of the schedulers are apart."""
    return await now_in_mongodb(hub) + timedelta(seconds=3)


async def test_two_schedulers_and_two_workers_with_clocks_apart_make_one_job_of_one_due_time(
    world: Hub, redis_settings: Settings
) -> None:
    settings = redis_settings
    own = await refreshed(world, settings, "Own")
    with (
        scheduler_process(settings, ahead_s=10) as fast,
        scheduler_process(settings, ahead_s=-10) as slow,
        stopped_in_the_end(settings),
        stopped_in_the_end(settings),
    ):
        await asyncio.gather(fast.looks(1), slow.looks(1))

        await schedule_segment(world, own.id, ScheduleChanges(interval_minutes=60))
        due = await soon(world)
        await world.collection("segments").update_one({"_id": own.id}, {"$set": {"due_at": due}})
        [job] = await jobs_once_done(world, (fast, slow), 1)
        assert (job["subject"], job["trigger"]) == (own.id, "SCHEDULE")
        assert job["queued_at"] >= due, "nobody is early"
        assert (await reread(world, own)).due_at == due + timedelta(minutes=60)
        await world.collection("jobs").delete_many({})

        await set_system_schedule(world, is_enabled=True, days=None, times=["06:30"], time_zone="Europe/Berlin")
        due = await soon(world)
        await world.collection("system_schedule").update_one({}, {"$set": {"due_at": due}})
        [job] = await jobs_once_done(world, (fast, slow), 1)
        assert (job["subject"], job["trigger"]) == (own.id, "SCHEDULE")
        assert job["queued_at"] >= due
        await world.collection("jobs").delete_many({})

        await deactivate_segments(world, settings, [own.id])
        due = await soon(world)
        await schedule_segment(world, own.id, ScheduleChanges(activate_at=due, deactivate_at=due + timedelta(days=1)))
        [job] = await jobs_once_done(world, (fast, slow), 1)
        assert (job["subject"], job["trigger"]) == (own.id, "ACTIVATION")
        now = await reread(world, own)
        assert (now.state, now.activate_at) == (SegmentState.ACTIVE, None)
        assert now.deactivate_at is not None


async def test_what_was_due_while_no_scheduler_ran_is_done_once_when_two_start(
    world: Hub, redis_settings: Settings
) -> None:
    settings = redis_settings
    own, planned = await refreshed(world, settings, "Own"), await refreshed(world, settings, "Planned")
    await schedule_segment(world, own.id, ScheduleChanges(interval_minutes=5))
    await deactivate_segments(world, settings, [planned.id])
    day_ago = await now_in_mongodb(world) - timedelta(days=1)
    await world.collection("segments").update_one({"_id": own.id}, {"$set": {"due_at": day_ago}})
    await world.collection("segments").update_one({"_id": planned.id}, {"$set": {"activate_at": day_ago}})
    with (
        scheduler_process(settings) as one,
        scheduler_process(settings) as other,
        stopped_in_the_end(settings),
    ):
        jobs = await jobs_once_done(world, (one, other), 2)
    assert sorted((job["subject"], job["trigger"]) for job in jobs) == sorted(
        [(own.id, "SCHEDULE"), (planned.id, "ACTIVATION")]
    )
