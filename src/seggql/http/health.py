"""`GET /health`: whether this process can answer requests now."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seggql.store.hub import Hub
from seggql.store.outage import OUTAGES

PING_TIMEOUT_S = 2.0
"""Orchestrators ask every few seconds and give up after a few themselves."""


def health_endpoint(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint: 200 when MongoDB answers, else 503; the body says which part does not."""

    async def health(request: Request) -> Response:
        is_up = await _answers(hub)
        parts = {"status": "ok" if is_up else "unavailable", "mongodb": "ok" if is_up else "unavailable"}
        return JSONResponse(parts, 200 if is_up else 503, headers={"cache-control": "no-store"})

    return health


async def _answers(hub: Hub) -> bool:
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await hub.database.command("ping")
    except TimeoutError:
        return False
    except OUTAGES:
        return False
    return True
