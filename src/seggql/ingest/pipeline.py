"""Writes chunks of rows, two at a time: one is read and prepared while MongoDB stores the other.

Chunks that touch the same records never overlap, so that rows take effect in their order.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.reading import Reading
from seggql.store.hub import Hub
from seggql.store.reign import one_reign

IN_FLIGHT = 2
"""Chunks written at once: enough to keep MongoDB busy, few enough to bound memory."""


class ChunkWriter(Protocol):
    """Writes the rows of one chunk that could be read."""

    def claims(self) -> set[Hashable]:
        """The records that the chunk writes."""
        ...

    async def write(self) -> IngestOutcome:
        """Store the rows."""
        ...


async def write_chunks(
    hub: Hub, rows: Sequence[object], reading: Reading, read: Callable[[Reading, Sequence[object]], ChunkWriter]
) -> IngestOutcome:
    """What became of `rows`; `read` makes the writer of a chunk, off the event loop.

    Raises: UnavailableError where some of it may not have been kept.
    """
    outcome = IngestOutcome()
    running: deque[tuple[asyncio.Task[IngestOutcome], set[Hashable]]] = deque()
    try:
        for part, chunk in reading.chunks(rows):
            writer = await asyncio.to_thread(read, part, chunk)
            claims = writer.claims()
            while running and (len(running) == IN_FLIGHT or any(claims & others for _, others in running)):
                outcome += await running[0][0]
                running.popleft()
            running.append((asyncio.create_task(_written(hub, writer)), claims))
        while running:
            outcome += await running[0][0]
            running.popleft()
    finally:
        for task, _ in running:
            task.cancel()
        await asyncio.gather(*(task for task, _ in running), return_exceptions=True)
    return outcome


async def _written(hub: Hub, writer: ChunkWriter) -> IngestOutcome:
    with one_reign(hub):
        return await writer.write()
