"""The broker that carries runs to the workers: Redis, or a queue inside the process for `seggql dev`."""

from urllib.parse import urlsplit

import redis
from dramatiq import Broker, Middleware
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries, ShutdownNotifications, TimeLimit

from seggql.errors import RequestCode, RequestError

RUNS_QUEUE = "runs"
"""Dramatiq's queue of run ids."""

CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S = 2.0, 10.0
"""How long Redis may take to be there, and to answer."""

HEARTBEAT_TIMEOUT_MS = 60_000
"""After so long without a sign of a worker process, Dramatiq gives its messages to others."""


def make_broker(url: str) -> Broker:
    """The broker at `url`; nothing is sent yet. Raises: RequestError (INVALID) for an unknown kind of broker."""
    scheme = urlsplit(url).scheme
    if scheme not in ("redis", "rediss"):
        message = f"SEGGQL_BROKER_URL must begin with redis://, not with {scheme or 'nothing'!r}."
        raise RequestError(RequestCode.INVALID, message)
    client = redis.Redis.from_url(url, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=ANSWER_TIMEOUT_S)
    broker: Broker = ClosingRedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves this one untyped
        client=client, middleware=_middleware(), heartbeat_timeout=HEARTBEAT_TIMEOUT_MS
    )
    broker.declare_queue(RUNS_QUEUE)
    return broker


class ClosingRedisBroker(RedisBroker):
    """Dramatiq's, which leaves its connections to the garbage collector."""

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()


def make_process_broker() -> Broker:
    """A broker that ends with the process; what was queued in it is announced again from MongoDB."""
    broker = StubBroker(middleware=_middleware())
    broker.declare_queue(RUNS_QUEUE)
    return broker


def _middleware() -> list[Middleware]:
    return [TimeLimit(), ShutdownNotifications(), Retries()]
