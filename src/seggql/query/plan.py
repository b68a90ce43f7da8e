"""The plan: three operators that each read MongoDB once, stored members, and set algebra over bitmaps.

Everything is decided here: as_of is bound, constants are folded, negation is at the leaves, cheap sides come first.
Renderers only render; plans are values, so that equal parts of a run are evaluated once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from seggql.query.ast import SetOperator
from seggql.query.bound import Direction, Listing
from seggql.query.predicate import Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Profiles of one type for which `predicate` is true."""

    profile_type: str
    predicate: Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of time; `low` is excluded where `excludes_low`, `high` is always included; None is unbounded."""

    low: datetime | None
    high: datetime | None
    excludes_low: bool = False


def spanned(intervals: Sequence[Interval | None]) -> Interval:
    """The shortest stretch of time, without exclusion, that holds all of `intervals`, of which None is all time."""
    lows = [None if interval is None else interval.low for interval in intervals]
    highs = [None if interval is None else interval.high for interval in intervals]
    return Interval(
        low=None if None in lows else min((low for low in lows if low is not None), default=None),
        high=None if None in highs else max((high for high in highs if high is not None), default=None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Profiles linked to interactions in `interval` for which `predicate` is true, and `having` true of their group.

    `having` Always means: at least one interaction.
    """

    interaction: str
    link: str
    profile_type: str
    predicate: Predicate
    having: Predicate
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """The other ends of the edges from `source` for which `predicate` is true."""

    relationship: str
    direction: Direction
    source: "Plan"
    source_type: str
    profile_type: str
    predicate: Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The members of a segment."""

    segment: str
    profile_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgebraOperand:
    """An operator and the plan on its right."""

    operator: SetOperator
    operand: "Plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Algebra:
    """`first op a op b …`, left to right. What has been found so far restricts the operand of INTERSECT and EXCEPT."""

    first: "Plan"
    rest: tuple[AlgebraOperand, ...]
    profile_type: str


Plan = Scan | Aggregate | Hop | Members | Algebra


def parts_of(plan: Plan) -> Iterator[Plan]:
    """The plan and every plan inside it, outer ones first."""
    yield plan
    match plan:
        case Scan() | Aggregate() | Members():
            return
        case Hop():
            yield from parts_of(plan.source)
        case Algebra():
            yield from parts_of(plan.first)
            for step in plan.rest:
                yield from parts_of(step.operand)
        case _:
            assert_never(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """A plan, the instant it is for, and how to list what it finds."""

    root: Plan
    profile_type: str
    as_of: datetime
    listing: Listing | None = None
