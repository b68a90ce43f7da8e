"""Which of the driver's errors mean that MongoDB cannot be reached, so that callers may say so, or wait."""

import asyncio
from collections.abc import Awaitable, Callable

from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WaitQueueTimeoutError

from seggql.errors import MongoDBAway

OUTAGES: tuple[type[PyMongoError], ...] = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError)
"""No server, no primary, a lost connection, or an answer that took too long: the same call may succeed later."""


def outage(error: Exception) -> MongoDBAway:
    """What a caller is told of one of OUTAGES; addresses and driver details stay in the log."""
    return MongoDBAway("MongoDB does not answer. Nothing is known to be wrong with the request; try again soon.")


RECORD_TRIES, RECORD_BACKOFF_S, RECORD_LONGEST_S = 40, 0.5, 30.0
"""How an interruption is noted: again and again for a quarter of an hour; then leases run out and others see to it."""


async def once_back(note: Callable[[], Awaitable[None]]) -> None:
    """Do `note` as soon as MongoDB answers again. Raises: what it last met with where that takes too long."""
    for attempt in range(RECORD_TRIES):
        try:
            await note()
            return
        except OUTAGES:
            if attempt + 1 == RECORD_TRIES:
                raise
            await asyncio.sleep(min(RECORD_LONGEST_S, RECORD_BACKOFF_S * 2**attempt))
