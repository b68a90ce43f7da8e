"""What was told to stop stops."""

import asyncio
import subprocess
import sys

import pytest

from seggql.stopping import STOPPED_BY_FORCE, cancel_for_certain, cancellable


class Deaf:
    """Work that loses its first cancellations, as commands of the driver may."""

    def __init__(self, deaf_to: int) -> None:
        self.deaf_to = deaf_to
        self.is_begun = asyncio.Event()

    async def work(self) -> str:
        while True:
            self.is_begun.set()
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                self.deaf_to -= 1
                if self.deaf_to < 0:
                    raise


async def test_a_task_that_loses_cancellations_is_ended_nevertheless() -> None:
    deaf = Deaf(2)
    task = asyncio.create_task(deaf.work())
    await deaf.is_begun.wait()
    async with asyncio.timeout(20):
        await cancel_for_certain([task])
    assert task.cancelled()


async def test_cancellable_work_has_ended_when_its_cancellation_arrives() -> None:
    deaf = Deaf(1)
    task = asyncio.create_task(cancellable(deaf.work()))
    await deaf.is_begun.wait()
    task.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert deaf.deaf_to == -1


async def test_cancellable_work_returns_and_raises_as_it_does_by_itself() -> None:
    async def fails() -> None:
        raise ValueError("told")

    assert await cancellable(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ValueError, match="told"):
        await cancellable(fails())


def test_a_process_whose_work_does_not_end_is_ended_by_force() -> None:
    script = (
        "import seggql.stopping as stopping, time\n"
        "stopping.PAST_THE_LIMIT_S = 0.1\n"
        "stopping.end_in_time(0.1)\n"
        "time.sleep(600)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == STOPPED_BY_FORCE
    assert "stopped by force" in ended.stderr
