"""Processes beside the one that tests: which module they run, and whether they still do."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seggql.evaluation.processes import division, pool, started

PATIENCE_S = 60.0


def divide_everything(patch: pytest.MonkeyPatch) -> None:
    """Small passes are divided, too, and on a busy machine."""
    patch.setattr(division, "WORTH_S", 0.0)
    patch.setattr(pool, "WORTH_START_S", 0.0)
    patch.setattr(division, "idle_cpus", lambda: 8)
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


def stall_processes(patch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Processes begin a share and never end it; where their number is then."""
    divide_everything(patch)
    patch.setattr(started, "MODULE", "tests.evaluation.processes.stalling_child")
    patch.setenv("STALLED", str(folder / "stalled"))
    return folder / "stalled"


async def number_in(path: Path) -> int:
    """The number of the process that stalls, once it does."""
    async with asyncio.timeout(PATIENCE_S):
        while not path.exists():  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.02)
    return int(path.read_text())


async def wait_for_end(number: int) -> None:
    """Raises: TimeoutError where the process does not end."""
    async with asyncio.timeout(PATIENCE_S):
        while _is_running(number):  # noqa: ASYNC110  # it may be nobody's child by now
            await asyncio.sleep(0.05)


def _is_running(number: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return bool(told.stdout.strip()) and not told.stdout.startswith("Z")
