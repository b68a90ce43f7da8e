"""The processes of a hub as a supervisor runs them: started by their commands, and again when they were killed."""

import asyncio
import re
import signal
import socket
import subprocess
from pathlib import Path

from seggql.dev.mongod import free_port
from seggql.settings import Settings
from tests.dev.processes import SEGGQL, without_settings

START_TIMEOUT_S = 60.0

READY = {
    "worker": r"worker started",
    "scheduler": r"scheduler started",
    "serve": r"seggql answers at (http://[^/\s]+)",
}
"""What each writes once it does its work."""


class Running:
    """A process of `seggql`; what it writes goes to a file."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self.arguments = arguments
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [SEGGQL, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def owner(self) -> str:
        """The name that a worker writes into its leases."""
        return f"{socket.gethostname()}:{self.pid}"

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    async def end(self, timeout_s: float = START_TIMEOUT_S) -> int:
        """Its exit code, once it ended by itself."""
        return await asyncio.to_thread(self._process.wait, timeout_s)

    async def ready(self) -> str:
        """Wait until it does its work; what it said of itself."""
        pattern = READY[self.arguments[0]]
        async with asyncio.timeout(START_TIMEOUT_S):
            while not (found := re.search(pattern, self.output)):
                assert self.is_running, f"{' '.join(self.arguments)} ended:\n{self.output}"
                await asyncio.sleep(0.02)
        return found[1] if found.groups() else found[0]


class Crew:
    """Starts processes over the hub and the broker of `settings`; all are killed at the end of the block."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.address = f"http://127.0.0.1:{settings.port or free_port()}"
        self._folder = folder
        self._all: list[Running] = []
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, *arguments: str) -> Running:
        """Start `seggql` with these arguments."""
        log = self._folder / f"{len(self._all):03}-{arguments[0]}.log"
        running = Running(arguments, self._environment(), log)
        self._all.append(running)
        return running

    def serve(self) -> Running:
        """Start the API, always at `address`."""
        return self.start("serve", "--port", self.address.rpartition(":")[2])

    def again(self, killed: Running) -> Running:
        """Start what was killed once more."""
        return self.start(*killed.arguments)

    async def ready(self, *processes: Running) -> None:
        """Wait until all of them do their work."""
        await asyncio.gather(*(process.ready() for process in processes))

    def tracebacks(self) -> list[str]:
        """The logs in which a bug shows: a traceback, or an error of ours that nobody expects."""
        return [f"{one.log}:\n{one.output[-3000:]}" for one in self._all if "Internal error" in one.output]

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *problem: object) -> None:
        for running in self._all:
            running.kill()

    def _environment(self) -> dict[str, str]:
        settings = self.settings
        return without_settings() | {
            "SEGGQL_MONGODB_URI": settings.mongodb_uri,
            "SEGGQL_DATABASE": settings.database,
            "SEGGQL_BROKER_URL": settings.broker_url,
            "SEGGQL_EXPORT_DIR": str(settings.export_dir),
            "SEGGQL_LEASE_S": str(settings.lease_s),
            "SEGGQL_MONGODB_TIMEOUT_S": str(settings.mongodb_timeout_s),
            "SEGGQL_PACK_AFTER": str(settings.pack_after),
            "SEGGQL_PACK_SHARE": str(settings.pack_share),
        }
