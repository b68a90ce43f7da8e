"""What becomes, in MongoDB, of an evaluation whose job is canceled: its operation ends there too."""

import asyncio
from typing import Any

import pytest
from bson import Int64
from pymongo.asynchronous.client_session import AsyncClientSession

from seggql.segments.cancel import cancel_job
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Document, Hub
from seggql.store.job import JobStatus
from seggql.store.snapshot import SnapshotSources
from tests.segments.world import ListQueue, dynamic, job_now, keys_of, make_world, put_ages, work_off

A_THOUSAND_TIMES: list[Document] = [{"$set": {"n": {"$range": [0, 1000]}}}, {"$unwind": "$n"}]

SLOW: list[Document] = [*A_THOUSAND_TIMES * 3, {"$match": {"$expr": {"$lt": ["$n", 0]}}}]
"""Stages that work for an hour on each profile, and find none."""

COLLECTION = "profiles.Contact"


@pytest.fixture
def slow_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pipeline over contacts takes longer than any test."""
    ask = SnapshotSources._ask

    async def ask_slowly(
        self: SnapshotSources, command: Document, session: AsyncClientSession
    ) -> tuple[Int64, memoryview]:
        if command.get("aggregate") == COLLECTION:
            command = command | {"pipeline": [*SLOW, *command["pipeline"]]}
        return await ask(self, command, session)

    monkeypatch.setattr(SnapshotSources, "_ask", ask_slowly)


async def operations(hub: Hub) -> list[dict[str, Any]]:
    """What mongod is doing with the contacts."""
    pipeline: list[Document] = [
        {"$currentOp": {}},
        {"$match": {"ns": f"{hub.database.name}.{COLLECTION}", "op": "command"}},
    ]
    return [operation async for operation in await hub.client.admin.aggregate(pipeline)]


async def test_a_canceled_evaluation_ends_in_mongodb_too(
    hub: Hub, settings: Settings, request: pytest.FixtureRequest
) -> None:
    await make_world(hub)
    queue = ListQueue()
    segment = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(hub, settings, queue)
    await put_ages(hub, {"zoe": 99})
    request.getfixturevalue("slow_scans")
    (job,) = await request_refresh(hub, queue, [segment.id], request_instant())
    work = asyncio.create_task(run_refresh(hub, settings, queue, job.run, owner="test"))
    async with asyncio.timeout(60):
        while not await operations(hub):
            assert not work.done()
            await asyncio.sleep(0.05)
    await cancel_job(hub, job.id, request_instant())
    async with asyncio.timeout(60):
        await work
        while await operations(hub):  # noqa: ASYNC110  # mongod looks every now and then whether its client is there
            await asyncio.sleep(0.05)
    assert (await job_now(hub, job)).status is JobStatus.CANCELED
    assert await keys_of(hub, "Old") == {"cleo", "dan"}
