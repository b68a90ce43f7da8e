import asyncio
import signal
from collections.abc import Iterator

import pytest
from dramatiq.asyncio import get_event_loop_thread

from seggql.errors import UnavailableError
from seggql.jobs.queue import DramatiqQueue, open_queue
from seggql.jobs.sweep import sweep_runs
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus
from seggql.worker import run_worker
from tests.jobs.worker_process import STALL, worker_process
from tests.segments.making import reread
from tests.segments.world import dynamic, job_now, keys_of, make_world, put_ages


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


@pytest.fixture
def queue(redis_settings: Settings) -> Iterator[DramatiqQueue]:
    """Announces over Redis."""
    with open_queue(redis_settings.broker_url) as queue:
        yield queue


async def ended(hub: Hub, job: Job) -> Job:
    """The job once it has ended."""
    async with asyncio.timeout(60):
        while not (found := await job_now(hub, job)).status.is_final:  # noqa: ASYNC110  # another process ends it
            await asyncio.sleep(0.05)
    return found


async def test_a_refresh_goes_over_redis_to_a_worker_process(
    world: Hub, redis_settings: Settings, queue: DramatiqQueue
) -> None:
    segment = await dynamic(world, redis_settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    with worker_process(redis_settings) as worker:
        (job,) = await request_refresh(world, queue, [segment.id], request_instant())
        done = await ended(world, job)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 20) == 0
    assert (done.status, done.error) == (JobStatus.SUCCESSFUL, None)
    assert await keys_of(world, "Old") == {"cleo", "dan"}


async def test_a_killed_worker_leaves_the_old_generation_and_another_takes_over(
    world: Hub, redis_settings: Settings, queue: DramatiqQueue
) -> None:
    segment = await dynamic(world, redis_settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    with worker_process(redis_settings):
        (job,) = await request_refresh(world, queue, [segment.id], request_instant())
        await ended(world, job)
    before = (await reread(world, segment)).pointer
    await put_ages(world, {"ann": 70})
    with worker_process(redis_settings, before=STALL) as doomed:
        (job,) = await request_refresh(world, queue, [segment.id], request_instant())
        assert doomed.stdout is not None
        assert await asyncio.to_thread(doomed.stdout.readline) == "stalled\n"
    assert (await job_now(world, job)).status is JobStatus.PROCESSING
    assert (await reread(world, segment)).pointer == before
    assert await keys_of(world, "Old") == {"cleo", "dan"}
    with worker_process(redis_settings):
        async with asyncio.timeout(30):
            while not await sweep_runs(world, queue):  # noqa: ASYNC110  # the lease runs out by itself
                await asyncio.sleep(0.2)
        done = await ended(world, job)
    assert (done.status, done.attempts) == (JobStatus.SUCCESSFUL, 2)
    assert await keys_of(world, "Old") == {"ann", "cleo", "dan"}


async def test_a_stopped_worker_gives_its_run_back_at_once(
    world: Hub, redis_settings: Settings, queue: DramatiqQueue
) -> None:
    patient = redis_settings.model_copy(update={"lease_s": 600.0})
    segment = await dynamic(world, patient, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    with worker_process(patient, before=STALL) as stopped:
        (job,) = await request_refresh(world, queue, [segment.id], request_instant())
        assert stopped.stdout is not None
        assert await asyncio.to_thread(stopped.stdout.readline) == "stalled\n"
        stopped.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(stopped.wait, 30) == 0
    assert (await job_now(world, job)).status is JobStatus.QUEUED
    with worker_process(patient):
        await sweep_runs(world, queue)
        assert (await ended(world, job)).status is JobStatus.SUCCESSFUL


def test_a_worker_without_mongodb_says_so_and_ends(redis_settings: Settings) -> None:
    nowhere = {"mongodb_uri": "mongodb://127.0.0.1:1/?replicaSet=rs0", "mongodb_timeout_s": 0.2}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(UnavailableError, match="MongoDB"):
            run_worker(redis_settings.model_copy(update=nowhere))
        assert get_event_loop_thread() is None
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def test_a_run_that_redis_does_not_take_is_announced_by_the_sweep(world: Hub, settings: Settings) -> None:
    segment = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    with open_queue("redis://127.0.0.1:1/0") as deaf:
        with pytest.raises(UnavailableError):
            deaf.announce("0" * 24)
        (job,) = await request_refresh(world, deaf, [segment.id], request_instant())
    assert (await job_now(world, job)).status is JobStatus.QUEUED
