"""A real worker process for tests, which can be killed at a chosen moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from seggql.settings import Settings

RUN = "from seggql.settings import Settings; from seggql.worker import run_worker; run_worker(Settings(), threads=2)"

STALL = """
import asyncio
import seggql.segments.refresh_commit as commit
async def stall(*args, **kwargs):
    print("stalled", flush=True)
    await asyncio.sleep(600)
commit.commit_generations = stall
"""
"""Makes a worker stop for ever when all chunks are written and only the commit is left."""

STALL_IN_TRANSACTION = """
import asyncio
import seggql.store.claims as claims
async def stall(*args, **kwargs):
    print("stalled", flush=True)
    await asyncio.sleep(600)
claims._pick = stall
"""
"""Makes a worker stop for ever between two writes of one transaction."""


@contextmanager
def worker_process(settings: Settings, *, before: str = "") -> Iterator["subprocess.Popen[str]"]:
    """A worker with these settings; `before` is code that its process runs first. Killed at the end."""
    environment = os.environ | {
        "SEGGQL_MONGODB_URI": settings.mongodb_uri,
        "SEGGQL_DATABASE": settings.database,
        "SEGGQL_BROKER_URL": settings.broker_url,
        "SEGGQL_EXPORT_DIR": str(settings.export_dir),
        "SEGGQL_LEASE_S": str(settings.lease_s),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", before + "\n" + RUN], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
