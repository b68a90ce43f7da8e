"""Messages between a worker and the processes it started: objects, pickled, over pipes that nobody else has.

What arrives is trusted: it comes from the same code, of the process that started this one or was started by it.
"""

import pickle
from asyncio import IncompleteReadError, StreamReader
from dataclasses import dataclass

LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The first message of a process: it takes requests."""


def message_bytes(message: object) -> bytes:
    """The bytes that tell `message`."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


async def next_message(reader: StreamReader) -> object | None:
    """The next message; None where the other side has ended."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        content = await reader.readexactly(length)
    except (IncompleteReadError, ConnectionError):
        return None
    message: object = pickle.loads(content)
    return message
