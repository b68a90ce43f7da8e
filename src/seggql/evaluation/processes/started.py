"""A process that a worker has started beside itself, to ask it for shares of passes."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

from seggql.evaluation.processes.messages import Ready, message_bytes, next_message
from seggql.settings import Settings

logger = logging.getLogger(__name__)

MODULE = "seggql.evaluation.processes.child"

BUFFER_BYTES = 16 * 1024 * 1024
"""What is read ahead of an answer: bitmaps of hundreds of operators have some MB."""

START_S = 60.0
"""A process that takes longer to start is given up; one takes a second or two on a busy machine."""

END_S = 3.0
"""How long a process may take to end before it is killed."""


class ProcessLost(Exception):
    """The process has ended, or fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedProcess:
    """A process that takes requests, one at a time."""

    process: Process

    @property
    def has_ended(self) -> bool:
        """Whether it is there no longer."""
        return self.process.returncode is not None

    async def ask(self, request: object) -> object:
        """What the process answers; whoever stops waiting for it has to end it. Raises: ProcessLost."""
        assert self.process.stdin, "it is a pipe"
        assert self.process.stdout, "it is a pipe"
        try:
            self.process.stdin.write(await asyncio.to_thread(message_bytes, request))
            await self.process.stdin.drain()
        except ConnectionError as error:
            raise ProcessLost("It has ended.") from error
        answer = await next_message(self.process.stdout)
        if answer is None:
            raise ProcessLost("It has ended.")
        return answer

    async def end(self) -> None:
        """End the process: by itself, so that MongoDB no longer works for it either, or else by force."""
        assert self.process.stdin, "it is a pipe"
        self.process.stdin.close()
        try:
            async with asyncio.timeout(END_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def start_process(settings: Settings) -> StartedProcess | None:
    """A process that reads the hub of `settings`, which it is told over its pipe; None where it does not start."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", MODULE, stdin=PIPE, stdout=PIPE, limit=BUFFER_BYTES
        )
    except OSError as error:
        logger.warning("process not started error=%s", error)
        return None
    started = StartedProcess(process=process)
    answer: object = None
    try:
        async with asyncio.timeout(START_S):
            answer = await started.ask(settings)
    except (ProcessLost, TimeoutError):
        logger.warning("process not started pid=%s", process.pid)
    finally:
        if not isinstance(answer, Ready):
            await asyncio.shield(started.end())
    return started if isinstance(answer, Ready) else None
