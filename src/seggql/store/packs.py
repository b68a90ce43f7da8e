"""Packs: columns kept beside the documents they come from, as values, and the pipelines that read them.

The collection `packs.C` holds what is packed of the collection C. Its document "head" names the parts: a range of
profiles each, a slice of interactions, or the edges at a range of ordinals. The columns of a part are documents of
their own, named by part, version and path. A change writes columns under a version of its own first, and then the
head, so that whoever reads the head and its columns in one snapshot sees one state of the pack, whole.

A pack can be thrown away at any time. What its parts cover, and what must be read beside them, is told in `tail.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import Binary, ObjectId
from pyroaring import BitMap

from seggql.store.hub import Document
from seggql.store.snapshot import Snapshot

HEAD = "head"
"""The `_id` of the document that names the parts."""

Bound = int | float | None
"""The least or greatest value of a column: a number, milliseconds of a date, None where it has none of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a part covers: the batches that were closed in `snapshot`, which are all but those `open` then."""

    snapshot: Snapshot
    open: frozenset[ObjectId]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What is known of a column of a part without reading it; `size` are bytes as stored."""

    version: int
    nulls: int
    least: Bound
    most: Bound
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnKey:
    """Names a column of a part, in one of its versions."""

    part: int
    version: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The ordinals from `low` up to, and without, `high` in the column `path`."""

    path: str
    low: int
    high: int

    @property
    def ordinals(self) -> BitMap:
        """All of them."""
        return BitMap(range(self.low, self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of a pack; all its columns have the same rows in the same order.

    Profiles: those with `_id` in `range`, sorted by it, 65,536 ordinals or fewer. Edges: those whose near end, `f` or
    `t`, is in `range`, sorted by near and far end; every edge is packed twice, by its source and by its target, and
    the edges of one ordinal may be in several parts. Interactions: a slice sorted by `t`, without range.
    A part has every row of its range that its basis covers; of ranges without a part nothing is packed. Not every part
    has every column.
    """

    number: int
    rows: int
    range: Range | None
    basis: Basis
    columns: Mapping[str, ColumnStatistics] = field(hash=False)

    @property
    def size(self) -> int:
        """Bytes of all columns as stored."""
        return sum(column.size for column in self.columns.values())

    def keys(self, paths: Iterable[str]) -> list[ColumnKey]:
        """Where the columns `paths` are. Raises: KeyError where one is not packed."""
        return [ColumnKey(part=self.number, version=self.columns[path].version, path=path) for path in paths]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackHead:
    """One state of a pack: its parts by number. `idle` says since when columns are packed that nothing uses."""

    version: int
    parts: tuple[Part, ...] = ()
    idle: Mapping[str, datetime] = field(default_factory=dict, hash=False)

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def paths(self) -> frozenset[str]:
        """The columns that every part has."""
        return frozenset.intersection(*(frozenset(part.columns) for part in self.parts)) if self.parts else frozenset()

    @property
    def size(self) -> int:
        """Bytes of all columns as stored."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredColumn:
    """A column as it is stored."""

    key: ColumnKey
    bits: bytes


def packs_collection(collection: str) -> str:
    """Where the columns of `collection` (profiles.T, interactions.T or relationships.T) are packed."""
    return f"packs.{collection}"


def empty_head() -> Document:
    """The head of a pack that holds nothing, and that nobody has the lease of."""
    return {"_id": HEAD, "version": 0, "parts": [], "idle": [], "draws": 0, "lease": {"owner": None, "token": 0}}


def gaps(parts: Iterable[Part], path: str) -> list[tuple[int, int | None]]:
    """The ordinals of `path` that no part covers, as (low, high): without high, and None where there is no end."""
    found: list[tuple[int, int | None]] = []
    end = 0
    ranges = sorted((part.range.low, part.range.high) for part in parts if part.range and part.range.path == path)
    for low, high in ranges:
        if low > end:
            found.append((end, low))
        end = max(end, high)
    return [*found, (end, None)]


def head_pipeline() -> list[Document]:
    """Yields the head, in one document; see `head_of`."""
    return [{"$match": {"_id": HEAD}}]


def columns_pipeline(keys: Iterable[ColumnKey]) -> list[Document]:
    """Yields columns, a document each, in no order; see `column_of`."""
    return [{"$match": {"_id": {"$in": [key_document(key) for key in keys]}}}]


def head_of(rows: Sequence[Document]) -> PackHead:
    """The head that `head_pipeline` found; one without parts where nothing was ever packed."""
    if not rows:
        return PackHead(version=0)
    row = rows[0]
    return PackHead(
        version=row["version"],
        parts=tuple(_part(part) for part in row["parts"]),
        idle={entry["path"]: entry["since"] for entry in row.get("idle", ())},
    )


def column_of(row: Document) -> StoredColumn:
    """A column that `columns_pipeline` found."""
    key = row["_id"]
    return StoredColumn(key=ColumnKey(part=key["n"], version=key["v"], path=key["p"]), bits=bytes(row["bits"]))


def key_document(key: ColumnKey) -> Document:
    """The `_id` of a column; the order of its fields is part of it."""
    return {"n": key.part, "v": key.version, "p": key.path}


def column_document(column: StoredColumn) -> Document:
    """A column as a document."""
    return {"_id": key_document(column.key), "bits": Binary(column.bits)}


def part_document(part: Part) -> Document:
    """A part as the head names it; paths hold dots and are therefore no field names."""
    snapshot = part.basis.snapshot
    of = part.range
    return {
        "number": part.number,
        "rows": part.rows,
        "range": {"path": of.path, "low": of.low, "high": of.high} if of else None,
        "basis": {"seconds": snapshot.seconds, "increment": snapshot.increment, "open": sorted(part.basis.open)},
        "columns": [_statistics_document(path, column) for path, column in sorted(part.columns.items())],
    }


def _statistics_document(path: str, column: ColumnStatistics) -> Document:
    return {
        "path": path,
        "version": column.version,
        "nulls": column.nulls,
        "least": column.least,
        "most": column.most,
        "size": column.size,
    }


def _part(row: Mapping[str, Any]) -> Part:
    basis, of = row["basis"], row["range"]
    return Part(
        number=row["number"],
        rows=row["rows"],
        range=Range(path=of["path"], low=of["low"], high=of["high"]) if of else None,
        basis=Basis(
            snapshot=Snapshot(seconds=basis["seconds"], increment=basis["increment"]), open=frozenset(basis["open"])
        ),
        columns={
            column["path"]: ColumnStatistics(
                version=column["version"],
                nulls=column["nulls"],
                least=column["least"],
                most=column["most"],
                size=column["size"],
            )
            for column in row["columns"]
        },
    )
