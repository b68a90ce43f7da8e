"""A real scheduler process for tests, whose clock may be wrong."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from seggql.settings import Settings

RUN = """
from datetime import timedelta
import seggql.segments.planning as planning, seggql.segments.due as due
right, look = planning.request_instant, due.do_what_is_due
def wrong():
    return right() + timedelta(seconds=AHEAD_S)
async def looked(*args):
    await look(*args)
    print("looked", flush=True)
planning.request_instant, due.do_what_is_due = wrong, looked
from seggql.settings import Settings
from seggql.scheduler import run_scheduler
run_scheduler(Settings())
"""
"""What uses the clock takes it from there when it is imported, which is after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """A running scheduler."""

    process: "subprocess.Popen[str]"

    async def looks(self, times: int) -> None:
        """Wait until it has looked so many more times for what is due."""
        assert self.process.stdout is not None
        for _ in range(times):
            line = await asyncio.to_thread(self.process.stdout.readline)
            assert line == "looked\n", "the scheduler ended"


@contextmanager
def scheduler_process(settings: Settings, *, ahead_s: int = 0) -> Iterator[Scheduler]:
    """A scheduler with these settings, whose clock is ahead by so many seconds. Stopped at the end."""
    environment = os.environ | {
        "SEGGQL_MONGODB_URI": settings.mongodb_uri,
        "SEGGQL_DATABASE": settings.database,
        "SEGGQL_BROKER_URL": settings.broker_url,
        "SEGGQL_LEASE_S": str(settings.lease_s),
    }
    code = RUN.replace("AHEAD_S", str(ahead_s))
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield Scheduler(process=process)
    finally:
        process.send_signal(signal.SIGTERM)  # killed in a transaction, it would hold others up for a minute
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
