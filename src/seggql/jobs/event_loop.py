"""The event loop of a worker's actors: Dramatiq's own thread, or in `seggql dev` the loop that everything runs on."""

import asyncio
import logging
import threading
from contextlib import AsyncExitStack

from dramatiq import Broker, Middleware, Worker
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread, set_event_loop_thread
from dramatiq.middleware.middleware import MiddlewareError

from seggql.errors import SchemaError, SeggqlError
from seggql.evaluation.processes.pool import ProcessPool, processes_of
from seggql.jobs.workplace import Workplace
from seggql.store.hub import open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage
from seggql.store.presence import ProcessKind, present

INTERRUPT_CHECK_S = 0.1
"""How soon an interrupted actor notices."""


class WorkerNotBooted(MiddlewareError):
    """Dramatiq stops a worker only for errors of this family; it logs all others and goes on without what failed."""

    def __init__(self, cause: SeggqlError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class OpenHub(Middleware):
    """Opens the hub of a workplace on Dramatiq's event loop when the worker boots; stands after AsyncIO."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._opened = AsyncExitStack()

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Raises: WorkerNotBooted where MongoDB does not answer, or is newer than this code."""
        try:
            _loop().run_coroutine(self._open())
        except OUTAGES as error:
            raise WorkerNotBooted(outage(error)) from error
        except SchemaError as error:
            raise WorkerNotBooted(error) from error

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Close it; the loop is stopped after this."""
        _loop().run_coroutine(self._opened.aclose())

    async def _open(self) -> None:
        hub = open_hub(self._workplace.settings)
        try:
            await open_models(hub)
        except BaseException:
            await hub.close()
            raise
        self._opened.push_async_callback(hub.close)
        await self._opened.enter_async_context(present(hub, ProcessKind.WORKER))
        settings = self._workplace.settings
        self._workplace.pool = ProcessPool(settings, processes_of(settings))
        self._opened.push_async_callback(self._workplace.pool.close)
        self._workplace.hub = hub


class SharedLoop(Middleware):
    """Runs the actors on a loop that runs already, where the process's one hub lives."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Put the loop in the place of Dramatiq's own."""
        set_event_loop_thread(RunningLoop(self._loop))

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Leave the loop to those it belongs to."""
        set_event_loop_thread(None)


class RunningLoop(EventLoopThread):
    """Stands in for Dramatiq's event loop thread: the loop is somebody else's, and so are its start and end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        threading.Thread.__init__(self)
        self.interrupt_check_ival = INTERRUPT_CHECK_S
        self.logger = logging.getLogger(__name__)
        self.loop = loop


def _loop() -> EventLoopThread:
    loop = get_event_loop_thread()
    assert loop is not None, "the AsyncIO middleware stands before this one"
    return loop
