"""A change of a pack under way: parts that are written one by one, and come into force some at a time."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from seggql.columns.encoding import Encoded
from seggql.packs.pieces import EncodedPiece
from seggql.store.hub import Hub
from seggql.store.pack_writes import (
    PackLease,
    PackLost,
    draw_version,
    flip_head,
    remove_columns,
    remove_superseded,
    write_columns,
)
from seggql.store.packs import Basis, ColumnKey, ColumnStatistics, PackHead, Part, StoredColumn

Tell = Callable[[int], object]
"""Called with the rows of each part that was written."""


def silent(rows: int) -> None:
    """Tells nobody."""


class Change:
    """What becomes of a pack; nothing is seen of it before `flip`.

    Every method raises PackLost where another process has taken the pack over, and UnavailableError.
    """

    def __init__(self, hub: Hub, lease: PackLease, head: PackHead, tell: Tell = silent) -> None:
        self._hub = hub
        self._lease = lease
        self._tell = tell
        self._version: int | None = None
        self._parts: dict[int, Part] = {}
        self._idle: Mapping[str, datetime] = {}
        self.head = head
        self._begin(head)

    @property
    def parts(self) -> list[Part]:
        """The parts as they will be."""
        return self._in_order()

    @property
    def pending(self) -> int:
        """How many parts are written that are not in force."""
        return len(self._written)

    async def add(self, piece: EncodedPiece, basis: Basis) -> None:
        """Write a new part."""
        number = self._next
        columns = await self._write(number, piece.columns)
        part = Part(number=number, rows=piece.rows, range=piece.range, basis=basis, columns=columns)
        self._parts[number] = part
        self._written.add(number)
        self._next += 1
        self._tell(piece.rows)

    async def rewrite(self, part: Part, rows: int, columns: Mapping[str, Encoded]) -> None:
        """Write some columns of a part anew, which has `rows` then; the others stay as they are."""
        written = await self._write(part.number, columns)
        self._parts[part.number] = replace(part, rows=rows, columns={**part.columns, **written})
        self._written.add(part.number)

    def remove(self, parts: Iterable[Part]) -> None:
        """Take parts out."""
        for part in parts:
            del self._parts[part.number]

    def advance(self, parts: Iterable[Part], basis: Basis) -> None:
        """Let parts cover what `basis` does: nothing has been written to them since their own."""
        for part in parts:
            self._parts[part.number] = replace(part, basis=basis)

    def drop(self, paths: Collection[str]) -> None:
        """Take columns out of all parts."""
        for number, part in self._parts.items():
            kept = {path: column for path, column in part.columns.items() if path not in paths}
            self._parts[number] = replace(part, columns=kept)

    def mark_idle(self, idle: Mapping[str, datetime]) -> None:
        """Note since when columns have not been used."""
        self._idle = idle

    async def flip(self) -> None:
        """Put everything in force at once, and remove what it replaces; nothing where nothing has changed."""
        before = self.head
        if tuple(self._in_order()) == before.parts and self._idle == before.idle:
            return
        try:
            after = await flip_head(self._hub, self._lease, before, self._in_order(), self._idle)
        except PackLost:
            await remove_columns(self._hub, self._lease, self._keys)
            raise
        await remove_superseded(self._hub, self._lease, before, after)
        self.head = after
        self._begin(after)

    async def discard(self) -> None:
        """Let everything be as it was."""
        await remove_columns(self._hub, self._lease, self._keys)
        self._begin(self.head)

    def _begin(self, head: PackHead) -> None:
        self._parts = {part.number: part for part in head.parts}
        self._idle = head.idle
        self._next = max(self._parts, default=-1) + 1
        self._written: set[int] = set()
        self._keys: list[ColumnKey] = []
        self._version = None

    def _in_order(self) -> list[Part]:
        return [self._parts[number] for number in sorted(self._parts)]

    async def _write(self, number: int, columns: Mapping[str, Encoded]) -> dict[str, ColumnStatistics]:
        if self._version is None:
            self._version = await draw_version(self._hub, self._lease)
        version = self._version
        keys = {path: ColumnKey(part=number, version=version, path=path) for path in columns}
        self._keys += keys.values()
        stored = [StoredColumn(key=keys[path], bits=column.bits) for path, column in columns.items()]
        await write_columns(self._hub, self._lease, stored)
        return {
            path: ColumnStatistics(
                version=version,
                nulls=column.nulls,
                least=column.least,
                most=column.most,
                size=len(column.bits),
            )
            for path, column in columns.items()
        }
