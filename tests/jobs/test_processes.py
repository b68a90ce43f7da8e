"""The processes that a worker starts beside itself end with it, however it ends, and its job is taken over."""

import asyncio
import signal
from pathlib import Path

import pytest

from seggql.jobs.queue import open_queue
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobStatus
from tests.evaluation.processes.running import number_in, stall_processes, wait_for_end
from tests.jobs.test_worker import ended
from tests.jobs.worker_process import worker_process
from tests.packs.world import make_parts_small, pack
from tests.segments.world import dynamic, keys_of, make_world, put_ages

DIVIDES = """
import os
os.environ["SEGGQL_REFRESH_PROCESSES"] = "2"
from seggql.evaluation.processes import division, pool, started
division.WORTH_S = pool.WORTH_START_S = 0.0
division.idle_cpus = lambda: 1
started.MODULE = "tests.evaluation.processes.stalling_child"
evaluate_share = division.evaluate_share
async def evaluate_later(share, run):
    while not os.path.exists(os.environ["STALLED"]):
        await division.asyncio.sleep(0.05)
    return await evaluate_share(share, run)
division.evaluate_share = evaluate_later
"""
"""Makes a worker wait with its own share until the other process has begun one, which that never ends."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_no_process_outlives_its_worker(
    hub: Hub, redis_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    make_parts_small(monkeypatch)
    await make_world(hub)
    await put_ages(hub, {f"c{age}": age for age in range(30)})
    await pack(hub, redis_settings, "profiles.Contact", ["_id", "a.Age"])
    segment = await dynamic(hub, redis_settings, "Old", "PROFILE(Contact).FILTER(Age >= 28)")
    stalled = stall_processes(monkeypatch, tmp_path)
    with open_queue(redis_settings.broker_url) as queue, worker_process(redis_settings, before=DIVIDES) as worker:
        (job,) = await request_refresh(hub, queue, [segment.id], request_instant())
        child = await number_in(stalled)
        worker.send_signal(number)
        await asyncio.to_thread(worker.wait, 60)
        await wait_for_end(child)
        with worker_process(redis_settings):
            await asyncio.sleep(redis_settings.lease_s)
            queue.announce(job.run)
            assert (await ended(hub, job)).status is JobStatus.SUCCESSFUL
    assert await keys_of(hub, "Old") == {"bob", "cleo", "dan", "c28", "c29"}
