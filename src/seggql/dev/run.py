"""`seggql dev`: MongoDB, API, worker and scheduler of one machine, started together and stopped together."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

from rich.console import Console

from seggql.asgi import create_app
from seggql.dev.demo.examples import EXAMPLES
from seggql.dev.demo.prepare import Workshop, prepare_demo
from seggql.dev.mongod import Mongod, running_mongod
from seggql.dev.place import taken
from seggql.dev.supervise import until_stopped
from seggql.dev.welcome import (
    progress_bars,
    tell_address,
    tell_file,
    tell_start,
    tell_stop,
    tell_what_to_try,
)
from seggql.errors import UnavailableError
from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.http.listen import address_of, make_server, open_socket, serve
from seggql.jobs.in_process import working_here
from seggql.scheduler import schedule
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage
from seggql.store.run_queue import RunQueue

WATCH_INTERVAL_S = 0.5
"""How soon it is noticed that MongoDB ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevOptions:
    """What the command line says; the rest comes from the settings."""

    data_dir: Path
    demo: bool = False
    keep_dates: bool = False


def run_dev(settings: Settings, options: DevOptions, console: Console) -> None:
    """Run until Ctrl-C (SIGINT) or SIGTERM, then stop every process that was started.

    Raises: UnavailableError where the folder or the port is taken, or MongoDB is missing, does not start, or ends.
    """
    try:
        with taken(options.data_dir) as folder, open_socket(settings) as listening:
            tell_start(console, folder)
            with _mongodb(settings, folder) as mongod:
                asyncio.run(_run(_settled(settings, folder, mongod), options, listening, mongod, console))
    except KeyboardInterrupt:
        pass
    tell_stop(console)


@contextmanager
def _mongodb(settings: Settings, folder: Path) -> Iterator[Mongod | None]:
    """A mongod of our own, or None where the settings name one that is there."""
    if "mongodb_uri" in settings.model_fields_set:
        yield None
        return
    with running_mongod(folder) as mongod:
        yield mongod


def _settled(settings: Settings, folder: Path, mongod: Mongod | None) -> Settings:
    """The settings with what this start decided."""
    decided: dict[str, object] = {}
    if mongod is not None:
        decided["mongodb_uri"] = mongod.uri
    if "export_dir" not in settings.model_fields_set:
        decided["export_dir"] = folder / "exports"
    return settings.model_copy(update=decided)


async def _run(
    settings: Settings, options: DevOptions, listening: socket, mongod: Mongod | None, console: Console
) -> None:
    async with _opened(settings) as hub, working_here(hub, settings) as queue:
        server = make_server(create_app(settings, hub, queue))
        await until_stopped(
            [
                serve(server, listening),
                schedule(hub, queue),
                _watch(mongod),
                _greet(hub, queue, settings, options, address_of(listening), console),
            ]
        )


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Hub]:
    """The hub, ready for use, closed at the end. Raises: UnavailableError where its MongoDB does not answer."""
    hub = open_hub(settings)
    try:
        await open_models(hub)
    except OUTAGES as error:
        await hub.close()
        raise outage(error) from error
    try:
        yield hub
    finally:
        await hub.close()


async def _watch(mongod: Mongod | None) -> None:
    """Raises: UnavailableError once our mongod has ended by itself."""
    while True:
        await asyncio.sleep(WATCH_INTERVAL_S)
        if mongod is not None and not mongod.is_running:
            raise UnavailableError(mongod.epitaph())


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
