"""HAVING as accumulators, and as a predicate over what they come to."""

from dataclasses import dataclass
from typing import Any, assert_never

from seggql.errors import InvariantError
from seggql.mongo.paths import field_expression
from seggql.mongo.values import finite
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated, Field, TimestampField
from seggql.query.needs import aggregates_of
from seggql.query.predicate import Predicate
from seggql.query.substitution import substituted


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTest:
    """`accumulators` for `$group`, `attributes` that they come to, and `predicate`, which reads those as attributes."""

    accumulators: dict[str, Any]
    attributes: dict[str, Any]
    predicate: Predicate


def group_test(having: Predicate) -> GroupTest:
    """How to decide `having` of a group: after `$group`, its aggregates are the attributes `g0`, `g1`, …"""
    names = {aggregated: f"g{index}" for index, aggregated in enumerate(aggregates_of(having))}
    attributes_read = {aggregated: Field(names=(name,), type=aggregated.type) for aggregated, name in names.items()}
    accumulators: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for aggregated, name in names.items():
        accumulators |= _accumulators(aggregated, name)
        attributes[name] = _outcome(aggregated, name)
    return GroupTest(accumulators=accumulators, attributes=attributes, predicate=substituted(having, attributes_read))


def source_of(aggregated: Aggregated) -> Field | TimestampField:
    """What an aggregate other than COUNT reads of each interaction."""
    if aggregated.field is None:
        raise InvariantError(f"{aggregated.function.value} reads no field.")
    return aggregated.field


def _accumulators(aggregated: Aggregated, name: str) -> dict[str, Any]:
    if aggregated.function is AggregateFunction.COUNT:
        return {name: {"$sum": 1}}
    source = field_expression(source_of(aggregated))
    match aggregated.function:
        case AggregateFunction.SUM:
            return {name: {"$sum": source}, f"{name}m": {"$max": source}}
        case AggregateFunction.AVG:
            return {name: {"$avg": source}}
        case AggregateFunction.MIN:
            return {name: {"$min": source}}
        case AggregateFunction.MAX:
            return {name: {"$max": source}}
        case AggregateFunction.COUNTDISTINCT:
            return {name: {"$addToSet": source}}
        case _:
            assert_never(aggregated.function)


def _outcome(aggregated: Aggregated, name: str) -> Any:
    """What the accumulators come to: null where no interaction of the group has a value."""
    match aggregated.function:
        case AggregateFunction.COUNT | AggregateFunction.MIN | AggregateFunction.MAX:
            return f"${name}"
        case AggregateFunction.SUM:
            return {"$cond": [{"$isNumber": f"${name}m"}, finite(f"${name}"), None]}
        case AggregateFunction.AVG:
            return {"$cond": [{"$isNumber": f"${name}"}, finite(f"${name}"), None]}
        case AggregateFunction.COUNTDISTINCT:
            return {"$size": {"$setDifference": [f"${name}", [None]]}}
        case _:
            assert_never(aggregated.function)
