"""Health and the first page."""

from collections.abc import AsyncIterator

import httpx
import pytest

from seggql.asgi import create_app
from seggql.dev.mongod import free_port
from seggql.settings import Settings
from seggql.store.hub import open_hub


class NoQueue:
    """Nobody is told of runs."""

    def announce(self, run_id: str) -> None:
        raise AssertionError(run_id)


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over an empty hub."""
    hub = open_hub(settings)
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http
    await hub.close()


async def test_a_process_that_reaches_mongodb_is_healthy(http: httpx.AsyncClient) -> None:
    health = await http.get("/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok", "mongodb": "ok"})


async def test_a_process_without_mongodb_says_so() -> None:
    settings = Settings(mongodb_uri=f"mongodb://127.0.0.1:{free_port()}/", mongodb_timeout_s=0.2)
    hub = open_hub(settings)
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        health = await http.get("/health")
    assert (health.status_code, health.json()["mongodb"]) == (503, "unavailable")
    await hub.close()


async def test_the_root_leads_to_graphiql(http: httpx.AsyncClient) -> None:
    assert (await http.get("/")).headers["location"] == "/graphql"
