"""Runs the parts of a process until one fails or a signal says stop, then ends the others."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager

from seggql.stopping import cancel_for_certain

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_stopped(parts: Sequence[Coroutine[None, None, None]]) -> None:
    """Run `parts` together until SIGINT or SIGTERM; a part that returns is done, one that raises ends them all.

    Raises: what the first failing part raised.
    """
    stop = asyncio.Event()
    with _signals(stop):
        stopped = asyncio.ensure_future(_wait(stop))
        tasks = [stopped, *(asyncio.ensure_future(part) for part in parts)]
        try:
            await _first_failure(stopped, set(tasks))
        finally:
            await cancel_for_certain(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _first_failure(stopped: "asyncio.Task[None]", running: "set[asyncio.Task[None]]") -> None:
    """Wait until `stopped` is done, or raise what one of `running` raises."""
    while not stopped.done():
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """The first signal sets `stop`; a second one, of somebody who will not wait, does what it did before."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

    def restore() -> None:
        for number, action in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, action)

    def first() -> None:
        restore()
        stop.set()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, first)
    try:
        yield
    finally:
        restore()
