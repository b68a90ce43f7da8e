"""Refreshes that several processes evaluate: the same members, whichever of them ends in the middle."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seggql.evaluation.processes import pool as pools
from seggql.evaluation.processes import started
from seggql.evaluation.processes.pool import ProcessPool
from seggql.segments.cancel import cancel_job
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus
from seggql.store.segments import find_all_segments
from tests.evaluation.processes.running import divide_everything, number_in, stall_processes, wait_for_end
from tests.packs.world import make_parts_small, pack
from tests.segments.making import NOW
from tests.segments.world import ListQueue, dynamic, job_now, keys_of, make_world, put_ages, put_purchase, work_off

PEOPLE = {f"c{number}": number for number in range(30)}
OLD = {key for key, age in PEOPLE.items() if age >= 15}


@pytest.fixture
async def world(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Thirty packed contacts, half of whom are old, and one more who is not packed."""
    make_parts_small(monkeypatch)
    await make_world(hub)
    await put_ages(hub, {"ann": 1, "bob": 1, "cleo": 1, "dan": 1, **PEOPLE})
    await pack(hub, settings, "profiles.Contact", ["_id", "a.Age"])
    await put_ages(hub, {"c0": 99})
    return hub


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[ProcessPool]:
    """A pool of this process and another."""
    opened = ProcessPool(settings, processes=2)
    yield opened
    await opened.close()


async def old_people(hub: Hub, settings: Settings) -> tuple[ListQueue, Job]:
    """A queued refresh of the segment of old people."""
    queue = ListQueue()
    segment = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 15)")
    (job,) = await request_refresh(hub, queue, [segment.id], request_instant())
    return queue, job


async def test_two_processes_find_the_members_and_the_job_tells_so(
    world: Hub, settings: Settings, pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    divide_everything(monkeypatch)
    async with pool.places[0].process():
        pass
    for key in PEOPLE:
        await put_purchase(world, key, NOW)
    await pack(world, settings, "interactions.Purchase", ["t", "l.Buyer"])
    queue = ListQueue()
    buyers = await dynamic(world, settings, "Buyers", "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 1)")
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 15)")
    (job, _) = await request_refresh(world, queue, [buyers.id, old.id], request_instant())
    await work_off(world, settings, queue, pool)
    assert await keys_of(world, "Old") == OLD | {"c0"}
    assert await keys_of(world, "Buyers") == {"ann", "cleo", *PEOPLE}
    details = [step.detail for step in (await job_now(world, job)).steps if step.name == "together"]
    assert len(details) == 1
    assert str(details[0]).endswith(", processes: 2")


async def test_what_a_killed_process_had_is_evaluated_by_the_worker(
    world: Hub,
    settings: Settings,
    pool: ProcessPool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stalled = stall_processes(monkeypatch, tmp_path)
    queue, job = await old_people(world, settings)
    async with pool.places[0].process():
        pass
    work = asyncio.ensure_future(work_off(world, settings, queue, pool))
    os.kill(await number_in(stalled), signal.SIGKILL)
    async with asyncio.timeout(60):
        await work
    assert (await job_now(world, job)).status is JobStatus.SUCCESSFUL
    assert await keys_of(world, "Old") == OLD | {"c0"}
    assert "process lost" in caplog.text


async def test_what_a_process_cannot_do_is_evaluated_by_the_worker(
    world: Hub,
    settings: Settings,
    pool: ProcessPool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    divide_everything(monkeypatch)
    monkeypatch.setattr(started, "MODULE", "tests.evaluation.processes.failing_child")
    queue, _ = await old_people(world, settings)
    async with pool.places[0].process():
        pass
    await work_off(world, settings, queue, pool)
    assert await keys_of(world, "Old") == OLD | {"c0"}
    assert "MemoryError: too much" in caplog.text


async def test_where_no_process_starts_the_worker_does_all(
    world: Hub, settings: Settings, pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    divide_everything(monkeypatch)
    monkeypatch.setattr(started, "MODULE", "tests.evaluation.processes.missing")
    queue, _ = await old_people(world, settings)
    await work_off(world, settings, queue, pool)
    assert await keys_of(world, "Old") == OLD | {"c0"}


async def test_a_canceled_job_ends_the_process_that_works_for_it(
    world: Hub, settings: Settings, pool: ProcessPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stalled = stall_processes(monkeypatch, tmp_path)
    queue, job = await old_people(world, settings)
    async with pool.places[0].process():
        pass
    work = asyncio.ensure_future(run_refresh(world, settings, queue, job.run, owner="test", pool=pool))
    number = await number_in(stalled)
    await cancel_job(world, job.id, request_instant())
    async with asyncio.timeout(60):
        await work
    assert (await job_now(world, job)).status is JobStatus.CANCELED
    await wait_for_end(number)


async def test_a_process_without_work_ends_after_a_while_and_another_is_started(
    settings: Settings, pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "IDLE_S", 0.05)
    async with pool.places[0].process() as first:
        number = first.process.pid
    await wait_for_end(number)
    monkeypatch.setattr(pools, "IDLE_S", 60.0)
    async with pool.places[0].process() as second:
        assert second.process.pid != number
    await pool.close()
    await wait_for_end(second.process.pid)


HOLDER = """
import asyncio
from seggql.evaluation.processes.pool import ProcessPool
from seggql.settings import Settings
async def hold():
    async with ProcessPool(Settings(), 2).places[0].process() as started:
        print(started.process.pid, flush=True)
        await asyncio.sleep(600)
asyncio.run(hold())
"""


async def test_no_process_outlives_a_killed_worker(settings: Settings) -> None:
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, stdout=subprocess.PIPE)
    assert worker.stdout
    number = int(await worker.stdout.readline())
    worker.kill()
    await worker.wait()
    await wait_for_end(number)


async def test_by_itself_a_small_refresh_starts_no_process(world: Hub, settings: Settings, pool: ProcessPool) -> None:
    queue, _ = await old_people(world, settings)
    await work_off(world, settings, queue, pool)
    assert pool.places[0].started is None
    assert {segment.name for segment in await find_all_segments(world)} == {"Old"}
