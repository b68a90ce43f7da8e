"""`seggql serve`: the API over a MongoDB and a broker that are already there."""

import asyncio
import signal
from functools import partial
from socket import socket

from seggql.asgi import create_app
from seggql.http.listen import address_of, make_server, open_socket, serve
from seggql.jobs.broker import make_broker
from seggql.jobs.queue import DramatiqQueue
from seggql.jobs.reach import reach_broker
from seggql.settings import Settings
from seggql.stopping import end_in_time
from seggql.store.hub import open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage
from seggql.store.presence import ProcessKind, present


def run_server(settings: Settings) -> None:
    """Answer requests until SIGINT or SIGTERM.

    Raises: UnavailableError where the port is taken or MongoDB does not answer; RequestError for bad settings.
    """
    with open_socket(settings) as listening:
        asyncio.run(_run(settings, listening))


async def _run(settings: Settings, listening: socket) -> None:
    queue = DramatiqQueue(make_broker(settings.broker_url))
    hub = open_hub(settings)
    try:
        await open_models(hub)
        app = create_app(settings, hub, queue, reach_broker=partial(reach_broker, settings.broker_url))
        serving = asyncio.ensure_future(serve(make_server(app, settings.stop_timeout_s), listening))

        def stop() -> None:
            end_in_time(settings.stop_timeout_s)
            serving.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        print(f"seggql answers at {address_of(listening)}/graphql, to this machine only", flush=True)
        async with present(hub, ProcessKind.API):
            await asyncio.wait([serving])
    except OUTAGES as error:
        raise outage(error) from error
    finally:
        await hub.close()
