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

Grouped = Field | TimestampField
"""What aggregates are of."""

Ordinals = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interactions:
    """Interactions by time: the ordinals that they are grouped by, milliseconds, and what HAVING reads of each."""

    ordinals: Ordinals
    times: Vector
    columns: Mapping[Grouped, Numbers | Texts]

    @classmethod
    def of(
        cls, frames: Sequence[Frame], masks: Sequence[Mask | None], link: str, fields: Collection[Grouped]
    ) -> "Interactions":
        """Of one frame or more, those for which the mask is true (None: all) and that have the link."""
        kept = [_linked(frame, mask, link) for frame, mask in zip(frames, masks, strict=True)]
        ordinals = np.concatenate([frame.numbers(link)[0] for frame in kept])
        times = np.concatenate([frame.numbers("t")[0] for frame in kept])
        columns = {field: _scalar(joined([frame.column(path_of(field)) for frame in kept])) for field in fields}
        if np.all(times[1:] >= times[:-1]):
            return cls(ordinals=ordinals, times=times, columns=columns)
        order = np.argsort(times, kind="stable")
        taken = {field: column.take(order) for field, column in columns.items()}
        return cls(ordinals=ordinals[order], times=times[order], columns=taken)

    def numbers(self, summed: Grouped) -> Numbers:
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
        return Interactions(ordinals=self.ordinals[rows], times=self.times[rows], columns=columns)

    def stretch(self, interval: Interval | None) -> "Stretch":
        """The rows in `interval`."""
        first, end = 0, len(self.times)
        if interval is not None and interval.low is not None:
            side: Literal["left", "right"] = "right" if interval.excludes_low else "left"
            first = int(np.searchsorted(self.times, milliseconds(interval.low), side))
        if interval is not None and interval.high is not None:
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
