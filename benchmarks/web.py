"""Requests over GraphQL beside bare Starlette routes, on one server over one hub.

A bare route makes the reads that a GraphQL request was seen to make, or one of its own, and sends what they return.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing

import httpx
from pymongo import monitoring
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.hub import NoQueue
from seggql.asgi import create_app
from seggql.http.listen import address_of, make_server, open_socket
from seggql.settings import Settings
from seggql.store.hub import Document, Hub

SESSION_FIELDS = {"lsid", "$db", "$clusterTime", "$readPreference", "txnNumber", "readConcern"}

Read = Callable[[Request], Awaitable[object]]
"""What a bare route reads, as JSON can say it (dates and ids become texts)."""


class Reads(monitoring.CommandListener):
    """The reads that were sent while `commands` is a list; register it before the hub is opened."""

    def __init__(self) -> None:
        self.commands: list[Document] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.commands is not None and event.command_name in ("find", "aggregate"):
            self.commands.append({name: value for name, value in event.command.items() if name not in SESSION_FIELDS})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@asynccontextmanager
async def served(hub: Hub, settings: Settings, bare: dict[str, Read]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API over `hub`, with bare routes at these paths beside it."""
    app = Starlette(routes=[Route(path, _route(read)) for path, read in bare.items()])
    app.mount("/", create_app(settings, hub, NoQueue()))
    with closing(open_socket(settings.model_copy(update={"port": 0}))) as listening:
        server = make_server(app, settings.stop_timeout_s)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        async with httpx.AsyncClient(base_url=address_of(listening), trust_env=False, timeout=60) as http:
            yield http
        server.should_exit = True
        await serving


async def compare_with_reads(
    hub: Hub, settings: Settings, reads: Reads, document: str, requests: int
) -> tuple[float, float]:
    """The p95, in seconds, of a GraphQL request and of a bare route that makes the same reads, in turns."""
    commands: list[Document] = []

    async def same(request: Request) -> object:
        return [[row async for row in await hub.database.cursor_command(command)] for command in commands]

    async with served(hub, settings, {"/bare": same}) as http:
        await ask(http, document)
        reads.commands = commands
        await ask(http, document)
        reads.commands = None
        seconds = [(await ask(http, document), await get(http, "/bare")) for _ in range(requests)]
    return p95([graphql for graphql, _ in seconds]), p95([bare for _, bare in seconds])


async def ask(http: httpx.AsyncClient, document: str) -> float:
    """The seconds that a GraphQL request took."""
    began = time.perf_counter()
    answer = await http.post("/graphql", json={"query": document})
    elapsed = time.perf_counter() - began
    assert "errors" not in answer.json(), answer.text
    return elapsed


async def get(http: httpx.AsyncClient, path: str) -> float:
    """The seconds that a bare route took."""
    began = time.perf_counter()
    answer = await http.get(path)
    elapsed = time.perf_counter() - began
    assert answer.status_code == 200
    return elapsed


def p95(seconds: Sequence[float]) -> float:
    """What all but one in twenty stay below."""
    return sorted(seconds)[int(len(seconds) * 0.95)]


def _route(read: Read) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        return Response(json.dumps(await read(request), default=str), media_type="application/json")

    return respond
