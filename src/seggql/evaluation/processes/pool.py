"""The processes that a worker has beside itself to evaluate big passes: started when needed, and kept for a while.

They have nothing of their own: each is asked for one share of a pass at a time and answers with bitmaps. Whichever is
killed or fails loses nothing, for the worker evaluates its share then. They end with the worker, however that ends,
because they read from it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from seggql.evaluation.processes.started import ProcessLost, StartedProcess, start_process
from seggql.settings import Settings
from seggql.store.snapshot import Snapshot

MOST_BY_DEFAULT = 4
"""More processes than these wait for MongoDB more than they evaluate."""

WORTH_START_S = 3.0
"""Processes are started after so many seconds of work that they might have shared; each takes nearly one to start."""

IDLE_S = 300.0
"""A process that has had nothing to do for so long ends: it holds 120 MB at least."""


def processes_of(settings: Settings) -> int:
    """How many processes evaluate a big refresh together, the worker being one."""
    return settings.refresh_processes or default_processes(cpus())


def default_processes(of_cpus: int) -> int:
    """How many do on a machine with so many CPUs, of which MongoDB and other workers want some, too."""
    return max(1, min(MOST_BY_DEFAULT, of_cpus // 2))


def idle_cpus() -> int:
    """How many CPUs besides that of this process had nothing to do in the last minute."""
    return max(0, min(cpus() - 1, round(cpus() - os.getloadavg()[0])))


def cpus() -> int:
    """The CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessPool:
    """Places for processes beside this one, for all runs of a worker; used on one event loop, and closed at the end."""

    def __init__(self, settings: Settings, processes: int) -> None:
        self.places = tuple(ProcessPlace(settings) for _ in range(processes - 1))
        self._work_s = 0.0
        self._worked_at = monotonic()

    def is_worth_starting(self, work_s: float) -> bool:
        """Whether processes should be started now that so many seconds more could be shared, soon after others."""
        if monotonic() - self._worked_at > IDLE_S:
            self._work_s = 0.0
        self._worked_at = monotonic()
        self._work_s += work_s
        return self._work_s >= WORTH_START_S

    async def close(self) -> None:
        """End all processes."""
        await asyncio.gather(*(place.close() for place in self.places))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The processes that take part in an evaluation, and the snapshot that it reads."""

    pool: ProcessPool
    snapshot: Snapshot


class ProcessPlace:
    """A place where there is one process at most, for one user at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._starting: asyncio.Task[StartedProcess | None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._idle: asyncio.TimerHandle | None = None

    @property
    def is_free(self) -> bool:
        """Whether nobody uses it."""
        return not self._lock.locked()

    @property
    def started(self) -> StartedProcess | None:
        """The process, where there is one that takes requests."""
        if self._starting is None or not self._starting.done() or self._starting.cancelled():
            return None
        started = self._starting.result()
        return None if started is None or started.has_ended else started

    @asynccontextmanager
    async def process(self) -> AsyncIterator[StartedProcess]:
        """The process, started where there is none, and ended where the block does not come to its end.

        Whoever no longer waits for its start leaves it to the next. Raises: ProcessLost where it does not start.
        """
        async with self._lock:
            self._stay()
            try:
                started = await asyncio.shield(self._start())
                if started is None:
                    raise ProcessLost("It did not start.")
                try:
                    yield started
                except BaseException:
                    self._end()
                    raise
            finally:
                self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._end_idle)

    async def close(self) -> None:
        """End the process; whoever uses it has lost it."""
        self._stay()
        self._end()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _start(self) -> "asyncio.Task[StartedProcess | None]":
        if self._starting is None or (self._starting.done() and self.started is None):
            self._starting = asyncio.ensure_future(start_process(self._settings))
        return self._starting

    def _stay(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None

    def _end_idle(self) -> None:
        if self.is_free:
            self._end()

    def _end(self) -> None:
        starting, self._starting = self._starting, None
        if starting:
            task = asyncio.ensure_future(_ended(starting))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


async def _ended(starting: "asyncio.Task[StartedProcess | None]") -> None:
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting])
    if not starting.cancelled() and (started := starting.result()):
        await started.end()
