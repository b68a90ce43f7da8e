"""Looks whether the broker is there, and which it is."""

from urllib.parse import urlsplit

import redis
from redis.exceptions import RedisError

from seggql.errors import UnavailableError
from seggql.jobs.broker import RABBITMQ, make_broker, rabbitmq_parameters, redis_client


def reach_broker(url: str) -> str:
    """The kind and release of the broker that answers at `url`; takes a few seconds at the most.

    Raises: UnavailableError where it does not answer, RequestError (INVALID) for an address that is none.
    """
    make_broker(url).close()
    return _reach_rabbitmq(url) if urlsplit(url).scheme in RABBITMQ else _reach_redis(redis_client(url))


def _reach_redis(client: redis.Redis) -> str:
    try:
        with client:
            return f"Redis {client.info('server')['redis_version']}"
    except (RedisError, OSError) as error:
        raise UnavailableError(f"The broker does not answer ({error or type(error).__name__}).") from error


def _reach_rabbitmq(url: str) -> str:
    import pika
    import pika.exceptions

    try:
        connection = pika.BlockingConnection(rabbitmq_parameters(url))
        release = connection._impl.server_properties.get("version", "")
        connection.close()
    except (pika.exceptions.AMQPError, OSError) as error:
        raise UnavailableError(f"The broker does not answer ({error or type(error).__name__}).") from error
    return f"RabbitMQ {release}"
