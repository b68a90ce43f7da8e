"""One trace from a caller's request through the run to the commands of MongoDB, across processes."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobId, JobStatus
from seggql.store.jobs import find_jobs
from tests.dev.processes import SEGGQL, without_settings
from tests.jobs.otlp_receiver import Received, receiving
from tests.jobs.test_worker import ended
from tests.segments.world import dynamic, make_world

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
REFRESH = "mutation Again($ids: [ID!]!) { refreshSegments(input: {ids: $ids}) { jobs { id } } }"


@contextmanager
def process(command: str, settings: Settings, received: Received) -> Iterator["subprocess.Popen[str]"]:
    """`seggql serve` or `seggql worker`, sending traces, its output kept; killed at the end."""
    environment = without_settings() | {
        "SEGGQL_MONGODB_URI": settings.mongodb_uri,
        "SEGGQL_DATABASE": settings.database,
        "SEGGQL_BROKER_URL": settings.broker_url,
        "SEGGQL_PORT": "0",
        "SEGGQL_LOG_FORMAT": "json",
        "SEGGQL_LOG_LEVEL": "DEBUG",
        "OTEL_EXPORTER_OTLP_ENDPOINT": received.address,
    }
    running = subprocess.Popen(
        [SEGGQL, command], env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.communicate()


async def stopped(running: "subprocess.Popen[str]") -> list[dict[str, object]]:
    """Stop a process politely, so that it sends what it has; its log."""
    running.send_signal(signal.SIGTERM)
    _, log = await asyncio.to_thread(running.communicate, timeout=60)
    assert running.returncode == 0, log
    return [json.loads(line) for line in log.splitlines()]


async def test_one_trace_goes_from_the_request_through_the_job_to_mongodb(hub: Hub, redis_settings: Settings) -> None:
    await make_world(hub)
    secret = "PROFILE(Contact).FILTER(Age == 40)"
    segment = await dynamic(hub, redis_settings, "Old", secret)
    for name in ("runs", "jobs"):  # the request would join what activation has queued
        await hub.collection(name).delete_many({})
    with (
        receiving() as received,
        process("serve", redis_settings, received) as api,
        process("worker", redis_settings, received) as worker,
    ):
        assert api.stdout is not None
        address = (await asyncio.to_thread(api.stdout.readline)).split()[3].rstrip(",")
        async with httpx.AsyncClient(timeout=30) as http:
            id_query = "{ segments { nodes { id } } }"
            listed = (await http.post(address, json={"query": id_query})).json()
            body = {
                "query": REFRESH,
                "variables": {"ids": [node["id"] for node in listed["data"]["segments"]["nodes"]]},
            }
            answer = await http.post(address, json=body, headers={"traceparent": f"00-{TRACE}-{CALLER}-01"})
        (run,) = [row async for row in hub.collection("runs").find({"trace": {"$regex": TRACE}})]
        (stored,) = [row async for row in hub.collection("jobs").find({"run": run["_id"]})]
        job = (await find_jobs(hub, [JobId(stored["_id"])]))[JobId(stored["_id"])]
        assert (await ended(hub, job)).status is JobStatus.SUCCESSFUL
        api_log, worker_log = await stopped(api), await stopped(worker)

    spans = {span.span_id: (service, span) for service, span in received.spans if span.trace_id.hex() == TRACE}

    def path(span: Span) -> list[str]:
        service, _ = spans[span.span_id]
        above = spans.get(span.parent_span_id)
        return [*(path(above[1]) if above else [span.parent_span_id.hex()]), f"{service}: {span.name}"]

    paths = {" > ".join(path(span)) for _, span in spans.values()}
    request = f"{CALLER} > seggql-api: POST /graphql > seggql-api: graphql mutation"
    done = f"{request} > seggql-worker: run"
    assert f"{request} > seggql-api: insert runs" in paths
    assert f"{done} > seggql-worker: findAndModify runs" in paths
    assert [path for path in paths if path.startswith(f"{done} > seggql-worker: job > seggql-worker: ")] != []
    assert {"hello", "ping"} & {span.name for _, span in received.spans} == set()
    assert secret not in str([span for _, span in received.spans])
    assert "cleo" not in str([span for _, span in received.spans])

    (line,) = [line for line in api_log if line.get("event") == "answered" and line.get("trace") == TRACE]
    assert line["request"] == answer.headers["x-request-id"]
    (line,) = [line for line in worker_log if line.get("event") == "refreshed"]
    assert (line["trace"], line["run"], line["segment"]) == (TRACE, run["_id"], segment.name)


async def test_without_a_place_for_them_nothing_is_traced(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    await dynamic(hub, settings, "Old", "PROFILE(Contact)")
    assert [row["trace"] async for row in hub.collection("runs").find()] == [None]
