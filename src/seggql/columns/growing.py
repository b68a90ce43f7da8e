"""Groups of interactions that grow: counts, sums, extremes and distinct values in arrays, one place a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seggql.columns.column import Column, Numbers, Rows, Texts, Vector
from seggql.columns.layout import Storage
from seggql.columns.sums import Doubles, add_at, total_of
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated

Counts = NDArray[np.int64]


class Tally(Protocol):
    """What is known of one field in each group."""

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Count in the rows from `first` up to, but not, `end`, which belong to the groups at `positions`."""

    def outcome(self, function: AggregateFunction) -> Column:
        """The aggregate of each group."""


@dataclass(slots=True, kw_only=True, eq=False)
class Groups:
    """`size` groups of the rows counted in so far."""

    size: int
    tallies: Mapping[Aggregated, Tally]
    counts: Counts = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(self.size, dtype=np.int64)

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Count in the rows from `first` up to, but not, `end`, which belong to the groups at `positions`."""
        if first == end:
            return
        add_at(self.counts, positions)
        for tally in {id(tally): tally for tally in self.tallies.values()}.values():
            tally.add(positions, first, end)

    def outcome(self, aggregated: Aggregated) -> Column:
        """An aggregate of each group."""
        if aggregated.field is None:
            return Numbers(storage=Storage.LONG, values=self.counts)
        return self.tallies[aggregated].outcome(aggregated.function)


@dataclass(slots=True, kw_only=True, eq=False)
class Sums:
    """Exact sums of numbers; `parts` are what add up to `column`, see sums.py."""

    column: Numbers
    parts: Sequence[Doubles]
    size: int
    sums: list[Doubles] = field(init=False)
    counts: Counts = field(init=False)

    def __post_init__(self) -> None:
        self.sums = [np.zeros(self.size) for _ in self.parts]
        self.counts = np.zeros(self.size, dtype=np.int64)

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Missing numbers are zero in every part."""
        for total, part in zip(self.sums, self.parts, strict=True):
            add_at(total, positions, part[first:end])
        present = self.column.present
        add_at(self.counts, positions if present is None else positions[present[first:end]])

    def outcome(self, function: AggregateFunction) -> Column:
        """SUM or AVG; missing where no number is, or where it is too large for a double."""
        is_whole = self.column.values.dtype.kind != "f"
        total = total_of(self.sums, is_whole)
        if function is AggregateFunction.SUM and is_whole:
            return Numbers(storage=Storage.LONG, values=total, present=self.counts > 0)
        numbers = total.astype(np.float64)
        if function is AggregateFunction.AVG:
            numbers = numbers / np.maximum(self.counts, 1)
        is_number = np.isfinite(numbers)
        return Numbers(
            storage=Storage.DOUBLE, values=np.where(is_number, numbers, 0), present=is_number & (self.counts > 0)
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Extremes:
    """The least or the most of numbers, instants or texts (by their codes)."""

    column: Numbers | Texts
    size: int
    is_most: bool
    values: Vector = field(init=False)
    counts: Counts = field(init=False)

    def __post_init__(self) -> None:
        values = _values(self.column)
        limits = np.finfo(values.dtype) if values.dtype.kind == "f" else np.iinfo(values.dtype)
        self.values = np.full(self.size, limits.min if self.is_most else limits.max, dtype=values.dtype)
        self.counts = np.zeros(self.size, dtype=np.int64)

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Missing values count for nothing."""
        values, present = _values(self.column)[first:end], self.column.is_present[first:end]
        if not present.all():
            positions, values = positions[present], values[present]
        (np.maximum if self.is_most else np.minimum).at(self.values, positions, values)
        add_at(self.counts, positions)

    def outcome(self, function: AggregateFunction) -> Column:
        """MIN or MAX; missing where no value is."""
        present, column = self.counts > 0, self.column
        if isinstance(column, Numbers):
            return Numbers(storage=column.storage, values=self.values, present=present)
        codes = np.where(present, self.values, np.array(column.missing, dtype=self.values.dtype))
        return Texts(storage=column.storage, codes=codes, distinct=column.distinct)


@dataclass(slots=True, kw_only=True, eq=False)
class DistinctValues:
    """Which values there are in which group, as one number for both: the group's position and the value's code."""

    column: Numbers | Texts
    size: int
    codes: Vector = field(init=False)
    count: int = field(init=False)
    found: list[NDArray[np.int64]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        if isinstance(self.column, Texts):
            self.codes, self.count = self.column.codes, self.column.missing + 1
        else:
            distinct, self.codes = np.unique(self.column.values, return_inverse=True)
            self.count = len(distinct) + 1

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Missing values count for nothing."""
        present = self.column.is_present[first:end]
        known = positions[present] * self.count + self.codes[first:end][present]
        self.found = [pl.Series(np.concatenate((*self.found, known))).unique().to_numpy()]

    def outcome(self, function: AggregateFunction) -> Column:
        """COUNTDISTINCT, which is never missing."""
        groups = [found // self.count for found in self.found] or [np.zeros(0, dtype=np.int64)]
        return Numbers(storage=Storage.LONG, values=np.bincount(groups[0], minlength=self.size))


def _values(column: Numbers | Texts) -> Vector:
    return column.codes if isinstance(column, Texts) else column.values
