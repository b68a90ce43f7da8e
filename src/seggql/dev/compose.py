"""API, worker, scheduler and demo on one event loop with one hub, until told to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from socket import socket

from rich.console import Console

from seggql.asgi import create_app
from seggql.dev.demo.examples import EXAMPLES
from seggql.dev.demo.prepare import Workshop, prepare_demo
from seggql.dev.mongod import Mongod
from seggql.dev.options import DevOptions
from seggql.dev.supervise import until_stopped
from seggql.dev.welcome import progress_bars, tell_address, tell_file, tell_what_to_try
from seggql.errors import SchemaError, UnavailableError
from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.http.listen import address_of, make_server, serve
from seggql.jobs.in_process import working_here
from seggql.scheduler import schedule
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage
from seggql.store.presence import ProcessKind, present
from seggql.store.run_queue import RunQueue

WATCH_INTERVAL_S = 0.5
"""How soon it is noticed that MongoDB ended."""

DEV_STOP_TIMEOUT_S = 3.0
"""Open pages of GraphiQL hold a subscription; whoever pressed Ctrl-C does not want to wait for them."""

CLOSE_TIMEOUT_S = 2.0
"""How long the driver may take to say goodbye to a server that may be gone."""


async def run_together(
    settings: Settings, options: DevOptions, listening: socket, mongod: Mongod | None, console: Console
) -> None:
    """Run every part over `settings` until a signal.

    Raises: UnavailableError where MongoDB does not answer at the start, or `mongod`, where it is ours, ends.
    """
    async with _opened(settings) as hub, working_here(hub, settings) as queue:
        server = make_server(create_app(settings, hub, queue), DEV_STOP_TIMEOUT_S)
        parts = [
            serve(server, listening),
            schedule(hub, settings, queue),
            _watch(mongod),
            _greet(hub, queue, settings, options, address_of(listening), console),
        ]
        try:
            async with present(hub, *ProcessKind):
                await until_stopped(parts)
        except UnavailableError as error:
            raise await _told(mongod, error) from error
        except OUTAGES as error:
            raise await _told(mongod, outage(error)) from error


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Hub]:
    """The hub, ready for use, closed at the end. Raises: UnavailableError where its MongoDB does not answer."""
    hub = open_hub(settings)
    try:
        await open_models(hub)
    except OUTAGES as error:
        await hub.close()
        raise outage(error) from error
    except SchemaError:
        await hub.close()
        raise
    try:
        yield hub
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await hub.close()


async def _watch(mongod: Mongod | None) -> None:
    """Raises: UnavailableError once our mongod has ended by itself."""
    while True:
        await asyncio.sleep(WATCH_INTERVAL_S)
        if mongod is not None and not mongod.is_running:
            raise UnavailableError(mongod.epitaph())


async def _told(mongod: Mongod | None, error: UnavailableError) -> UnavailableError:
    """What to tell of `error`: where our mongod has ended, or is just ending, how that came about."""
    if mongod is not None:
        await asyncio.sleep(WATCH_INTERVAL_S)
    return UnavailableError(mongod.epitaph()) if mongod is not None and not mongod.is_running else error


async def _greet(
    hub: Hub, queue: RunQueue, settings: Settings, options: DevOptions, address: str, console: Console
) -> None:
    """Say where everything is; with the demo, once its data are there."""
    if not options.demo:
        tell_address(console, settings, address)
        return
    with progress_bars(console) as progress:
        exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
        workshop = Workshop(hub=hub, settings=settings, queue=queue, exporters=exporters, progress=progress)
        demo = await prepare_demo(workshop, today=datetime.now(UTC), keep_dates=options.keep_dates)
    tell_address(console, settings, address)
    tell_what_to_try(console, EXAMPLES)
    if demo.exported_to:
        tell_file(console, demo.exported_to, demo.exported_members)
