"""HAVING over grouped interactions, for many windows and tests at once, each interaction counted seldom.

Windows that lie within each other (as those that end at the same instant do) are a chain: the groups of the smallest
are grown into those of the next by the interactions that come on either side.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pyroaring import BitMap

from seggql.catalog.model import AttributeType
from seggql.columns.bitmaps import bitmap_of, bitmap_of_mask
from seggql.columns.column import Column, Mask, Rows
from seggql.columns.frame import Frame
from seggql.columns.growing import Counts, DistinctValues, Extremes, Groups, Sums, Tally
from seggql.columns.interactions import GroupedField, Interactions, Ordinals, Stretch
from seggql.columns.masks import Conditions
from seggql.errors import InvariantError
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated, Field
from seggql.query.needs import aggregates_of
from seggql.query.plan import Aggregate, Interval
from seggql.query.predicate import Predicate
from seggql.query.substitution import substituted

DECIMAL = AttributeType.DECIMAL

ROWS_AT_ONCE = 2**20
"""Interactions that are counted in together: tens of MB of what is worked out for each."""

FAR_APART = 4
"""Ordinals for each interaction past which only those that there are have a place."""

PLACES_AT_ONCE = 2**20
"""Ordinals whose groups are known at once, where each has a place: 8 MB for each number that is known of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRequest:
    """Which groups are asked for: those of the interactions in `interval` for which `having` is true."""

    interval: Interval | None
    having: Predicate


def is_columnar(plan: Aggregate) -> bool:
    """Whether HAVING can be decided here: over anything but decimals, whose arithmetic is not of doubles."""
    read = aggregates_of(plan.having)
    return not any(value.type is DECIMAL or (value.field and value.field.type is DECIMAL) for value in read)


def fields_grouped(havings: Iterable[Predicate]) -> tuple[GroupedField, ...]:
    """The fields of the interactions that they read, each once."""
    read = (one.field for having in havings for one in aggregates_of(having))
    return tuple(dict.fromkeys(field for field in read if field is not None))


def ordinals_found(requests: Sequence[GroupRequest], interactions: Interactions) -> list[BitMap]:
    """For each request the ordinals of its groups."""
    found = [BitMap() for _ in requests]
    interactions = interactions.within(_around([interactions.stretch(request.interval) for request in requests]))
    for first, some in _of_some_ordinals(interactions):
        for ordinals, more in zip(found, _found(requests, some), strict=True):
            ordinals |= more.shift(first)
    return found


def _found(requests: Sequence[GroupRequest], interactions: Interactions) -> list[BitMap]:
    found = [BitMap() for _ in requests]
    stretches: dict[Stretch, list[int]] = {}
    for index, request in enumerate(requests):
        stretches.setdefault(interactions.stretch(request.interval), []).append(index)
    most = _largest_group(interactions) if interactions.columns else 1
    for chain in _chains(stretches):
        asked = [index for stretch in chain for index in stretches[stretch]]
        aggregates = dict.fromkeys(one for index in asked for one in aggregates_of(requests[index].having))
        places = _places(interactions, chain[-1])
        groups = Groups(size=places.size, tallies=_tallies(aggregates, interactions, places.size, most))
        for stretch in _grown(chain, groups, interactions, places):
            havings = [requests[index].having for index in stretches[stretch]]
            for index, mask in zip(stretches[stretch], satisfying(havings, groups), strict=True):
                found[index] = places.bitmap(mask)
    return found


class Grouped(Protocol):
    """Groups, each at its place, of which some may have no interactions."""

    size: int
    counts: Counts

    def outcome(self, aggregated: Aggregated) -> Column:
        """An aggregate of each group."""


def satisfying(havings: Sequence[Predicate], groups: Grouped) -> list[Mask]:
    """For each HAVING, which groups have an interaction and satisfy it: its aggregates are attributes of theirs."""
    aggregates = dict.fromkeys(one for having in havings for one in aggregates_of(having))
    names = {aggregated: f"g{index}" for index, aggregated in enumerate(aggregates)}
    read = {aggregated: Field(names=(name,), type=aggregated.type) for aggregated, name in names.items()}
    frame = Frame(rows=groups.size, columns={f"a.{name}": groups.outcome(one) for one, name in names.items()})
    exists = groups.counts > 0
    masks = Conditions.of(substituted(having, read) for having in havings).masks(frame)
    return [mask & exists for mask in masks]


# ---------------------------------------------------------------- windows within each other


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where the groups of rows are: each ordinal is its own place, or rows from `first` on have `positions`."""

    size: int
    first: int = 0
    positions: Rows | None = None
    ordinals: Ordinals | None = None
    """The ordinal of each place, where rows have positions."""

    def of(self, interactions: Interactions, first: int, end: int) -> Rows:
        """The places of the rows from `first` up to, but not, `end`."""
        if self.positions is None:
            return interactions.ordinals[first:end].astype(np.intp)
        return self.positions[first - self.first : end - self.first]

    def bitmap(self, mask: Mask) -> BitMap:
        """The ordinals of the groups that are true in `mask`."""
        return bitmap_of_mask(mask) if self.ordinals is None else bitmap_of(self.ordinals[mask])


def _largest_group(interactions: Interactions) -> int:
    """How many interactions the group has that has most of them."""
    everything = Stretch(first=0, end=interactions.rows)
    places = _places(interactions, everything)
    groups = Groups(size=places.size, tallies={})
    for _ in _grown([everything], groups, interactions, places):
        pass
    return int(groups.counts.max(initial=1))


def _around(stretches: Sequence[Stretch]) -> Stretch:
    """The rows from the first to the last in any of the stretches."""
    some = [stretch for stretch in stretches if stretch.rows]
    first = min((stretch.first for stretch in some), default=0)
    return Stretch(first=first, end=max((stretch.end for stretch in some), default=first))


def _chains(stretches: Iterable[Stretch]) -> list[list[Stretch]]:
    """The stretches in lists in which each holds the one before."""
    chains: list[list[Stretch]] = []
    for stretch in sorted(stretches, key=lambda stretch: (stretch.rows, stretch.first)):
        chain = next((chain for chain in chains if stretch.holds(chain[-1])), None)
        if chain is None:
            chains.append([stretch])
        else:
            chain.append(stretch)
    return chains


def _of_some_ordinals(interactions: Interactions) -> Iterator[tuple[int, Interactions]]:
    """The interactions of some ordinals at a time, counted from the first of those; all at once where they are few."""
    end = _end(interactions.ordinals)
    if end <= PLACES_AT_ONCE or _are_far_apart(interactions.rows, end):
        yield 0, interactions
        return
    for first in range(0, end, PLACES_AT_ONCE):
        yield first, interactions.of_ordinals(first, first + PLACES_AT_ONCE)


def _end(ordinals: Ordinals) -> int:
    return int(ordinals.max(initial=0)) + 1


def _are_far_apart(rows: int, ordinals: int) -> bool:
    """Whether most of the ordinals have no interaction."""
    return rows * FAR_APART < ordinals


def _places(interactions: Interactions, widest: Stretch) -> Places:
    """Every ordinal has a place where rows are many; else only those that there are."""
    ordinals = interactions.ordinals[widest.first : widest.end]
    size = _end(ordinals)
    if _are_far_apart(widest.rows, size):
        ordinals, positions = np.unique(ordinals, return_inverse=True)
        return Places(size=len(ordinals), first=widest.first, positions=positions, ordinals=ordinals)
    return Places(size=size)


def _grown(chain: list[Stretch], groups: Groups, interactions: Interactions, places: Places) -> Iterator[Stretch]:
    """Each stretch of `chain` in turn, once `groups` are those of its rows."""
    step = max(ROWS_AT_ONCE, places.size)
    first = end = chain[0].first
    for stretch in chain:
        for low, high in ((stretch.first, first), (end, stretch.end)):
            for row in range(low, high, step):
                last = min(row + step, high)
                groups.add(places.of(interactions, row, last), row, last)
        first, end = stretch.first, stretch.end
        yield stretch


# ---------------------------------------------------------------- what is known of groups


def _tallies(
    aggregates: Iterable[Aggregated], interactions: Interactions, size: int, most: int
) -> dict[Aggregated, Tally]:
    sums: dict[GroupedField, Sums] = {}
    tallies: dict[Aggregated, Tally] = {}
    for aggregated in aggregates:
        read, columns = aggregated.field, interactions.columns
        if read is None:
            continue
        match aggregated.function:
            case AggregateFunction.SUM | AggregateFunction.AVG:
                if read not in sums:
                    sums[read] = Sums(column=interactions.numbers(read), most=most, size=size)
                tallies[aggregated] = sums[read]
            case AggregateFunction.COUNTDISTINCT:
                tallies[aggregated] = DistinctValues(column=columns[read], size=size)
            case AggregateFunction.MIN | AggregateFunction.MAX:
                is_most = aggregated.function is AggregateFunction.MAX
                tallies[aggregated] = Extremes(column=columns[read], size=size, is_most=is_most)
            case _:
                raise InvariantError(f"{aggregated.function.value} reads no field.")
    return tallies
