"""Subscriptions over a real socket: a job to its end, and what happens to segments."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from seggql.asgi import create_app
from seggql.graphql.ids import to_global_id
from seggql.jobs.in_process import working_here
from seggql.jobs.queue import DramatiqQueue
from seggql.segments.change import rename_segment
from seggql.segments.planning import request_instant
from seggql.segments.removal import delete_segments
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.graphql.client import Json
from tests.graphql.conftest import Announced
from tests.segments.making import stored_segment
from tests.segments.world import ListQueue, dynamic, make_world
from tests.serving import serving

JOB = "subscription ($id: ID!) { job(id: $id) { status done segment { name } } }"
SEGMENTS = "subscription { segments { kind segmentId segment { name displayName } } }"


@pytest.fixture
async def address(settings: Settings, hub: Hub) -> AsyncIterator[str]:
    """Where the API over this test's hub answers."""
    await make_world(hub)
    async with serving(create_app(settings, hub, Announced())) as address:
        yield address


def websocket(address: str) -> connect:
    """A connection to the endpoint."""
    url = address.replace("http", "ws") + "/graphql"
    return connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None)


async def subscribe(socket: ClientConnection, document: str, **variables: object) -> None:
    """Begin an operation."""
    await socket.send(json.dumps({"type": "connection_init"}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    payload = {"query": document, "variables": variables}
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))


async def message(socket: ClientConnection) -> Json:
    """The next message."""
    async with asyncio.timeout(60):
        received: Json = json.loads(await socket.recv())
    return received


async def test_a_job_is_told_from_now_until_it_ends(address: str, hub: Hub, settings: Settings) -> None:
    segment = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    waiting = ListQueue()
    (job,) = await request_refresh(hub, waiting, [segment.id], request_instant())
    async with websocket(address) as socket:
        await subscribe(socket, JOB, id=to_global_id("Job", job.id))
        first = await message(socket)
        assert first["payload"]["data"]["job"] == {"status": "QUEUED", "done": 0, "segment": {"name": "Old"}}
        statuses = []
        async with working_here(hub, settings) as queue:
            assert isinstance(queue, DramatiqQueue)
            queue.announce(waiting.announced[0])
            while (told := await message(socket))["type"] == "next":
                statuses.append(told["payload"]["data"]["job"]["status"])
    assert told["type"] == "complete"
    assert statuses[0] == "PROCESSING"
    assert statuses[-1] == "SUCCESSFUL"


async def test_a_job_that_is_not_there_is_an_error(address: str) -> None:
    async with websocket(address) as socket:
        await subscribe(socket, JOB, id=to_global_id("Job", "0" * 24))
        told = await message(socket)
    assert told["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def listening(socket: ClientConnection, hub: Hub) -> None:
    """Wait until what happens to segments is told, which begins some time after it was asked for."""
    beacon = await stored_segment(hub, "Beacon")
    first = asyncio.create_task(message(socket))
    number = 0
    while not (await asyncio.wait([first], timeout=0.1))[0]:
        number += 1
        await rename_segment(hub, beacon.id, f"Beacon {number}")
    await hub.collection("segments").delete_one({"_id": beacon.id})
    told = first.result()
    while told["payload"]["data"]["segments"]["kind"] != "DELETED":
        told = await message(socket)


async def test_what_happens_to_segments_is_told(address: str, hub: Hub, settings: Settings) -> None:
    async with websocket(address) as socket:
        await subscribe(socket, SEGMENTS)
        await listening(socket, hub)
        segment = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
        async with working_here(hub, settings) as queue:
            await request_refresh(hub, queue, [segment.id], request_instant())
            told = [await message(socket), await message(socket)]
        await rename_segment(hub, segment.id, "Older ones")
        told.append(await message(socket))
        await delete_segments(hub, [segment.id])
        told.append(await message(socket))
    events = [event["payload"]["data"]["segments"] for event in told]
    assert [event["kind"] for event in events] == ["CREATED", "REFRESHED", "UPDATED", "DELETED"]
    assert events[2]["segment"] == {"name": "Old", "displayName": "Older ones"}
    assert events[3]["segment"] is None
    assert {event["segmentId"] for event in events} == {to_global_id("Segment", segment.id)}
