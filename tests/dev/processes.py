"""A `seggql dev` of the test's own, run as a process, and what it left behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

SEGGQL = Path(sys.executable).with_name("seggql")
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60


class Dev:
    """A running `seggql dev`; its output is collected as it comes."""

    def __init__(self, data_dir: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.output = ""
        self._process = subprocess.Popen(
            [SEGGQL, "dev", "--data-dir", data_dir, "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=without_settings() | (environment or {}),
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output += line

    def wait_for(self, pattern: str) -> str:
        """The first group of `pattern`, once it stands in the output."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.output):
                return found[1] if found.groups() else found[0]
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{self.output}")

    @property
    def address(self) -> str:
        """Where the API answers, once it does."""
        return self.wait_for(r"GraphiQL: (http://\S+)/graphql")

    @property
    def mongod_pid(self) -> int:
        """The process id of its MongoDB."""
        return int((self.data_dir / "mongodb" / "mongod.lock").read_text())

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, as Ctrl-C does."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for the end; the exit code."""
        code = self._process.wait(STOP_TIMEOUT_S)
        self._reader.join(STOP_TIMEOUT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask to stop, and wait; the exit code."""
        if self._process.poll() is None:
            self.send(number)
        return self.end()

    def __enter__(self) -> "Dev":
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()


def without_settings() -> dict[str, str]:
    """The environment without any setting of seggql."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SEGGQL_")}


def is_alive(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
