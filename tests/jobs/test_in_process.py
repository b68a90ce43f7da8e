import asyncio

import pytest

from seggql.jobs.in_process import working_here
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobStatus
from tests.jobs.test_worker import ended
from tests.segments.world import dynamic, keys_of, make_world


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def test_actors_run_on_the_loop_and_hub_that_the_process_has(world: Hub, settings: Settings) -> None:
    one = await dynamic(world, settings, "One", "PROFILE(Contact).FILTER(Age >= 40)")
    two = await dynamic(world, settings, "Two", "PROFILE(Contact).FILTER(Age < 40)")
    async with working_here(world, settings) as queue:
        first = await request_refresh(world, queue, [one.id], request_instant())
        second = await request_refresh(world, queue, [two.id], request_instant())
        done = await asyncio.gather(*(ended(world, job) for job in (*first, *second)))
    assert [job.status for job in done] == [JobStatus.SUCCESSFUL] * 2
    assert (await keys_of(world, "One"), await keys_of(world, "Two")) == ({"cleo", "dan"}, {"ann", "bob"})


async def test_a_worker_can_be_started_again_in_the_same_process(world: Hub, settings: Settings) -> None:
    segment = await dynamic(world, settings, "One", "PROFILE(Contact).FILTER(Age >= 40)")
    for _ in range(2):
        async with working_here(world, settings) as queue:
            (job,) = await request_refresh(world, queue, [segment.id], request_instant())
            assert (await ended(world, job)).status is JobStatus.SUCCESSFUL
