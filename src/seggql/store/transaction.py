"""A transaction over MongoDB: all of it is there, or none."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern

from seggql.store.hub import Hub

T = TypeVar("T")

Session = AsyncClientSession
"""What the writes of a transaction are sent in."""


async def in_transaction(hub: Hub, write: Callable[[Session], Awaitable[T]]) -> T:
    """What `write` returns, once all it wrote is committed; it runs again where another writer got in between."""
    async with hub.client.start_session() as session:
        return await session.with_transaction(
            write, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern(w="majority")
        )
