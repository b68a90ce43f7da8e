"""Groups of interactions that grow: counts, sums, extremes and distinct values in arrays, one place a group."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seggql.columns.column import Column, Mask, Numbers, Rows, Texts, Vector
from seggql.columns.layout import Storage
from seggql.columns.sums import Doubles, add_at, largest_of, parts_of, total_of
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated

Counts = NDArray[np.int64]


class Tally(Protocol):
    """What is known of one field in each group."""

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Count in the rows from `first` up to, but not, `end`, which belong to the groups at `positions`."""

    def outcome(self, function: AggregateFunction, counts: Counts) -> Column:
        """The aggregate of each group, of which `counts` are the rows."""


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
        return self.tallies[aggregated].outcome(aggregated.function, self.counts)


@dataclass(slots=True, kw_only=True, eq=False)
class Sums:
    """Exact sums of numbers, in groups of up to `most`; one array for each of their parts, see sums.py."""

    column: Numbers
    most: int
    size: int
    largest: float | int = field(init=False)
    sums: list[Doubles] = field(init=False)
    missing: Counts = field(init=False)

    def __post_init__(self) -> None:
        self.largest = largest_of(self.column.values)
        self.sums = [np.zeros(self.size)]
        self.missing = np.zeros(self.size, dtype=np.int64)

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Missing numbers count as zero."""
        values, present = self.column.values[first:end], _present(self.column, first, end)
        if present is not None:
            values = np.where(present, values, 0)
        for place, part in enumerate(parts_of(values, self.most, self.largest)):
            if place == len(self.sums):
                self.sums.append(np.zeros(self.size))
            add_at(self.sums[place], positions, part)
        _count_missing(self.missing, self.column, positions, first, end)

    def outcome(self, function: AggregateFunction, counts: Counts) -> Column:
        """SUM or AVG; missing where no number is, or where it is too large for a double."""
        is_whole, known = self.column.values.dtype.kind != "f", counts - self.missing
        total = total_of(self.sums, is_whole)
        if function is AggregateFunction.SUM and is_whole:
            return Numbers(storage=Storage.LONG, values=total, present=known > 0)
        numbers = total.astype(np.float64)
        if function is AggregateFunction.AVG:
            numbers = numbers / np.maximum(known, 1)
        is_number = np.isfinite(numbers)
        return Numbers(storage=Storage.DOUBLE, values=np.where(is_number, numbers, 0), present=is_number & (known > 0))


@dataclass(slots=True, kw_only=True, eq=False)
class Extremes:
    """The least or the most of numbers, instants or texts (by their codes)."""

    column: Numbers | Texts
    size: int
    is_most: bool
    values: Vector = field(init=False)
    missing: Counts = field(init=False)

    def __post_init__(self) -> None:
        values = _values(self.column)
        limits = np.finfo(values.dtype) if values.dtype.kind == "f" else np.iinfo(values.dtype)
        self.values = np.full(self.size, limits.min if self.is_most else limits.max, dtype=values.dtype)
        self.missing = np.zeros(self.size, dtype=np.int64)

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Missing values count for nothing."""
        _count_missing(self.missing, self.column, positions, first, end)
        values, present = _values(self.column)[first:end], _present(self.column, first, end)
        if present is not None:
            positions, values = positions[present], values[present]
        (np.maximum if self.is_most else np.minimum).at(self.values, positions, values)

    def outcome(self, function: AggregateFunction, counts: Counts) -> Column:
        """MIN or MAX; missing where no value is."""
        present, column = counts > self.missing, self.column
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
        values = _values(self.column)
        least, most = (values.min().item(), values.max().item()) if len(values) else (0, 0)
        if values.dtype.kind in "iu" and (most - least + 1) * self.size < 2**63:
            self.codes, self.count = values.astype(np.int64) - least, most - least + 1
        else:
            distinct, self.codes = np.unique(values, return_inverse=True)
            self.count = len(distinct)

    def add(self, positions: Rows, first: int, end: int) -> None:
        """Missing values count for nothing."""
        present = self.column.is_present[first:end]
        known = positions[present] * self.count + self.codes[first:end][present]
        self.found = [pl.Series(np.concatenate((*self.found, known))).unique().to_numpy()]

    def outcome(self, function: AggregateFunction, counts: Counts) -> Column:
        """COUNTDISTINCT, which is never missing."""
        groups = [found // self.count for found in self.found] or [np.zeros(0, dtype=np.int64)]
        return Numbers(storage=Storage.LONG, values=np.bincount(groups[0], minlength=self.size))


def _present(column: Numbers | Texts, first: int, end: int) -> Mask | None:
    """Where there is a value among some rows; None where all have one."""
    if isinstance(column, Texts):
        known: Mask = column.codes[first:end] != column.missing
        return known
    return None if column.present is None else column.present[first:end]


def _count_missing(missing: Counts, column: Numbers | Texts, positions: Rows, first: int, end: int) -> None:
    present = _present(column, first, end)
    if present is not None:
        add_at(missing, positions[~present])


def _values(column: Numbers | Texts) -> Vector:
    return column.codes if isinstance(column, Texts) else column.values
