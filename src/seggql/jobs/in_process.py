"""The worker of `seggql dev`: threads that wait for runs, and actors on the loop and hub that the process has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dramatiq import Worker

from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.jobs.actors import declare_actors
from seggql.jobs.broker import make_process_broker
from seggql.jobs.event_loop import SharedLoop
from seggql.jobs.queue import DramatiqQueue
from seggql.jobs.workplace import Workplace
from seggql.settings import Settings
from seggql.store.hub import Hub

THREADS = 4
"""Runs at once; each thread only waits for its run on the loop."""


@asynccontextmanager
async def working_here(hub: Hub, settings: Settings) -> AsyncIterator[DramatiqQueue]:
    """A worker in this process, on this event loop and `hub`, until the block ends; yields the queue that feeds it."""
    broker = make_process_broker()
    broker.add_middleware(SharedLoop(asyncio.get_running_loop()))
    exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
    queue = DramatiqQueue(broker)
    declare_actors(broker, Workplace(settings=settings, exporters=exporters, queue=queue, owner="dev", hub=hub))
    worker = Worker(broker, worker_threads=THREADS, worker_timeout=100)
    broker.emit_after("process_boot")
    worker.start()
    try:
        yield queue
    finally:
        await asyncio.to_thread(worker.stop, round(settings.stop_timeout_s * 1000))
        broker.close()
