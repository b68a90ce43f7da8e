"""Frames: columns of some profiles, interactions or edges, immutable.

A column is at the path that its attribute has in a document: `_id` (a profile's ordinal), `key`, `a.Age`,
`a.Address.City` (a leaf of an object), `a.Address` (whether the object is present), `a.Tags` (an array, with its items
inside); `t`, `l.<Link>` and `a.…` of interactions; `f`, `t` and `a.…` of edges.

    layout = layout_of(record_type, paths)                 how the columns are kept, from the catalog
    frame = Frame.of_documents(documents, layout)          from documents as PyMongo decodes them
    frame.encode("a.Age") -> Encoded(bits, nulls, least, most)
    frame = Frame.of_encoded(rows, {"a.Age": bits}, layout)
    masks([predicate, …], frame) -> [array of truths, …]   in masks.py
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seggql.columns.building import columns_of
from seggql.columns.column import Column, Mask, Numbers, Rows, Vector, nested
from seggql.columns.encoding import ColumnUnreadable, Encoded, decoded, encoded
from seggql.columns.joining import joined
from seggql.columns.layout import Layout
from seggql.errors import InvariantError
from seggql.query.values.interpreter import Record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """The columns of `rows` records, by path."""

    rows: int
    columns: Mapping[str, Column]

    @classmethod
    def of_documents(cls, documents: Sequence[Mapping[str, Any]], layout: Layout) -> "Frame":
        """The columns of `layout` of documents; what is absent, null or of another kind is missing."""
        return cls(rows=len(documents), columns=columns_of(documents, layout))

    @classmethod
    def of_encoded(cls, rows: int, bits: Mapping[str, bytes], layout: Layout) -> "Frame":
        """The columns of `layout` of `rows` records, from what `encode` made of them. Raises: ColumnUnreadable."""
        if missing := layout.columns.keys() - bits.keys():
            raise ColumnUnreadable(f"There is no column at {', '.join(sorted(missing))}.")
        return cls(rows=rows, columns={path: decoded(bits[path], layout.columns[path], rows) for path in bits})

    @property
    def paths(self) -> frozenset[str]:
        """Where there are columns."""
        return frozenset(self.columns)

    def column(self, path: str) -> Column:
        """The column at `path`.

        Raises: InvariantError where there is none.
        """
        found = self.columns.get(path)
        if found is None:
            raise InvariantError(f"The frame has no column at {path!r}, but at {', '.join(sorted(self.columns))}.")
        return found

    def encode(self, path: str) -> Encoded:
        """The column at `path` as bytes."""
        return encoded(self.column(path))

    def numbers(self, path: str) -> tuple[Vector, Mask]:
        """Numbers, ordinals or milliseconds, and where they are present.

        Raises: InvariantError where texts or arrays are at `path`.
        """
        column = self.column(path)
        if not isinstance(column, Numbers):
            raise InvariantError(f"No numbers are at {path!r}.")
        return column.values, column.is_present

    def of(self, paths: Collection[str]) -> "Frame":
        """The same records with no columns but those at `paths`."""
        return Frame(rows=self.rows, columns={path: self.column(path) for path in paths})

    def filtered(self, mask: Mask) -> "Frame":
        """The records for which `mask` is true."""
        return self.take(np.flatnonzero(mask))

    def take(self, rows: Rows) -> "Frame":
        """Some records, in the order of `rows`."""
        return Frame(rows=len(rows), columns={path: column.take(rows) for path, column in self.columns.items()})

    def record(self, row: int) -> Record:
        """A record with the attributes that there are columns of, for the interpreter."""
        found = nested(self.columns, row)
        return Record(attributes=found.get("a", {}), key=found.get("key"), timestamp=found.get("t"))


def concat(frames: Sequence[Frame]) -> Frame:
    """The records of `frames`, one or more, all with the same paths."""
    if len(frames) == 1:
        return frames[0]
    columns = {path: joined([frame.column(path) for frame in frames]) for path in frames[0].columns}
    return Frame(rows=sum(frame.rows for frame in frames), columns=columns)
