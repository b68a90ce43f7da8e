"""What a delivery tells of itself while it is under way, and what is left of that when it ends."""

import asyncio
from collections.abc import Sequence

import pyarrow as pa
import pytest

from seggql.errors import DestinationUnavailable
from seggql.exporter import RejectedMember
from seggql.exports.run import request_export, run_exports
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobStatus
from tests.exports.test_run import Crm, an_export, run
from tests.segments.world import ListQueue, job_now, make_world, static


class SlowCrm(Crm):
    """Takes what it is given once the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()

    async def write(self, batch: pa.RecordBatch) -> Sequence[RejectedMember]:
        await self.opened.wait()
        return await super().write(batch)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def test_a_delivery_under_way_tells_how_far_it_is_again_and_again(world: Hub, settings: Settings) -> None:
    crm, queue = SlowCrm(), ListQueue()
    segment = await static(world, settings, "Some", "ann", "eve")
    export = await an_export(world, {"crm": crm}, segment.id)
    (job,) = await request_export(world, queue, export.id)
    work = asyncio.create_task(run_exports(world, {"crm": crm}, settings, queue, job.run, "test"))
    seen: set[int | None] = set()
    async with asyncio.timeout(30):
        while len(seen) < 3:
            await asyncio.sleep(0.05)
            now = await job_now(world, job)
            seen |= {step.elapsed_ms for step in now.steps}
    assert (now.done, now.total, now.steps[0].status) == (0, 2, JobStatus.PROCESSING)
    crm.opened.set()
    await work
    ended = await job_now(world, job)
    assert (ended.done, ended.total) == (2, 2)
    [step] = ended.steps
    assert (step.name, step.status, step.detail) == ("deliver", JobStatus.SUCCESSFUL, "Delivered: 2, MB: 0.0")


async def test_a_delivery_that_failed_says_so_in_its_step(world: Hub, settings: Settings) -> None:
    crm = Crm(failure=DestinationUnavailable("$down"))
    segment = await static(world, settings, "Some", "ann", "eve")
    export = await an_export(world, {"crm": crm}, segment.id)
    [job] = await run(world, settings, {"crm": crm}, export)
    assert (job.status, job.error) == (JobStatus.FAILED, "$down")
    assert [step.status for step in job.steps] == [JobStatus.FAILED]
