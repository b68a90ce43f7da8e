"""MongoDB gone in the middle of a refresh."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pyroaring import BitMap

from seggql.asgi import create_app
from seggql.dev.mongod import Mongod, start_mongod
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.graphql.ids import to_global_id
from seggql.query.plan import Plan
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.job import Job, JobStatus
from seggql.store.models import open_models
from tests.graphql.client import GraphQLClient, Json
from tests.segments.world import ListQueue, dynamic, job_now, keys_of, make_world, put_ages, work_off


@pytest.fixture
async def frail(tmp_path: Path) -> AsyncIterator[tuple[Mongod, Hub, Settings]]:
    """A mongod of this test alone, and a hub over it that loses patience soon."""
    mongod = await asyncio.to_thread(start_mongod, tmp_path, cache_gb=0.25)
    settings = Settings(mongodb_uri=mongod.uri, database="frail", mongodb_timeout_s=1.0, export_dir=tmp_path)
    hub = open_hub(settings)
    await open_models(hub)
    yield mongod, hub, settings
    await hub.close()
    await asyncio.to_thread(mongod.stop)


async def as_the_api_tells(hub: Hub, settings: Settings, job: Job) -> Json:
    """The segment and its job over GraphQL."""
    app = create_app(settings, hub, ListQueue())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        return await GraphQLClient(http=http).run(
            """query($job: ID!) { segment(name: "Old") { members { nodes { key } } consecutiveFailures }
            job(id: $job) { status warnings } }""",
            job=to_global_id("Job", job.id),
        )


async def test_the_job_says_that_mongodb_was_gone_and_the_old_members_stay(
    frail: tuple[Mongod, Hub, Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongod, hub, settings = frail
    await make_world(hub)
    queue = ListQueue()
    segment = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(hub, settings, queue)
    await put_ages(hub, {"ann": 70})
    (job,) = await request_refresh(hub, queue, [segment.id], request_instant())
    killed = asyncio.Event()

    async def find_after_the_kill(plan: Plan, run: Run, universe: BitMap | None = None) -> BitMap:
        mongod.process.kill()
        await asyncio.to_thread(mongod.process.wait)
        killed.set()
        return await find(plan, run, universe)

    monkeypatch.setattr("seggql.segments.refresh_work.find", find_after_the_kill)
    work = asyncio.create_task(run_refresh(hub, settings, queue, job.run, owner="test"))
    await killed.wait()
    again = await asyncio.to_thread(start_mongod, tmp_path, port=mongod.port, cache_gb=0.25)
    try:
        async with asyncio.timeout(60):
            await work
        interrupted = await job_now(hub, job)
        assert (interrupted.status, interrupted.attempts) == (JobStatus.QUEUED, 1)
        assert "MongoDB does not answer" in interrupted.warnings[0]
        assert await as_the_api_tells(hub, settings, job) == {
            "segment": {"members": {"nodes": [{"key": "cleo"}, {"key": "dan"}]}, "consecutiveFailures": 0},
            "job": {"status": "QUEUED", "warnings": list(interrupted.warnings)},
        }
        monkeypatch.setattr("seggql.segments.refresh_work.find", find)
        await work_off(hub, settings, queue)
        assert await keys_of(hub, "Old") == {"ann", "cleo", "dan"}
        done = await job_now(hub, job)
        assert (done.status, done.attempts, done.warnings) == (JobStatus.SUCCESSFUL, 2, interrupted.warnings)
    finally:
        await asyncio.to_thread(again.stop)
