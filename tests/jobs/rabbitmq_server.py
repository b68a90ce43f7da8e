"""A real RabbitMQ of our own, from the system's package."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pika
import pika.exceptions

from seggql.dev.mongod import free_port

SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""What Debian's command of this name runs as the user rabbitmq, which we need not be."""

START_TIMEOUT_S = 90.0


@contextmanager
def running_rabbitmq(command: Path, folder: Path, *, port: int = 0) -> Iterator[str]:
    """A RabbitMQ on loopback over `folder` that answers, ended afterwards; yields its address.

    `port` 0 takes any free one. Started again over the same folder and port, it has what it was told to keep.
    """
    port, epmd_port = port or free_port(), free_port()
    environment = _environment(folder, port, epmd_port)
    log = (folder / "output.log").open("ab")
    script = SCRIPT if SCRIPT.exists() else command
    process = subprocess.Popen([script], stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
    url = f"amqp://guest:guest@127.0.0.1:{port}/%2F"
    try:
        _await_answer(url, process, folder)
        yield url
    finally:
        process.terminate()
        process.wait(60)
        # Erlang's name server stays behind; this one is ours alone.
        subprocess.run(["epmd", "-port", str(epmd_port), "-kill"], capture_output=True, check=False)
        log.close()


def _environment(folder: Path, port: int, epmd_port: int) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]),
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"seggql-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
    }


def _await_answer(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            pika.BlockingConnection(pika.URLParameters(url)).close()
            return
        except (pika.exceptions.AMQPError, OSError):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError((folder / "output.log").read_text(errors="replace")[-2000:]) from None
            time.sleep(0.2)
