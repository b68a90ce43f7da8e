"""Tells that a worker's broker is away: one line a minute that names the setting, instead of Dramatiq's every 3 s."""

import logging
from collections.abc import Iterable
from time import monotonic

from dramatiq.common import dq_name
from redis.exceptions import RedisError

TOLD_EVERY_S = 60.0
"""How often it is told again while it lasts."""


class BrokerOutages(logging.Filter):
    """Filter of Dramatiq's consumers: turns their first line of an outage into ours, and drops the others."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at: float | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Called by logging for each line."""
        if record.msg.startswith("Restarting consumer"):
            return False
        if not (cause := _outage(record)):
            return True
        if self._told_at is not None and monotonic() < self._told_at + TOLD_EVERY_S:
            return False
        self._told_at = monotonic()
        record.name, record.msg = __name__, "broker away, tried again every 3 s; see SEGGQL_BROKER_URL error=%s"
        record.args, record.exc_info, record.exc_text = (cause,), None, None
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        return True


def tell_outages(queues: Iterable[str]) -> None:
    """Have the consumers of `queues` in this process tell outages so."""
    outages = BrokerOutages()
    for queue in queues:
        for name in (queue, dq_name(queue)):
            logging.getLogger(f"dramatiq.worker.ConsumerThread({name})").addFilter(outages)


def _outage(record: logging.LogRecord) -> str | None:
    """What keeps the broker away, of a line that says so: Dramatiq takes a name that is not found for a bug."""
    if record.msg.startswith("Consumer encountered a connection error"):
        cause = record.args[0] if isinstance(record.args, tuple) and record.args else None
        return str(cause) or repr(cause)
    error = record.exc_info[1] if record.exc_info else None
    return repr(error) if isinstance(error, OSError | RedisError) else None
