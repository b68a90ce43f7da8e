"""Three mongods on loopback as a replica set of a test's own, whose primary can step down, be killed, and come back."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from seggql.dev.mongod import SNAPSHOT_WINDOW_S, find_mongod, free_port

NAME = "three"
MEMBERS = 3
ELECTION_TIMEOUT_MS = 2_000
"""MongoDB's default is 10 s; a test has no patience."""

START_TIMEOUT_S = 90.0


class ReplicaSet:
    """`MEMBERS` mongods over `folder`, one of them the primary."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ports = [free_port() for _ in range(MEMBERS)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def uri(self) -> str:
        """Address of the replica set."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"mongodb://{hosts}/?replicaSet={NAME}"

    def start(self) -> None:
        """Start all of them, make them one set, and wait for the primary."""
        for port in self.ports:
            self.start_member(port)
        members = [{"_id": place, "host": f"127.0.0.1:{port}"} for place, port in enumerate(self.ports)]
        settings = {"electionTimeoutMillis": ELECTION_TIMEOUT_MS, "heartbeatIntervalMillis": 500}
        config = {"_id": NAME, "members": members, "settings": settings}
        self._until(lambda: self._command(self.ports[0], "replSetInitiate", config))
        self.primary()
        self._until(self._are_all_there)

    def primary(self) -> int:
        """The port of the primary, once there is one."""
        found: list[int] = []

        def look() -> bool:
            for port, process in self._processes.items():
                if process.poll() is None and _is_primary(port):
                    found.append(port)
            return bool(found)

        self._until(look)
        return found[-1]

    def step_down(self) -> int:
        """Let another become the primary; returns the port of the one that was."""
        port = self.primary()
        with suppress(AutoReconnect):  # some releases close the connection on it
            self._command(port, "replSetStepDown", 20, secondaryCatchUpPeriodSecs=10)
        return port

    def kill_primary(self) -> int:
        """End the primary as a power cut would; returns its port."""
        port = self.primary()
        self._processes[port].kill()
        self._processes[port].wait()
        return port

    def start_member(self, port: int) -> None:
        """Start a mongod over whatever it had before."""
        files = self._folder / str(port)
        files.mkdir(parents=True, exist_ok=True)
        arguments = [
            *(str(find_mongod()), "--replSet", NAME, "--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
            *("--dbpath", str(files), "--logpath", str(self._folder / f"{port}.log"), "--logappend"),
            *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"),
            *("--setParameter", f"minSnapshotHistoryWindowInSeconds={SNAPSHOT_WINDOW_S}"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(files), "LC_ALL": "C"}
        self._processes[port] = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )

    def stop(self) -> None:
        """End all of them at once: nothing of theirs is needed any more."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()

    def _are_all_there(self) -> bool:
        status = self._command(self.primary(), "replSetGetStatus")
        return sorted(member["stateStr"] for member in status["members"]) == ["PRIMARY", "SECONDARY", "SECONDARY"]

    def _command(self, port: int, *command: Any, **options: Any) -> dict[str, Any]:
        with _client(port) as client:
            return dict(client.admin.command(*command, **options))

    def _until(self, step: Any) -> None:
        """Try `step` until it returns something."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                if step():
                    return
            except OperationFailure as error:
                if error.code == 23:  # AlreadyInitialized: an attempt whose answer was lost
                    return
            except PyMongoError:
                pass
            assert time.monotonic() < deadline, f"the replica set is not ready; its logs are in {self._folder}"
            time.sleep(0.1)


@contextmanager
def running_replica_set(folder: Path) -> Iterator[ReplicaSet]:
    """A replica set that takes writes, ended at the end of the block."""
    members = ReplicaSet(folder)
    try:
        members.start()
        yield members
    finally:
        members.stop()


def _client(port: int) -> MongoClient[dict[str, Any]]:
    return MongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500)


def _is_primary(port: int) -> bool:
    try:
        with _client(port) as client:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False
