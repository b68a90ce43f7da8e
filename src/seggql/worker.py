"""The worker process: takes runs from the broker and does them; any number of them may run."""

import logging
import signal
import threading
from types import FrameType

from dramatiq import Worker
from dramatiq.middleware import AsyncIO

from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.jobs.actors import declare_actors
from seggql.jobs.broker import RUNS_QUEUE, make_broker
from seggql.jobs.event_loop import OpenHub, WorkerNotBooted
from seggql.jobs.outages import tell_outages
from seggql.jobs.queue import DramatiqQueue
from seggql.jobs.workplace import Workplace
from seggql.settings import Settings
from seggql.stopping import end_in_time
from seggql.store.presence import process_name

logger = logging.getLogger(__name__)

THREADS = 4
"""Runs at once; more of them only wait for MongoDB and each other."""


def run_worker(settings: Settings, *, threads: int = THREADS) -> None:
    """Work until SIGINT or SIGTERM; runs in progress are given back then, and the old generations stay in force.

    Raises: UnavailableError where MongoDB does not answer at the start, SchemaError where it is newer than this code;
    RequestError for a broker that is not known.
    """
    stop = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, tell)
    broker = make_broker(settings.broker_url)
    exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
    workplace = Workplace(
        settings=settings,
        exporters=exporters,
        queue=DramatiqQueue(broker),
        owner=process_name(),
    )
    broker.add_middleware(AsyncIO())
    broker.add_middleware(OpenHub(workplace))
    declare_actors(broker, workplace)
    tell_outages([RUNS_QUEUE])
    worker = Worker(broker, worker_threads=threads)
    broker.emit_after("process_boot")
    try:
        worker.start()
    except WorkerNotBooted as error:
        # Whatever did boot ends with this; the thread of the event loop would keep the process alive.
        broker.emit_after("worker_shutdown", worker)
        raise error.cause from error
    logger.info("worker started owner=%s threads=%s", workplace.owner, threads)
    stop.wait()
    end_in_time(settings.stop_timeout_s)
    worker.stop(round(settings.stop_timeout_s * 1000))
    broker.close()
