"""For tests over GraphQL: a client of the real application, the runs it announced, and a count of database commands.

async def test_a_page_costs_two_reads(client: GraphQLClient, round_trips: RoundTrips) -> None:
    with round_trips as commands:
        await client.run("{ segments { nodes { name dependsOn { name } } } }")
    assert len(commands) <= 2, commands
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import httpx
import pytest
from pymongo import monitoring
from starlette.applications import Starlette

from seggql.asgi import create_app
from seggql.graphql.schema import NOUNS
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from tests.graphql import nouns
from tests.graphql.client import GraphQLClient

BASE_URL = "http://127.0.0.1:8000"

RoundTrips = AbstractContextManager[list[str]]
"""May be entered again and again."""


class CommandLog(monitoring.CommandListener):
    """Writes down the commands that are sent to MongoDB while somebody counts."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        for commands in self.lists:
            collection = event.command.get(event.command_name)
            commands.append(f"{event.command_name} {collection if isinstance(collection, str) else ''}".strip())

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


class Counted(AbstractContextManager[list[str]]):
    """Has the log write while it is entered."""

    def __init__(self, log: CommandLog) -> None:
        self._log = log

    def __enter__(self) -> list[str]:
        self._log.lists.append([])
        return self._log.lists[-1]

    def __exit__(self, *raised: object) -> None:
        self._log.lists.pop()


class Announced:
    """A queue of runs that only remembers."""

    def __init__(self) -> None:
        self.run_ids: list[str] = []

    def announce(self, run_id: str) -> None:
        self.run_ids.append(run_id)


@pytest.fixture(scope="session")
def command_log() -> CommandLog:
    """Hears every client that is made after it; that is why `hub` comes after it in these tests."""
    log = CommandLog()
    monitoring.register(log)
    return log


@pytest.fixture
async def hub(command_log: CommandLog, hub: Hub) -> Hub:
    """The hub of tests/conftest.py; fixtures are made from left to right, so its client has the listener."""
    return hub


@pytest.fixture
def round_trips(command_log: CommandLog) -> RoundTrips:
    """`with round_trips as commands`: the list of commands sent meanwhile, as `find segments`."""
    return Counted(command_log)


@pytest.fixture
def queue() -> Announced:
    """The ids of the runs that were announced."""
    return Announced()


@pytest.fixture
def app(settings: Settings, hub: Hub, queue: Announced) -> Starlette:
    """The application over the hub of this test."""
    return create_app(settings, hub, queue)


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[GraphQLClient]:
    """A client of `app`."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as http:
        yield GraphQLClient(http=http)


@pytest.fixture
async def bare_client(settings: Settings) -> AsyncIterator[GraphQLClient]:
    """A client of an application that has the nouns of tests too, over a hub without collections."""
    hub = open_hub(settings)
    app = create_app(settings, hub, Announced(), nouns=(*NOUNS, nouns.NOUN))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as http:
        yield GraphQLClient(http=http)
    await hub.close()
