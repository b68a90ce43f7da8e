"""First pages over GraphQL, against a bare Starlette route that makes the same MongoDB reads.

The reads are those that the GraphQL request was seen to make; the route makes them again and sends what they return.

python -m benchmarks.pages [--people 1000000] [--requests 200]
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import httpx
import typer
from pymongo import monitoring
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.hub import NoQueue, benchmark_hub, insert_people
from benchmarks.measuring import show
from seggql.asgi import create_app
from seggql.http.listen import address_of, make_server, open_socket
from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.hub import Document, Hub
from seggql.store.job import JobKind, JobTrigger
from seggql.store.runs import store_run
from seggql.store.segment import Segment, SegmentKind, SegmentState
from seggql.store.segments import insert_segment, new_segment_id

SEGMENTS = 1_000
MOST = 4.0
DOCUMENTS = {
    "100 members of half the people": """{ segment(name: "Half") {
        members(first: 100) { nodes { key attributes } pageInfo { hasNextPage endCursor } } } }""",
    "50 of 1,000 segments with counts": """{ segments(first: 50) {
        nodes { name displayName state memberCount } pageInfo { hasNextPage endCursor } } }""",
}
SESSION_FIELDS = {"lsid", "$db", "$clusterTime", "$readPreference", "txnNumber", "readConcern"}


class Reads(monitoring.CommandListener):
    """The reads that were sent while `commands` is a list."""

    def __init__(self) -> None:
        self.commands: list[Document] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.commands is not None and event.command_name in ("find", "aggregate"):
            self.commands.append({name: value for name, value in event.command.items() if name not in SESSION_FIELDS})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


def main(
    people: Annotated[int, typer.Option(min=1)] = 1_000_000, requests: Annotated[int, typer.Option(min=20)] = 200
) -> None:
    """Measure, print, and exit with 1 where a figure is missed."""
    sys.exit(0 if asyncio.run(_measure(people, requests)) else 1)


async def _measure(people: int, requests: int) -> bool:
    reads = Reads()
    monitoring.register(reads)
    async with benchmark_hub() as (hub, settings):
        await insert_people(hub, people)
        await _make_segments(hub, settings)
        rows = []
        for name, document in DOCUMENTS.items():
            graphql, bare = await _compare(hub, settings, reads, document, requests)
            ratio = graphql / bare
            measured = f"{ratio:.2f} ({graphql * 1000:.1f} ms / {bare * 1000:.1f} ms)"
            rows.append((name, measured, f"<= {MOST}", ratio <= MOST))
        return show(f"First pages, p95 of {requests} requests", rows)


async def _compare(hub: Hub, settings: Settings, reads: Reads, document: str, requests: int) -> tuple[float, float]:
    """The p95, in seconds, of the GraphQL request and of the bare route, made in turns."""
    commands: list[Document] = []
    app = Starlette(routes=[Route("/bare", _bare_route(hub, commands))])
    app.mount("/", create_app(settings, hub, NoQueue()))
    with closing(open_socket(settings.model_copy(update={"port": 0}))) as listening:
        server = make_server(app)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        async with httpx.AsyncClient(base_url=address_of(listening), trust_env=False) as http:
            await _graphql(http, document)
            reads.commands = commands
            await _graphql(http, document)
            reads.commands = None
            seconds = [(await _graphql(http, document), await _bare(http)) for _ in range(requests)]
        server.should_exit = True
        await serving
    return _p95([graphql for graphql, _ in seconds]), _p95([bare for _, bare in seconds])


def _bare_route(hub: Hub, commands: Sequence[Document]) -> Callable[[Request], Awaitable[Response]]:
    async def bare(request: Request) -> Response:
        answers = [[row async for row in await hub.database.cursor_command(command)] for command in commands]
        return Response(json.dumps(answers, default=str), media_type="application/json")

    return bare


async def _graphql(http: httpx.AsyncClient, document: str) -> float:
    began = time.perf_counter()
    answer = await http.post("/graphql", json={"query": document})
    elapsed = time.perf_counter() - began
    assert "errors" not in answer.json(), answer.text
    return elapsed


async def _bare(http: httpx.AsyncClient) -> float:
    began = time.perf_counter()
    answer = await http.get("/bare")
    elapsed = time.perf_counter() - began
    assert answer.status_code == 200
    return elapsed


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


async def _make_segments(hub: Hub, settings: Settings) -> None:
    """One refreshed segment that holds half the people, and a thousand more that point to its members."""
    now = datetime.now(UTC)
    half = Segment(
        id=new_segment_id(),
        name="Half",
        display_name="Half",
        kind=SegmentKind.DYNAMIC,
        state=SegmentState.ACTIVE,
        profile_type="Person",
        query="PROFILE(Person).FILTER(Income < 0.5)",
        created_at=now,
        updated_at=now,
    )
    await insert_segment(hub, half)
    run, _ = await store_run(hub, JobKind.REFRESH, [(half.id, JobTrigger.MANUAL)], now)
    await run_refresh(hub, settings, NoQueue(), run.id, owner="benchmark")
    stored = await hub.collection("segments").find_one({"_id": half.id})
    assert stored is not None
    assert stored["pointer"] is not None
    copies = [{**stored, "_id": new_segment_id(), "name": f"Copy{n}"} for n in range(SEGMENTS)]
    await hub.collection("segments").insert_many(copies)


if __name__ == "__main__":
    typer.run(main)
