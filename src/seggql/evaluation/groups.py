"""Aggregates over one group of interactions in Python, as MongoDB's accumulators compute them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import fsum, isfinite
from typing import Any, assert_never

from seggql.evaluation.records import record_of
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated, Scalar
from seggql.query.values.interpreter import Record, value_of
from seggql.query.values.numbers import DECIMAL128, Number, to_decimal

Group = list[Mapping[str, Any]]
"""Interactions of one profile."""


def group_of(interactions: Group, aggregates: Sequence[Aggregated]) -> Record:
    """The group as a record with its aggregates."""
    records = [record_of(interaction) for interaction in interactions]
    return Record(aggregates={aggregated: _outcome(aggregated, records) for aggregated in aggregates})


def _outcome(aggregated: Aggregated, records: list[Record]) -> Scalar | None:
    if aggregated.field is None:
        return len(records)
    read = (value_of(aggregated.field, record) for record in records)
    present: list[Any] = [value for value in read if value is not None]
    match aggregated.function:
        case AggregateFunction.COUNT:
            return len(records)
        case AggregateFunction.COUNTDISTINCT:
            return len(set(present))
        case AggregateFunction.SUM:
            return total(present) if present else None
        case AggregateFunction.AVG:
            return _mean(present) if present else None
        case AggregateFunction.MIN:
            return min(present, default=None)
        case AggregateFunction.MAX:
            return max(present, default=None)
        case _:
            assert_never(aggregated.function)


def total(numbers: Sequence[Number]) -> Number | None:
    """The sum: exact over integers, correctly rounded over doubles, of 34 digits where there is a decimal."""
    if any(isinstance(number, Decimal) for number in numbers):
        return _decimal_total(numbers)
    if all(isinstance(number, int) for number in numbers):
        return sum(int(number) for number in numbers)
    try:
        sum_ = fsum(numbers)
    except OverflowError:
        return None
    return sum_ if isfinite(sum_) else None


def _decimal_total(numbers: Sequence[Number]) -> Decimal | None:
    sum_ = Decimal(0)
    for number in numbers:
        sum_ = DECIMAL128.add(sum_, to_decimal(number))
    return sum_ if sum_.is_finite() else None


def _mean(numbers: Sequence[Number]) -> Number | None:
    sum_ = total(numbers)
    match sum_:
        case None:
            return None
        case Decimal():
            return DECIMAL128.divide(sum_, Decimal(len(numbers)))
        case _:
            return float(sum_) / len(numbers)
