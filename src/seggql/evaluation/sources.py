"""What an evaluation reads from: the seam between running a plan and the storage."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray
from pyroaring import BitMap

Row = dict[str, Any]
Columns = tuple[NDArray[Any], ...]
Hint = str | dict[str, int]


class Sources(Protocol):
    """One instant of the data; `store.snapshot.SnapshotSources` is the real one."""

    @property
    def bytes_read(self) -> int:
        """Bytes of all replies so far."""

    def aggregate(
        self, collection: str, pipeline: Sequence[Row], *, hint: Hint | None = None
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """The documents that a pipeline yields."""

    def documents(
        self, collection: str, pipeline: Sequence[Row], *, hint: Hint | None = None
    ) -> AsyncGenerator[list[Row], None]:
        """The same, many at a time."""

    def columns(
        self, collection: str, pipeline: Sequence[Row], names: Sequence[str], *, hint: Hint | None = None
    ) -> AsyncGenerator[Columns, None]:
        """Top-level fields of what a pipeline yields, a batch at a time, as arrays."""

    async def members(self, segment: str) -> BitMap:
        """The members of a segment; refuses one that is inactive or was never refreshed."""

    async def statistics(self, collection: str) -> int:
        """About how many documents a collection has."""

    async def deleted(self, profile_type: str) -> BitMap:
        """The ordinals of deleted profiles."""
