"""What a refresh tells of itself while it is under way, and what is left of that when it ends."""

import asyncio

import pytest

from seggql.errors import RequestCode, RequestError
from seggql.query.plan import Plan
from seggql.segments.cancel import cancel_job
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus
from tests.segments.test_claims import Gate
from tests.segments.world import ListQueue, dynamic, job_now, make_world, work_off

QUERY = "PROFILE(Contact).FILTER(Age >= 40)"


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def told(hub: Hub, job: Job, later_than_ms: int) -> int:
    """Wait until the job tells that it has taken longer than this; how long then, in milliseconds."""
    async with asyncio.timeout(30):
        while True:
            found = await job_now(hub, job)
            elapsed_ms = (found.steps[0].elapsed_ms or 0) if found.steps else 0
            if elapsed_ms > later_than_ms:
                assert (found.steps[0].status, found.total) == (JobStatus.PROCESSING, 2)
                return elapsed_ms
            await asyncio.sleep(0.05)


async def test_a_refresh_under_way_tells_how_far_it_is_again_and_again_and_then_that_it_was_canceled(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", QUERY)
    (job,) = await request_refresh(world, queue, [segment.id], request_instant())
    gate = Gate(monkeypatch, 1)
    work = asyncio.create_task(run_refresh(world, settings, queue, job.run, owner="test"))
    await gate.reached.wait()
    seen = 0
    for _ in range(3):
        seen = await told(world, job, later_than_ms=seen)
    await cancel_job(world, job.id, request_instant())
    async with asyncio.timeout(30):
        await work
    ended = await job_now(world, job)
    assert (ended.status, ended.steps[0].status) == (JobStatus.CANCELED, JobStatus.CANCELED)
    assert (ended.steps[0].elapsed_ms or 0) >= seen


async def test_the_step_in_which_a_refresh_failed_says_so(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", QUERY, queue=queue)
    (job,) = await request_refresh(world, queue, [segment.id], request_instant())

    async def fail(plan: Plan, *_: object) -> None:
        await told(world, job, later_than_ms=0)
        raise RequestError(RequestCode.NOT_ALLOWED, "$cost is no {field}")

    monkeypatch.setattr("seggql.segments.refresh_work.find", fail)
    await work_off(world, settings, queue)
    ended = await job_now(world, job)
    assert (ended.status, ended.error, ended.error_code) == (JobStatus.FAILED, "$cost is no {field}", "NOT_ALLOWED")
    assert [step.status for step in ended.steps] == [JobStatus.FAILED]
