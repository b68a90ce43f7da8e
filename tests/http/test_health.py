"""Health, readiness and the first page."""

from collections.abc import AsyncIterator

import httpx
import pytest

from seggql.asgi import create_app
from seggql.dev.mongod import free_port
from seggql.errors import UnavailableError
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.schema import VERSION


class NoQueue:
    """Nobody is told of runs."""

    def announce(self, run_id: str) -> None:
        raise AssertionError(run_id)


@pytest.fixture
async def http(hub: Hub, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over an opened hub and a broker that answers."""
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue(), reach_broker=lambda: "Redis 7.0"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


async def test_a_process_that_has_all_it_needs_is_ready_and_says_what(http: httpx.AsyncClient) -> None:
    ready = await http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "missing": [],
        "parts": {
            "mongodb": {"is_ready": True, "found": "answers"},
            "replica_set": {"is_ready": True, "found": "rs0"},
            "schema": {"is_ready": True, "found": f"version {VERSION}"},
            "broker": {"is_ready": True, "found": "Redis 7.0"},
        },
    }


async def test_a_process_without_mongodb_is_alive_but_not_ready_and_says_what_to_do() -> None:
    settings = Settings(mongodb_uri=f"mongodb://127.0.0.1:{free_port()}/", mongodb_timeout_s=0.2)
    hub = open_hub(settings)
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        alive, ready = await http.get("/healthz"), await http.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert ready.json()["missing"] == ["mongodb", "replica_set", "schema"]
    assert "SEGGQL_MONGODB_URI" in ready.json()["parts"]["mongodb"]["to_do"]
    assert ready.json()["parts"]["broker"] == {"is_ready": True, "found": "in this process"}
    await hub.close()


async def test_a_process_without_its_broker_is_not_ready(hub: Hub, settings: Settings) -> None:
    def away() -> str:
        raise UnavailableError("The broker does not answer.")

    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue(), reach_broker=away))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["broker"])
    assert "SEGGQL_BROKER_URL" in ready.json()["parts"]["broker"]["to_do"]


@pytest.mark.parametrize(("version", "to_do"), [(99, "newer release"), (1, "start this process again")])
async def test_a_process_over_another_version_of_the_schema_is_not_ready(
    http: httpx.AsyncClient, hub: Hub, version: int, to_do: str
) -> None:
    await hub.collection("schema").update_one({"_id": "version"}, {"$set": {"version": version}})
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["schema"])
    assert to_do in ready.json()["parts"]["schema"]["to_do"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_names_that_resolve_to_this_machine_do_not_reach_what_is_for_operators(
    http: httpx.AsyncClient, path: str
) -> None:
    refused = await http.get(path, headers={"host": "evil.example"})
    assert refused.status_code == 421


async def test_the_root_leads_to_graphiql(http: httpx.AsyncClient) -> None:
    assert (await http.get("/")).headers["location"] == "/graphql"
