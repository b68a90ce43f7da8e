"""Stores a stream of NDJSON of any length, batch by batch, in constant memory."""

from collections.abc import AsyncIterator
from dataclasses import replace

from seggql.ingest.kinds import STORES, RowKind
from seggql.ingest.outcome import BadRow, IngestOutcome, RejectionCode
from seggql.ingest.reading import Reading
from seggql.store.hub import Hub

BATCH_ROWS = 10_000
"""Rows a batch: some chunks, so that reading and writing overlap."""

BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of lines after which a batch is full; with the largest row it is what a stream holds in memory, parsed."""

Line = bytes | BadRow
"""A line, or why it is none."""


async def store_stream(
    hub: Hub, kind: RowKind, type_name: str, chunks: AsyncIterator[bytes], reading: Reading
) -> AsyncIterator[IngestOutcome]:
    """What became of each batch of the NDJSON that `chunks` of bytes make up; rows are numbered over the whole stream.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError. Batches before that stay stored.
    """
    store = STORES[kind]
    first_index = reading.first_index
    async for lines in batches(read_lines(chunks, reading.row_max_bytes)):
        part = replace(reading, first_index=first_index)
        yield await store(hub, type_name, lines, part)
        first_index += len(lines)


async def read_lines(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[Line]:
    """The lines of a stream that are not blank; one past `max_bytes` is dropped while it comes in."""
    rest = bytearray()
    dropped = 0
    async for chunk in chunks:
        *complete, last = chunk.split(b"\n")
        for piece in complete:
            rest += piece
            line = _line(rest, dropped, max_bytes)
            rest, dropped = bytearray(), 0
            if line:
                yield line
        rest += last
        if len(rest) > max_bytes:
            dropped += len(rest)
            rest = bytearray()
    line = _line(rest, dropped, max_bytes)
    if line:
        yield line


async def batches(lines: AsyncIterator[Line]) -> AsyncIterator[list[Line]]:
    """Lines by the batch."""
    batch: list[Line] = []
    size = 0
    async for line in lines:
        batch.append(line)
        size += len(line) if isinstance(line, bytes) else 0
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _line(line: bytearray, dropped: int, max_bytes: int) -> Line:
    size = dropped + len(line)
    if size > max_bytes:
        message = f"The line takes {size} bytes; {max_bytes} are allowed."
        return BadRow(RejectionCode.ROW_TOO_LARGE, message)
    return bytes(line.strip())
