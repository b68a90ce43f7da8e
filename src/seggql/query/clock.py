"""What another instant changes of a plan: where windows have moved, and which dates a condition sees otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime

from seggql.query.ast import ComparisonOperator, WindowUnit
from seggql.query.bound import (
    AsOf,
    BetweenPeriod,
    BoundQuery,
    Compare,
    Constant,
    DateAdded,
    Field,
    Interacted,
    RelativePeriod,
    TimestampField,
    Value,
)
from seggql.query.plan import Aggregate, Algebra, Hop, Interval, Plan, Scan
from seggql.query.predicate import AllOf, Always, AnyOf, Compares, Predicate
from seggql.query.values.dates import LENGTHS_MONTHS


def depends_on_clock(query: BoundQuery) -> bool:
    """Whether the query can mean another set of profiles at another instant, the data being the same."""
    return _has_clock(query.set)


def flipped_scans(before: Scan, after: Scan) -> list[Scan] | None:
    """Scans that together find every profile for which the two, of one query at two instants, may disagree.

    None where that cannot be told from the dates they compare with.
    """
    ranges = _flips(before.predicate, after.predicate)
    return None if ranges is None else [replace(after, predicate=range) for range in ranges]


def moves_evenly(query: BoundQuery) -> bool:
    """Whether the clock only says where windows and ranges of dates begin and end: then it does nothing else to them
    than move them on, evenly or by the minute, but for those that leap at midnight."""
    return _is_even(query.set)


def leaps_at_midnight(query: BoundQuery) -> bool:
    """Whether a bound is months or years from the clock: it leaps where months of different lengths meet."""
    return _leaps(query.set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The dates of `field` from `low` to `high`, both included."""

    field: Field
    low: datetime
    high: datetime


def dates_of(flipped: Scan) -> Dates | None:
    """The dates that one of `flipped_scans` is of."""
    match flipped.predicate:
        case AllOf(
            predicates=(Compares(left=Field() as field, right=Constant() as low), Compares(right=Constant() as high))
        ):
            if isinstance(low.value, datetime) and isinstance(high.value, datetime):
                return Dates(field=field, low=low.value, high=high.value)
    return None


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
    if lows == [] and before.interval.excludes_low is not after.interval.excludes_low:
        lows = [Interval(low=after.interval.low, high=after.interval.low)]
    highs = _between(before.interval.high, after.interval.high)
    if lows is None or highs is None:
        return None
    anybody = replace(after, predicate=Always(), having=Always())
    return [replace(anybody, interval=interval) for interval in (*lows, *highs)]


def probes(before: Plan, after: Plan) -> list[Scan | Aggregate] | None:
    """Everything that `flipped_scans` and `moved_aggregates` say of the operators of two plans of one query.

    None where one of them cannot tell, or the plans differ in more.
    """
    match before, after:
        case Scan(), Scan():
            return _either(flipped_scans(before, after))
        case Aggregate(), Aggregate():
            return _either(moved_aggregates(before, after))
        case Hop(source=old), Hop(source=new) if replace(before, source=new) == after:
            return probes(old, new)
        case Algebra(), Algebra():
            pairs = paired_operands(before, after)
            found = [None] if pairs is None else [probes(old, new) for old, new in pairs]
            return None if None in found else [probe for each in found for probe in each or ()]
        case _:
            return [] if before == after else None


def paired_operands(before: Algebra, after: Algebra) -> list[tuple[Plan, Plan]] | None:
    """What the two combine, side by side; None where they do not combine as many sets in the same way."""
    if [step.operator for step in before.rest] != [step.operator for step in after.rest]:
        return None
    rest = zip(before.rest, after.rest, strict=True)
    return [(before.first, after.first), *((old.operand, new.operand) for old, new in rest)]


def _either(found: Sequence[Scan] | Sequence[Aggregate] | None) -> list[Scan | Aggregate] | None:
    return None if found is None else list(found)


def _is_even(node: object) -> bool:
    match node:
        case BetweenPeriod(low=low, high=high):
            return _is_even_bound(low) and _is_even_bound(high)
        case Interacted(condition=condition, period=BetweenPeriod() as period) if _has_clock(period):
            # of a short stretch, what a test of Timestamp leaves may be nothing first and last, but not in between
            return not _has(condition, TimestampField) and _is_even((condition, node.having, period))
        case Compare(left=Field(), right=bound) | Compare(left=bound, right=Field()):
            return _is_even_bound(bound)
        case AsOf():
            return False
        case _:
            return all(map(_is_even, _within(node)))


def _is_even_bound(value: Value) -> bool:
    match value:
        case AsOf():
            return True
        case DateAdded(amount=amount, date=AsOf()):
            return not _has_clock(amount)
        case _:
            return not _has_clock(value)


def _leaps(node: object) -> bool:
    match node:
        case RelativePeriod(unit=unit):
            return unit in (WindowUnit.UTCMONTHS, WindowUnit.UTCYEARS)
        case DateAdded(part=part, date=date) if part in LENGTHS_MONTHS and _has_clock(date):
            return True
        case _:
            return any(map(_leaps, _within(node)))


def _has_clock(node: object) -> bool:
    return _has(node, AsOf, RelativePeriod)


def _has(node: object, *kinds: type) -> bool:
    return isinstance(node, kinds) or any(_has(inner, *kinds) for inner in _within(node))


def _within(node: object) -> Iterable[object]:
    """What a node of a bound tree is made of."""
    if isinstance(node, tuple):
        return node
    return (getattr(node, field.name) for field in fields(node)) if is_dataclass(node) else ()


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
