"""The folder where `seggql dev` keeps everything, taken by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seggql.errors import UnavailableError


@contextmanager
def taken(data_dir: Path) -> Iterator[Path]:
    """`data_dir`, made where missing, and locked until the end; the lock goes with the process, however it ends.

    Raises: UnavailableError where another seggql has it, or where it cannot be written.
    """
    folder = data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnavailableError(
            f"Cannot write to {folder}: {error.strerror}. Name another folder: --data-dir."
        ) from error
    try:
        _lock(lock, folder)
        yield folder
    finally:
        os.close(lock)


def _lock(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(lock, 20, 0).decode(errors="replace").strip()
        raise UnavailableError(
            f"{folder} is in use by another seggql (process {owner or 'unknown'}). "
            "Stop that one, or name another folder: --data-dir."
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
