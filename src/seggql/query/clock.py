"""What another instant changes of a plan: where windows have moved, and which dates a condition sees otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime

from seggql.query.ast import ComparisonOperator
from seggql.query.bound import AsOf, BoundQuery, Constant, Field, RelativePeriod, TimestampField, Value
from seggql.query.plan import Aggregate, Algebra, Hop, Interval, Plan, Scan
from seggql.query.predicate import AllOf, Always, AnyOf, Compares, Predicate


def depends_on_clock(query: BoundQuery) -> bool:
    """Whether the query can mean another set of profiles at another instant, the data being the same."""
    return _has_clock(query.set)


def flipped_scans(before: Scan, after: Scan) -> list[Scan] | None:
    """Scans that together find every profile for which the two, of one query at two instants, may disagree.

    None where that cannot be told from the dates they compare with.
    """
    ranges = _flips(before.predicate, after.predicate)
    return None if ranges is None else [replace(after, predicate=range) for range in ranges]


def moved_aggregates(before: Aggregate, after: Aggregate) -> list[Aggregate] | None:
    """Aggregates that find every profile with an interaction that is in one of the two intervals and not in the other.

    They ask for nothing else, so that many segments share them. None where the two differ in more than their intervals.
    """
    if replace(before, interval=after.interval) != after:
        return None
    if before.interval == after.interval:
        return []
    if before.interval is None or after.interval is None:
        return None
    lows = _between(before.interval.low, after.interval.low)
    highs = _between(before.interval.high, after.interval.high)
    if lows is None or highs is None:
        return None
    anybody = replace(after, predicate=Always(), having=Always())
    return [replace(anybody, interval=interval) for interval in (*lows, *highs)]


def probes(before: Plan, after: Plan) -> Iterator[Scan | Aggregate]:
    """Everything that `flipped_scans` and `moved_aggregates` say of the operators of two plans of one query."""
    match before, after:
        case Scan(), Scan():
            yield from flipped_scans(before, after) or ()
        case Aggregate(), Aggregate():
            yield from moved_aggregates(before, after) or ()
        case Hop(source=old), Hop(source=new):
            yield from probes(old, new)
        case Algebra(), Algebra():
            yield from probes(before.first, after.first)
            for old_step, new_step in zip(before.rest, after.rest, strict=False):
                yield from probes(old_step.operand, new_step.operand)
        case _:
            return


def _has_clock(node: object) -> bool:
    match node:
        case AsOf() | RelativePeriod():
            return True
        case tuple():
            return any(map(_has_clock, node))
        case _ if is_dataclass(node):
            return any(_has_clock(getattr(node, field.name)) for field in fields(node))
        case _:
            return False


def _between(before: datetime | None, after: datetime | None) -> list[Interval] | None:
    """The stretch of time between two bounds."""
    if before == after:
        return []
    if before is None or after is None:
        return None
    return [Interval(low=min(before, after), high=max(before, after))]


def _flips(before: Predicate, after: Predicate) -> list[Predicate] | None:
    """Ranges of dates, one of which every record is in for which the two predicates may disagree."""
    if before == after:
        return []
    match before, after:
        case (AllOf(predicates=old), AllOf(predicates=new)) | (AnyOf(predicates=old), AnyOf(predicates=new)):
            return _flips_of_all(old, new)
        case Compares(), Compares():
            return _flips_of_comparison(before, after)
        case _:
            return None


def _flips_of_all(before: Sequence[Predicate], after: Sequence[Predicate]) -> list[Predicate] | None:
    if len(before) != len(after):
        return None
    found: list[Predicate] = []
    for old, new in zip(before, after, strict=True):
        flips = _flips(old, new)
        if flips is None:
            return None
        found += flips
    return found


def _flips_of_comparison(before: Compares, after: Compares) -> list[Predicate] | None:
    """The dates between the two constants that one field is compared with."""
    if before.operator is not after.operator:
        return None
    match (before.left, before.right), (after.left, after.right):
        case (field, Constant() as old), (other, Constant() as new) if field == other:
            return _range(field, old, new)
        case (Constant() as old, field), (Constant() as new, other) if field == other:
            return _range(field, old, new)
        case _:
            return None


def _range(field: Value, before: Constant, after: Constant) -> list[Predicate] | None:
    if not isinstance(field, Field | TimestampField):
        return None
    match before.value, after.value:
        case datetime() as old, datetime() as new:
            low, high = (replace(after, value=bound) for bound in (min(old, new), max(old, new)))
            from_low = Compares(operator=ComparisonOperator.GREATER_OR_EQUAL, left=field, right=low)
            to_high = Compares(operator=ComparisonOperator.LESS_OR_EQUAL, left=field, right=high)
            return [AllOf(predicates=(from_low, to_high))]
        case _:
            return None
