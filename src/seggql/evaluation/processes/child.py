"""A process beside a worker: evaluates shares of passes that the worker asks for, until its standard input ends."""

import asyncio
import logging
import os
import signal
import sys
from typing import NoReturn

from pyroaring import BitMap

from seggql.errors import InvariantError
from seggql.evaluation.packed.shares import evaluate_share
from seggql.evaluation.processes.messages import Ready, message_bytes, next_message
from seggql.evaluation.processes.work import Answer, Failure, Request
from seggql.evaluation.run import Run
from seggql.garbage import collect_seldom
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.snapshot import SnapshotSources

logger = logging.getLogger(__name__)

END_S = 1.0
"""How long a command of MongoDB that is under way may take to end."""


def main() -> None:
    """Serve the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which gives its jobs back first
    collect_seldom()
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # so that nothing that is printed comes between answers
    asyncio.run(_until_the_end(answers))


async def _until_the_end(answers: int) -> NoReturn:
    """A thread that calculates still does not hold up the end, as it would that of the event loop."""
    status = 1
    try:
        await _serve(await _requests(), answers)
        status = 0
    except ConnectionError:
        pass  # the worker has ended
    except Exception:  # process edge: the worker sees that there is no answer
        logger.exception("process beside a worker failed")
    finally:
        logging.shutdown()
        os._exit(status)


async def _requests() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def _serve(reader: asyncio.StreamReader, answers: int) -> None:
    settings = await next_message(reader)
    if not isinstance(settings, Settings):
        return
    hub = open_hub(settings)
    await _tell(answers, Ready())
    coming = asyncio.ensure_future(next_message(reader))
    while isinstance(request := await coming, Request):
        coming = asyncio.ensure_future(next_message(reader))
        work = asyncio.ensure_future(_answer(hub, settings, request))
        await asyncio.wait({work, coming}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():  # nothing but the end comes before the answer
            work.cancel()
            await asyncio.wait({work}, timeout=END_S)
            return
        await _tell(answers, work.result())


async def _answer(hub: Hub, settings: Settings, request: Request) -> Answer | Failure:
    sources = SnapshotSources(hub, request.snapshot, _no_members)
    run = Run(sources=sources, catalog=request.catalog, settings=settings)
    try:
        found = await evaluate_share(request.share, run)
    except Exception as error:  # process edge: the worker meets the same, or can do what this process cannot
        return Failure(reason=f"{type(error).__name__}: {error}")
    return Answer(found=found, cost=run.cost)


async def _no_members(segment: str) -> BitMap:
    raise InvariantError(f"A share reads no members of {segment}.")


async def _tell(answers: int, message: object) -> None:
    """Write a message to the worker; on a thread, because this waits where the worker does not read."""
    await asyncio.to_thread(_write, answers, message_bytes(message))


def _write(answers: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(answers, rest) :]


if __name__ == "__main__":
    main()
