"""Which of the driver's errors mean that MongoDB cannot be reached, so that callers may say so."""

from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WaitQueueTimeoutError

from seggql.errors import UnavailableError

OUTAGES: tuple[type[PyMongoError], ...] = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError)
"""No server, no primary, a lost connection, or an answer that took too long: the same call may succeed later."""


def outage(error: Exception) -> UnavailableError:
    """What a caller is told of one of OUTAGES; addresses and driver details stay in the log."""
    return UnavailableError("MongoDB does not answer. Nothing is known to be wrong with the request; try again soon.")
