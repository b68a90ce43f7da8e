"""Batched reads: what many resolvers of one operation ask for is read from MongoDB at once.

A noun writes one function that reads many, and its resolvers load one:

    async def segments_by_id(hub: Hub, ids: list[str]) -> list[StoredSegment | None]: ...

    segment = await info.context.loaders.of(segments_by_id).load(segment_id)
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from seggql.store.hub import Hub

K = TypeVar("K")
V = TypeVar("V")

MAX_BATCH = 1_000
"""Most keys in one read: a page is at most as long."""

Read = Callable[[Hub, list[K]], Awaitable[Sequence[V]]]
"""Reads the values of distinct keys, in the keys' order; keys are hashable (an id, or a tuple of parameters)."""


class Loaders:
    """The loaders of one operation, each made when it is first asked for.

    With `remembers`, what was loaded once is not read again: right for a query, wrong for mutations, which change
    what they read, and for subscriptions, which live long.
    """

    def __init__(self, hub: Hub, *, remembers: bool) -> None:
        self._hub = hub
        self._remembers = remembers
        self._loaders: dict[object, DataLoader[Any, Any]] = {}

    def of(self, read: Read[K, V]) -> DataLoader[K, V]:
        """The loader that reads with `read`, which must be a function of a module: it is its own key."""
        if read not in self._loaders:
            self._loaders[read] = DataLoader(
                load_fn=lambda keys: self._read(read, keys), max_batch_size=MAX_BATCH, cache=self._remembers
            )
        return self._loaders[read]

    async def _read(self, read: Read[K, V], keys: list[K]) -> list[V]:
        distinct = list(dict.fromkeys(keys))
        values = dict(zip(distinct, await read(self._hub, distinct), strict=True))
        return [values[key] for key in keys]
