"""Sees that what was told to stop does: a task that lost its cancellation, a process whose work will not let go."""

import asyncio
import logging
import os
import threading
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

PAST_THE_LIMIT_S = 5.0
"""What tidying up may take once the time for requests and jobs is over."""

STOPPED_BY_FORCE = 70


CANCEL_AGAIN_S = 0.4
"""Dramatiq waits one second for an interrupted actor, and giving jobs back takes milliseconds."""

T = TypeVar("T")


async def cancel_for_certain(tasks: "Collection[asyncio.Task[Any]]") -> None:
    """Cancel `tasks`, again and again until they have ended; what they raised is left to whoever awaits them.

    PyMongo 4.20 loses about one cancellation in fifty that comes while a command is under way.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)


async def cancellable(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; cancelled, it has ended for certain."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        await cancel_for_certain([task])
        raise
    return task.result()


def end_in_time(stop_timeout_s: float) -> None:
    """End the process by force soon after `stop_timeout_s`; leases that it holds run out by themselves then."""
    timer = threading.Timer(stop_timeout_s + PAST_THE_LIMIT_S, _end, [stop_timeout_s])
    timer.daemon = True
    timer.start()


def _end(stop_timeout_s: float) -> None:
    logger.error("stopped by force, its work did not end limit_s=%s", stop_timeout_s)
    logging.shutdown()
    os._exit(STOPPED_BY_FORCE)
