"""Keeps the lease on a run while its work goes on, and stops the work when the lease is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seggql.store.hub import Hub
from seggql.store.job import Run
from seggql.store.outage import OUTAGES
from seggql.store.runs import extend_lease, release_run

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 4
"""Heartbeats in one lease: three may be lost before others take the run over."""

RELEASE_TIMEOUT_S = 0.8
"""Dramatiq waits one second for an interrupted actor."""


class LeaseLost(Exception):
    """Somebody else has the run: nothing that was done for it may be written, and its fencing token sees to that."""


@asynccontextmanager
async def kept_lease(hub: Hub, run: Run, lease_s: float) -> AsyncIterator[None]:
    """Send heartbeats while the block runs; give the run back where the block is interrupted.

    Raises: LeaseLost out of the block where another worker took the run over.
    """
    lost = False

    async def beat(work: asyncio.Task[object]) -> None:
        nonlocal lost
        while True:
            await asyncio.sleep(lease_s / BEATS_PER_LEASE)
            try:
                lost = not await extend_lease(hub, run, lease_s)
            except OUTAGES as error:
                logger.warning("heartbeat missed run=%s error=%s", run.id, type(error).__name__)
            if lost:
                work.cancel()
                return

    work = asyncio.current_task()
    assert work is not None, "a lease is kept by a task"
    heart = asyncio.create_task(beat(work))
    try:
        yield
    except asyncio.CancelledError:
        if lost:
            work.uncancel()
            raise LeaseLost(f"another worker has taken over run {run.id}") from None
        await _give_back(hub, run)
        raise
    finally:
        heart.cancel()


async def _give_back(hub: Hub, run: Run) -> None:
    """Let another worker claim the run at once; where that fails the lease runs out by itself."""
    try:
        async with asyncio.timeout(RELEASE_TIMEOUT_S):
            await asyncio.shield(release_run(hub, run))
    except TimeoutError:
        logger.warning("run not released in time run=%s", run.id)
    except OUTAGES as error:
        logger.warning("run not released run=%s error=%s", run.id, type(error).__name__)
