"""The broker that carries runs to the workers: Redis, RabbitMQ, or a queue inside the process for `seggql dev`."""

import logging
from typing import Any
from urllib.parse import urlsplit

import redis
from dramatiq import Broker, Middleware
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import ShutdownNotifications, TimeLimit

from seggql.errors import RequestCode, RequestError
from seggql.jobs.handing_over import HandingOver

RUNS_QUEUE = "runs"
"""Dramatiq's queue of run ids."""

CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S = 2.0, 10.0
"""How long a broker may take to be there, and to answer."""

HEARTBEAT_TIMEOUT_MS = 60_000
"""After so long without a sign of a worker process, Dramatiq gives its messages to others (Redis)."""

REDIS, RABBITMQ = ("redis", "rediss"), ("amqp", "amqps")


def make_broker(url: str) -> Broker:
    """The broker at `url`; nothing is sent yet. Raises: RequestError (INVALID) for an unknown kind of broker."""
    scheme = urlsplit(url).scheme
    try:
        if scheme in REDIS:
            broker = _redis(url)
        elif scheme in RABBITMQ:
            broker = _rabbitmq(url)
        else:
            given = f", not with {scheme}://" if scheme else ""
            raise RequestError(RequestCode.INVALID, f"SEGGQL_BROKER_URL must begin with redis:// or amqp://{given}.")
    except ValueError as error:
        raise RequestError(RequestCode.INVALID, f"SEGGQL_BROKER_URL cannot be read: {error}") from None
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


def redis_client(url: str) -> redis.Redis:
    """A client of the Redis at `url`. Raises: ValueError for an address that is none."""
    return redis.Redis.from_url(url, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=ANSWER_TIMEOUT_S)


def rabbitmq_parameters(url: str) -> Any:
    """How pika reaches the RabbitMQ at `url`. Raises: ValueError for an address that is none."""
    import pika

    logging.getLogger("pika").setLevel(logging.CRITICAL)  # it tells each attempt in ten lines; we tell outages
    parameters = pika.URLParameters(url)
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = CONNECT_TIMEOUT_S
    parameters.blocked_connection_timeout = ANSWER_TIMEOUT_S
    return parameters


def _redis(url: str) -> Broker:
    return ClosingRedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves this one untyped
        client=redis_client(url), middleware=_middleware(), heartbeat_timeout=HEARTBEAT_TIMEOUT_MS
    )


def _rabbitmq(url: str) -> Broker:
    """Messages are confirmed: a connection that RabbitMQ closed meanwhile would swallow one without a word."""
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    broker = RabbitmqBroker(confirm_delivery=True, middleware=_middleware())
    broker.parameters = rabbitmq_parameters(url)
    return broker


def _middleware() -> list[Middleware]:
    return [TimeLimit(), ShutdownNotifications(), HandingOver()]
