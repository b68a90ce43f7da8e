"""Interactions by time, as HAVING reads them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seggql.columns.column import Arrays, Column, Mask, Numbers, Texts, Vector, milliseconds
from seggql.columns.frame import Frame
from seggql.columns.joining import joined
from seggql.errors import InvariantError
from seggql.query.bound import Field, TimestampField
from seggql.query.paths import path_of
from seggql.query.plan import Interval

GroupedField = Field | TimestampField
"""What aggregates are of."""

TIME = "t"
"""Where the times of interactions are."""

Ordinals = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interactions:
    """Interactions by time: the ordinals that they are grouped by, milliseconds, and what HAVING reads of each.

    Where all time counts they have no `times`, and no order.
    """

    ordinals: Ordinals
    times: Vector | None
    columns: Mapping[GroupedField, Numbers | Texts]

    @classmethod
    def of(
        cls, frame: Frame, mask: Mask | None, link: str, fields: Collection[GroupedField], *, is_timed: bool
    ) -> "Interactions":
        """Those of `frame` for which `mask` is true (None: all) and that have the link, with times or without."""
        time = {TIME} if is_timed else set()
        kept = _linked(frame.of({link, *time, *map(path_of, fields)}), mask, link)
        columns = {field: _scalar(kept.column(path_of(field))) for field in fields}
        times = kept.numbers(TIME)[0] if is_timed else None
        return cls(ordinals=kept.numbers(link)[0], times=times, columns=columns)._by_time()

    @classmethod
    def joined(cls, pieces: Sequence["Interactions"]) -> "Interactions":
        """Those of one piece or more, which have the same columns, and all have times or none has."""
        if len(pieces) == 1:
            return pieces[0]
        columns = {field: _scalar(joined([piece.columns[field] for piece in pieces])) for field in pieces[0].columns}
        ordinals = np.concatenate([piece.ordinals for piece in pieces])
        timed = [piece.times for piece in pieces if piece.times is not None]
        times = np.concatenate(timed) if timed else None
        return cls(ordinals=ordinals, times=times, columns=columns)._by_time()

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.ordinals)

    def _by_time(self) -> "Interactions":
        if self.times is None or np.all(self.times[1:] >= self.times[:-1]):
            return self
        order = np.argsort(self.times, kind="stable")
        columns = {field: column.take(order) for field, column in self.columns.items()}
        return Interactions(ordinals=self.ordinals[order], times=self.times[order], columns=columns)

    def numbers(self, summed: GroupedField) -> Numbers:
        """The column of a field that is summed.

        Raises: InvariantError where it is of texts.
        """
        column = self.columns[summed]
        if not isinstance(column, Numbers):
            raise InvariantError(f"{summed} is no number.")
        return column

    def within(self, stretch: "Stretch") -> "Interactions":
        """Those of a stretch, without a copy."""
        rows = slice(stretch.first, stretch.end)
        columns = {field: _part(column, rows) for field, column in self.columns.items()}
        times = None if self.times is None else self.times[rows]
        return Interactions(ordinals=self.ordinals[rows], times=times, columns=columns)

    def of_ordinals(self, first: int, end: int) -> "Interactions":
        """Those of the ordinals from `first` up to, but not, `end`, which are counted from `first`."""
        rows = np.flatnonzero((self.ordinals >= first) & (self.ordinals < end))
        columns = {field: column.take(rows) for field, column in self.columns.items()}
        times = None if self.times is None else self.times[rows]
        return Interactions(ordinals=self.ordinals[rows] - np.uint32(first), times=times, columns=columns)

    def stretch(self, interval: Interval | None) -> "Stretch":
        """The rows in `interval`.

        Raises: InvariantError where it has a bound, and they have no times.
        """
        first, end = 0, self.rows
        if interval is None or (interval.low is None and interval.high is None):
            return Stretch(first=first, end=end)
        if self.times is None:
            raise InvariantError("Interactions without times are in no order.")
        if interval.low is not None:
            side: Literal["left", "right"] = "right" if interval.excludes_low else "left"
            first = int(np.searchsorted(self.times, milliseconds(interval.low), side))
        if interval.high is not None:
            end = int(np.searchsorted(self.times, milliseconds(interval.high), "right"))
        return Stretch(first=first, end=max(first, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Rows from `first` up to, but not, `end`."""

    first: int
    end: int

    @property
    def rows(self) -> int:
        """How many."""
        return self.end - self.first

    def holds(self, other: "Stretch") -> bool:
        """Whether `other` lies within."""
        return self.first <= other.first and other.end <= self.end


def _linked(frame: Frame, mask: Mask | None, link: str) -> Frame:
    present = frame.numbers(link)[1]
    wanted = present if mask is None else present & mask
    return frame if wanted.all() else frame.filtered(wanted)


def _part(column: Numbers | Texts, rows: slice) -> Numbers | Texts:
    if isinstance(column, Texts):
        return replace(column, codes=column.codes[rows])
    return replace(column, values=column.values[rows], present=None if column.present is None else column.present[rows])


def _scalar(column: Column) -> Numbers | Texts:
    if isinstance(column, Arrays):
        raise InvariantError("HAVING reads no arrays.")
    return column
