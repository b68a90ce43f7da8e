"""A small world in memory, and what bound queries and plans find in it, each by its plain meaning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ComparisonOperator, SetOperator
from seggql.query.bound import Aggregated, Condition, Direction, Scalar
from seggql.query.plan import Aggregate, Algebra, Hop, Interval, Members, Plan, Scan
from seggql.query.planning.folding import fold_value
from seggql.query.predicate import Predicate
from seggql.query.values.dates import truncate_to_minute, window_interval
from seggql.query.values.interpreter import Record, holds
from tests.query.three_valued import compared, truth

Profiles = frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An interaction, or an edge (where `target` is the other end)."""

    profile: int
    target: int = 0
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Profiles of one type by ordinal; interactions, edges and segments by name."""

    profiles: Mapping[int, Record]
    interactions: Mapping[str, tuple[Act, ...]] = field(default_factory=dict)
    edges: Mapping[str, tuple[Act, ...]] = field(default_factory=dict)
    segments: Mapping[str, Profiles] = field(default_factory=dict)


COUNT = Aggregated(function=AggregateFunction.COUNT, field=None, type=AttributeType.LONG)


def groups(acts: Iterable[Act]) -> dict[int, Record]:
    """A record of aggregates (COUNT alone) for each profile with an interaction."""
    counts: dict[int, Scalar | None] = {}
    for act in acts:
        counts[act.profile] = int(str(counts.get(act.profile, 0))) + 1
    return {profile: Record(aggregates={COUNT: count}) for profile, count in counts.items()}


# ---------------------------------------------------------------- what a bound set means


def meaning(source: bound.BoundSet, world: World, as_of: datetime) -> Profiles:
    """The profiles of `source`, without any planning."""
    match source:
        case bound.Everyone():
            return frozenset(world.profiles)
        case bound.MembersOf(segment=segment):
            return world.segments[segment]
        case bound.Filtered(condition=condition):
            found = meaning(source.source, world, as_of)
            return frozenset(each for each in found if truth(condition, world.profiles[each]))
        case bound.Interacted():
            return _interacted(source, world, as_of)
        case bound.Traversed(relationship=relationship, direction=direction, condition=condition):
            edges = [edge for edge in world.edges[relationship] if _is_true(condition, edge.record)]
            return _walked(edges, meaning(source.source, world, as_of), direction)
        case bound.Combined():
            found = meaning(source.first, world, as_of)
            for step in source.rest:
                found = _combined(found, step.operator, meaning(step.operand, world, as_of))
            return found
        case _:
            assert_never(source)


def _interacted(source: bound.Interacted, world: World, as_of: datetime) -> Profiles:
    acts = [
        act
        for act in world.interactions[source.interaction]
        if _is_true(source.condition, act.record) and _within(source.period, act.record.timestamp, as_of)
    ]
    return frozenset(profile for profile, group in groups(acts).items() if _is_true(source.having, group))


def _within(period: bound.Period | None, timestamp: datetime | None, as_of: datetime) -> bool:
    match period:
        case None:
            return True
        case bound.RelativePeriod(unit=unit, count=count):
            low = window_interval(unit, count, as_of).low
            assert low is not None
            assert timestamp is not None
            return low < timestamp <= as_of
        case bound.BetweenPeriod(low=low_value, high=high_value):
            ends = [fold_value(end, truncate_to_minute(as_of)) for end in (low_value, high_value)]
            instants = [end.value if isinstance(end, bound.Constant) else None for end in ends]
            above = compared(ComparisonOperator.GREATER_OR_EQUAL, timestamp, instants[0])
            below = compared(ComparisonOperator.LESS_OR_EQUAL, timestamp, instants[1])
            return above is True and below is True
        case _:
            assert_never(period)


def _is_true(condition: Condition | None, record: Record) -> bool:
    return condition is None or truth(condition, record) is True


def _walked(edges: Iterable[Act], start: Profiles, direction: Direction) -> Profiles:
    if direction is Direction.FORWARD:
        return frozenset(edge.target for edge in edges if edge.profile in start)
    return frozenset(edge.profile for edge in edges if edge.target in start)


def _combined(found: Profiles, operator: SetOperator, operand: Profiles) -> Profiles:
    match operator:
        case SetOperator.UNION:
            return found | operand
        case SetOperator.INTERSECT:
            return found & operand
        case SetOperator.EXCEPT:
            return found - operand
        case _:
            assert_never(operator)


# ---------------------------------------------------------------- what a plan finds


def found_by(plan: Plan, world: World) -> Profiles:
    """The profiles that `plan` finds."""
    match plan:
        case Scan(predicate=predicate):
            return frozenset(each for each, record in world.profiles.items() if holds(predicate, record))
        case Aggregate(interaction=interaction, predicate=predicate, interval=interval, having=having):
            acts = _acts(world.interactions[interaction], predicate, interval)
            return frozenset(profile for profile, group in groups(acts).items() if holds(having, group))
        case Hop(relationship=relationship, direction=direction, source=source, predicate=predicate):
            edges = [edge for edge in world.edges[relationship] if holds(predicate, edge.record)]
            return _walked(edges, found_by(source, world), direction)
        case Members(segment=segment):
            return world.segments[segment]
        case Algebra(first=first, rest=rest):
            found = found_by(first, world)
            for step in rest:
                found = _combined(found, step.operator, found_by(step.operand, world))
            return found
        case _:
            assert_never(plan)


def _acts(acts: Iterable[Act], predicate: Predicate, interval: Interval | None) -> list[Act]:
    return [act for act in acts if holds(predicate, act.record) and _lies_in(interval, act.record.timestamp)]


def _lies_in(interval: Interval | None, timestamp: datetime | None) -> bool:
    if interval is None or timestamp is None:
        return interval is None
    if interval.high is not None and timestamp > interval.high:
        return False
    if interval.low is None:
        return True
    return timestamp > interval.low or (timestamp == interval.low and not interval.excludes_low)
