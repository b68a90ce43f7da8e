"""SIGTERM: what is under way ends or is given back, and the process is gone in time whatever happens."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from seggql.jobs.queue import open_queue
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.stopping import STOPPED_BY_FORCE
from seggql.store.hub import Hub
from tests.dev.processes import SEGGQL, without_settings
from tests.jobs.worker_process import worker_process
from tests.segments.world import dynamic, make_world

DEAF = """
import asyncio, os, time
os.environ["SEGGQL_STOP_TIMEOUT_S"] = "1"
import seggql.stopping
seggql.stopping.PAST_THE_LIMIT_S = 1.0
import seggql.segments.refresh_commit as commit
async def stall(*args, **kwargs):
    print("stalled", flush=True)
    await asyncio.to_thread(time.sleep, 600)
commit.commit_generations = stall
"""
"""Makes a worker calculate for ever in a thread, which nothing can interrupt."""


@contextmanager
def process(command: str, settings: Settings) -> Iterator["subprocess.Popen[str]"]:
    """A process of seggql with these settings; killed at the end."""
    environment = without_settings() | {
        "SEGGQL_MONGODB_URI": settings.mongodb_uri,
        "SEGGQL_DATABASE": settings.database,
        "SEGGQL_BROKER_URL": settings.broker_url,
        "SEGGQL_PORT": "0",
        "SEGGQL_STOP_TIMEOUT_S": "5",
    }
    running = subprocess.Popen(
        [SEGGQL, command], env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.communicate()


async def test_a_worker_whose_calculation_cannot_be_interrupted_gives_its_job_back_and_ends_in_time(
    hub: Hub, redis_settings: Settings
) -> None:
    patient = redis_settings.model_copy(update={"lease_s": 600.0})
    await make_world(hub)
    segment = await dynamic(hub, patient, "Old", "PROFILE(Contact)")
    with open_queue(patient.broker_url) as queue, worker_process(patient, before=DEAF) as worker:
        (job,) = await request_refresh(hub, queue, [segment.id], request_instant())
        assert worker.stdout is not None
        assert await asyncio.to_thread(worker.stdout.readline) == "stalled\n"
        told = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 60) == STOPPED_BY_FORCE
        assert time.monotonic() - told < 20
    stored = await hub.collection("jobs").find_one({"_id": job.id})
    assert stored is not None
    assert (stored["status"], stored["lease_until"]) == ("QUEUED", None)


async def test_a_server_that_is_told_to_stop_answers_the_request_under_way_and_takes_no_other(
    hub: Hub, redis_settings: Settings
) -> None:
    await make_world(hub)
    with process("serve", redis_settings) as server:
        assert server.stdout is not None
        while "answers at" not in (line := await asyncio.to_thread(server.stdout.readline)):
            assert line
        port = int(line.split("127.0.0.1:")[1].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /ingest/profiles/Contact HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        writer.write(_chunk(b'{"key": "zoe"}\n'))
        await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        server.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            while _listens(port):  # noqa: ASYNC110  # another process stops listening
                await asyncio.sleep(0.05)
        writer.write(_chunk(b'{"key": "yan"}\n') + _chunk(b""))
        answer = await reader.read()
        writer.close()
        assert await asyncio.to_thread(server.wait, 30) == 0
    lines = [line for line in answer.splitlines() if line.startswith(b"{")]
    assert json.loads(lines[-1]) | {"batches": 0} == {
        "done": True,
        "batches": 0,
        "received": 2,
        "stored": 2,
        "unchanged": 0,
        "rejected": 0,
    }
    assert await hub.collection("profiles.Contact").count_documents({"key": {"$in": ["zoe", "yan"]}}) == 2


@pytest.mark.parametrize("command", ["serve", "worker", "scheduler"])
async def test_every_process_that_has_nothing_to_do_stops_soon_and_is_no_longer_seen(
    hub: Hub, redis_settings: Settings, command: str
) -> None:
    with process(command, redis_settings) as running:
        async with asyncio.timeout(60):
            while not await hub.collection("processes").count_documents({}):  # noqa: ASYNC110  # it says so itself
                await asyncio.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait, 30) == 0
    assert await hub.collection("processes").count_documents({}) == 0


def _chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
