"""Intervals of time: narrowed by tests of Timestamp, which an index on it then serves together with the window."""

from dataclasses import replace
from datetime import datetime

from seggql.query.ast import ComparisonOperator
from seggql.query.bound import Constant, TimestampField
from seggql.query.plan import Aggregate, Interval
from seggql.query.planning.connectives import all_of
from seggql.query.predicate import AllOf, Compares, Predicate
from seggql.query.values.dates import FIRST_INSTANT, LAST_INSTANT, MILLISECOND

NO_TIME = Interval(low=LAST_INSTANT, high=LAST_INSTANT, excludes_low=True)
"""An interval that nothing lies in."""

ALL_TIME = Interval(low=None, high=None)


def is_empty(interval: Interval | None) -> bool:
    """Whether no instant lies in `interval`; None is all time."""
    if interval is None or interval.low is None or interval.high is None:
        return False
    return interval.low > interval.high or (interval.low == interval.high and interval.excludes_low)


def timestamps_into_interval(aggregate: Aggregate) -> Aggregate:
    """Takes the comparisons of Timestamp with an instant out of the predicate, and narrows the interval by them."""
    predicate = aggregate.predicate
    operands = predicate.predicates if isinstance(predicate, AllOf) else (predicate,)
    interval, others = aggregate.interval or ALL_TIME, list[Predicate]()
    for operand in operands:
        narrowed = _interval_of(operand)
        if narrowed is None:
            others.append(operand)
        else:
            interval = _both(interval, narrowed)
    if len(others) == len(operands):
        return aggregate
    return replace(aggregate, predicate=all_of(others), interval=interval)


def _interval_of(predicate: Predicate) -> Interval | None:
    """The interval that a comparison of Timestamp says, or None for any other predicate."""
    match predicate:
        case Compares(operator=operator, left=TimestampField(), right=Constant(value=datetime() as instant)):
            return _compared(operator, instant)
        case _:
            return None


def _compared(operator: ComparisonOperator, instant: datetime) -> Interval | None:
    match operator:
        case ComparisonOperator.GREATER:
            return Interval(low=instant, high=None, excludes_low=True)
        case ComparisonOperator.GREATER_OR_EQUAL:
            return Interval(low=instant, high=None)
        case ComparisonOperator.LESS:
            return NO_TIME if instant == FIRST_INSTANT else Interval(low=None, high=instant - MILLISECOND)
        case ComparisonOperator.LESS_OR_EQUAL:
            return Interval(low=None, high=instant)
        case ComparisonOperator.EQUAL:
            return Interval(low=instant, high=instant)
        case ComparisonOperator.NOT_EQUAL:
            return None


def _both(one: Interval, other: Interval) -> Interval:
    """What lies in both."""
    lows = [(i.low, i.excludes_low) for i in (one, other) if i.low is not None]
    highs = [i.high for i in (one, other) if i.high is not None]
    low, excludes_low = max(lows, default=(None, False))
    return Interval(low=low, high=min(highs, default=None), excludes_low=excludes_low)
