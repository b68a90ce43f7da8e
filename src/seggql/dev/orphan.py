"""Ends a mongod that outlived the seggql that started it (which was killed), so that its files can be opened again."""

import os
import signal
import time
from pathlib import Path

END_TIMEOUT_S = 30.0


def end_orphan(files: Path) -> None:
    """Stop the mongod that still runs over `files`, if there is one; call it only where `files` is ours alone.

    Its process id is in the file that it locks; the process is ended only if its command line names `files`.
    """
    pid = _owner(files)
    if pid is None or not _serves(pid, files):
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + END_TIMEOUT_S
    while _serves(pid, files) and time.monotonic() < deadline:
        time.sleep(0.05)


def _owner(files: Path) -> int | None:
    try:
        text = (files / "mongod.lock").read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _serves(pid: int, files: Path) -> bool:
    """Whether process `pid` is a mongod over `files`; where there is no /proc nobody can tell, so no."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"mongod" in os.path.basename(arguments[0]) and os.fsencode(files) in arguments
