"""Announces runs, and that packs are to be kept, to the workers through Dramatiq."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from dramatiq import Broker, Message
from dramatiq.errors import BrokerError
from redis.exceptions import RedisError

from seggql.errors import UnavailableError
from seggql.jobs.broker import RUNS_QUEUE, make_broker

PERFORM_RUN, KEEP_PACKS = "perform_run", "keep_packs"
"""Names of the actors: one takes a run's id, the other nothing."""

LEFT_ALONE_S = 3.0
"""How long a broker that did not answer is not asked again: a request that waits for it keeps all others waiting."""

AWAY = "The broker (SEGGQL_BROKER_URL) does not answer; try again soon."


class DramatiqQueue:
    """The WorkQueue of a process that sends to `broker`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._away_until = 0.0

    def announce(self, run_id: str) -> None:
        """Send the id of a run. Raises: UnavailableError where the broker does not answer, or did not just now."""
        self._send(PERFORM_RUN, run_id)

    def announce_packing(self) -> None:
        """Send that packs are to be seen to; raises what `announce` raises."""
        self._send(KEEP_PACKS)

    def _send(self, actor: str, *args: str) -> None:
        if monotonic() < self._away_until:
            raise UnavailableError(AWAY)
        message: Message[None] = Message(queue_name=RUNS_QUEUE, actor_name=actor, args=args, kwargs={}, options={})
        try:
            self._broker.enqueue(message)
        except (BrokerError, RedisError, OSError) as error:
            self._away_until = monotonic() + LEFT_ALONE_S
            raise UnavailableError(AWAY) from error


@contextmanager
def open_queue(broker_url: str) -> Iterator[DramatiqQueue]:
    """The WorkQueue of a process that only announces; its connections are given back at the end.

    Raises: RequestError (INVALID) for an unknown kind of broker.
    """
    broker = make_broker(broker_url)
    try:
        yield DramatiqQueue(broker)
    finally:
        broker.close()
