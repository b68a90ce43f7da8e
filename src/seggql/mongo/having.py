"""HAVING as accumulators, and as a predicate over what they come to."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, assert_never

from seggql.errors import InvariantError
from seggql.mongo.needs import fields_of
from seggql.mongo.paths import field_expression
from seggql.mongo.values import finite
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated, Field, TimestampField
from seggql.query.predicate import Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTest:
    """`accumulators` for `$group`, `attributes` that they come to, and `predicate`, which reads those as attributes."""

    accumulators: dict[str, Any]
    attributes: dict[str, Any]
    predicate: Predicate


def group_test(having: Predicate) -> GroupTest:
    """How to decide `having` of a group: after `$group`, its aggregates are the attributes `g0`, `g1`, …"""
    names = {aggregated: f"g{index}" for index, aggregated in enumerate(aggregates_of(having))}
    accumulators: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for aggregated, name in names.items():
        accumulators |= _accumulators(aggregated, name)
        attributes[name] = _outcome(aggregated, name)
    return GroupTest(accumulators=accumulators, attributes=attributes, predicate=_over_attributes(having, names))


def aggregates_of(having: Predicate) -> list[Aggregated]:
    """The aggregates that `having` reads, each once."""
    return list(dict.fromkeys(value for value in fields_of(having) if isinstance(value, Aggregated)))


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


def _over_attributes(node: Any, names: dict[Aggregated, str]) -> Any:
    """`node` with each aggregate replaced by the attribute that holds its outcome."""
    if isinstance(node, Aggregated):
        return Field(names=(names[node],), type=node.type)
    if isinstance(node, tuple):
        return tuple(_over_attributes(part, names) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{part.name: _over_attributes(getattr(node, part.name), names) for part in fields(node)})
    return node
