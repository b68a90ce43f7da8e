"""Serves an application on loopback, on the loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from seggql.http.listen import make_server


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """The address (`http://127.0.0.1:…`) that `app` answers on until the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = make_server(app, 1.0)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not (server.started or task.done()):  # noqa: ASYNC110 - uvicorn only has the flag
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
