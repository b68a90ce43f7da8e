"""From meaning to plan: binds as_of, folds, rewrites and orders, so that renderers have nothing left to decide."""

from datetime import datetime
from typing import assert_never, cast

from seggql.query import bound
from seggql.query.ast import SetOperator
from seggql.query.bound import BoundQuery, BoundSet, Condition, Constant
from seggql.query.plan import Aggregate, Hop, Interval, Members, Plan, QueryPlan, Scan
from seggql.query.planning.estimates import Statistics
from seggql.query.planning.folding import fold_value
from seggql.query.planning.groups import Group, Join, Meet, everyone, is_nobody, nobody
from seggql.query.planning.intervals import NO_TIME, is_empty, timestamps_into_interval
from seggql.query.planning.negation import when_true
from seggql.query.planning.order import ordered
from seggql.query.planning.predicate_rewrites import simplify
from seggql.query.planning.rewrites import rewrite
from seggql.query.predicate import Always, Never, Predicate
from seggql.query.values.dates import truncate_to_millisecond, truncate_to_minute, window_interval


def plan(query: BoundQuery, as_of: datetime, statistics: Statistics) -> QueryPlan:
    """How to find the members of `query` at `as_of` (aware UTC), with what the store counts in `statistics`."""
    as_of = truncate_to_millisecond(as_of)
    root = _Planning(as_of, statistics).plan(query.set)
    return QueryPlan(root=root, profile_type=query.profile_type, as_of=as_of, listing=query.listing)


class _Planning:
    """The planning of one query at one instant."""

    def __init__(self, as_of: datetime, statistics: Statistics) -> None:
        self._as_of = as_of
        self._now = truncate_to_minute(as_of)
        self._statistics = statistics

    def plan(self, source: BoundSet) -> Plan:
        return ordered(rewrite(self._group(source)), self._statistics)

    def _group(self, source: BoundSet) -> Group:
        """Follows a chain of steps down to where it starts without recursion, for chains may be long."""
        steps: list[bound.Filtered | bound.CombinedOperand] = []
        while True:
            match source:
                case bound.Filtered():
                    steps.append(source)
                    source = source.source
                case bound.Combined():
                    steps.extend(reversed(source.rest))
                    source = source.first
                case _:
                    break
        group = self._start(source)
        for step in reversed(steps):
            group = self._step(group, step)
        return group

    def _start(self, source: bound.Everyone | bound.MembersOf | bound.Interacted | bound.Traversed) -> Group:
        match source:
            case bound.Everyone(profile_type=profile_type):
                return everyone(profile_type)
            case bound.MembersOf(segment=segment, profile_type=profile_type):
                return Members(segment=segment, profile_type=profile_type)
            case bound.Interacted():
                return self._aggregate(source)
            case bound.Traversed():
                return self._hop(source)
            case _:
                assert_never(source)

    def _step(self, group: Group, step: bound.Filtered | bound.CombinedOperand) -> Group:
        """`group` after one more step; steps of one kind in a row stay in one group."""
        profile_type = group.profile_type
        if isinstance(step, bound.Filtered):
            operator, operand = SetOperator.INTERSECT, self._scan(profile_type, step.condition)
        else:
            operator, operand = step.operator, self._group(step.operand)
        if operator is SetOperator.UNION:
            operands = group.operands if isinstance(group, Join) else (group,)
            return Join(operands=(*operands, operand), profile_type=profile_type)
        kept, removed = (group.kept, group.removed) if isinstance(group, Meet) else ((group,), ())
        if operator is SetOperator.INTERSECT:
            kept = (*kept, operand)
        else:
            removed = (*removed, operand)
        return Meet(kept=kept, removed=removed, profile_type=profile_type)

    def _scan(self, profile_type: str, condition: Condition) -> Group:
        return Scan(profile_type=profile_type, predicate=self._predicate(condition))

    def _aggregate(self, source: bound.Interacted) -> Group:
        aggregate = timestamps_into_interval(
            Aggregate(
                interaction=source.interaction,
                link=source.link,
                profile_type=source.profile_type,
                predicate=self._predicate(source.condition),
                having=self._predicate(source.having),
                interval=self._interval(source.period),
            )
        )
        never = isinstance(aggregate.predicate, Never) or isinstance(aggregate.having, Never)
        return nobody(source.profile_type) if never or is_empty(aggregate.interval) else aggregate

    def _hop(self, source: bound.Traversed) -> Group:
        start = self.plan(source.source)
        predicate = self._predicate(source.condition)
        if isinstance(predicate, Never) or is_nobody(cast(Group, start)):
            return nobody(source.profile_type)
        return Hop(
            relationship=source.relationship,
            direction=source.direction,
            source=start,
            source_type=source.source.profile_type,
            profile_type=source.profile_type,
            predicate=predicate,
        )

    def _predicate(self, condition: Condition | None) -> Predicate:
        return Always() if condition is None else simplify(when_true(condition), self._now)

    def _interval(self, period: bound.Period | None) -> Interval | None:
        match period:
            case None:
                return None
            case bound.RelativePeriod(unit=unit, count=count):
                return window_interval(unit, count, self._as_of)
            case bound.BetweenPeriod(low=low, high=high):
                return self._between(fold_value(low, self._now), fold_value(high, self._now))
            case _:
                assert_never(period)

    def _between(self, low: bound.Value, high: bound.Value) -> Interval:
        """[low, high]; empty where an end is missing, for a comparison with it is unknown."""
        match low, high:
            case Constant(value=datetime() as first), Constant(value=datetime() as last):
                return Interval(low=first, high=last)
            case _:
                return NO_TIME
