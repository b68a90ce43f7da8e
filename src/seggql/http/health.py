"""`GET /healthz`: the process is alive; `GET /readyz`: what it needs is there, or what is missing and what to do."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pymongo.errors import PyMongoError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from seggql.errors import SchemaError, SeggqlError
from seggql.store.hub import Hub
from seggql.store.schema import VERSION, schema_version

LOOK_TIMEOUT_S = 3.0
"""Orchestrators ask every few seconds and give up after a few themselves."""

NO_STORE = {"cache-control": "no-store"}

ReachBroker = Callable[[], str]
"""Says which broker answers; may take a few seconds. Raises: SeggqlError where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that the process needs: what is there, or what is missing and what to do about it."""

    is_ready: bool
    found: str | None = None
    missing: str | None = None
    to_do: str | None = None


def health_routes(hub: Hub, reach_broker: ReachBroker | None) -> list[Route]:
    """Both; `reach_broker` None means that the broker is in this process."""

    async def ready(request: Request) -> Response:
        parts = await _look(hub, reach_broker)
        is_ready = all(part.is_ready for part in parts.values())
        told = {
            "status": "ready" if is_ready else "not ready",
            "missing": [name for name, part in parts.items() if not part.is_ready],
            "parts": {name: _told(part) for name, part in parts.items()},
        }
        return JSONResponse(told, 200 if is_ready else 503, headers=NO_STORE)

    return [Route("/healthz", _alive), Route("/readyz", ready)]


async def _alive(request: Request) -> Response:
    return JSONResponse({"status": "alive"}, headers=NO_STORE)


async def _look(hub: Hub, reach_broker: ReachBroker | None) -> dict[str, Part]:
    looks: dict[str, Callable[[], Awaitable[Part]]] = {
        "mongodb": lambda: _mongodb(hub),
        "replica_set": lambda: _replica_set(hub),
        "schema": lambda: _schema(hub),
        "broker": lambda: _broker(reach_broker),
    }
    parts = await asyncio.gather(*(_in_time(look) for look in looks.values()))
    return dict(zip(looks, parts, strict=True))


async def _in_time(look: Callable[[], Awaitable[Part]]) -> Part:
    away = Part(
        is_ready=False,
        missing=f"no answer within {LOOK_TIMEOUT_S:.0f} s",
        to_do="see the part `mongodb`, and ask again",
    )
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            return await look()
    except (TimeoutError, PyMongoError):
        return away


async def _mongodb(hub: Hub) -> Part:
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_S - 0.5):
            await hub.database.command("ping")
    except (TimeoutError, PyMongoError) as error:
        cause = f"MongoDB does not answer ({type(error).__name__})"
        return Part(
            is_ready=False, missing=cause, to_do="start MongoDB, or correct SEGGQL_MONGODB_URI; seggql doctor says more"
        )
    return Part(is_ready=True, found="answers")


async def _replica_set(hub: Hub) -> Part:
    hello = await hub.database.command("hello")
    name = hello.get("setName")
    if not (name or hello.get("msg") == "isdbgrid"):
        return Part(
            is_ready=False,
            missing="MongoDB is no replica set, which snapshots and transactions need",
            to_do="start mongod with --replSet and call rs.initiate(); one node will do",
        )
    if not hello.get("isWritablePrimary"):
        return Part(is_ready=False, missing="there is no primary", to_do="see rs.status() in mongosh")
    return Part(is_ready=True, found=name or "sharded")


async def _schema(hub: Hub) -> Part:
    try:
        version = await schema_version(hub)
    except SchemaError as error:
        return Part(is_ready=False, missing=str(error), to_do="start the newer release of seggql")
    if version < VERSION:
        missing = f"the database has version {version} of the schema, and {VERSION} is needed"
        return Part(is_ready=False, missing=missing, to_do="start this process again: it migrates the database")
    return Part(is_ready=True, found=f"version {version}")


async def _broker(reach_broker: ReachBroker | None) -> Part:
    if reach_broker is None:
        return Part(is_ready=True, found="in this process")
    try:
        return Part(is_ready=True, found=await asyncio.to_thread(reach_broker))
    except SeggqlError as error:
        return Part(is_ready=False, missing=str(error), to_do="start the broker, or correct SEGGQL_BROKER_URL")


def _told(part: Part) -> dict[str, object]:
    facts = {"found": part.found, "missing": part.missing, "to_do": part.to_do}
    return {"is_ready": part.is_ready} | {name: fact for name, fact in facts.items() if fact}
