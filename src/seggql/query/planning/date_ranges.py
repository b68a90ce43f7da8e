"""Turns tests of a date function of X into ranges on X itself, which the match language and indexes can serve.

Only where the range holds for exactly the same X. Instants are counted in milliseconds from the first one; an end of a
range is its instant and whether it is excluded.
"""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import assert_never, cast

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import ComparisonOperator, DatePart
from seggql.query.bound import Constant, Value
from seggql.query.planning.connectives import all_of, any_of
from seggql.query.predicate import Compares, IsOneOf, IsPresent, Never, Predicate
from seggql.query.values.dates import (
    FIRST_INSTANT,
    FIRST_MONTH,
    LAST_INSTANT,
    LAST_MONTH,
    LENGTHS_MONTHS,
    LENGTHS_MS,
    MILLISECOND,
    MOST_PARTS,
    month_length,
    month_number,
    month_start,
    part_number,
    part_start,
)

MOST_OPTIONS = 16
"""Longest IN over a date function that becomes a range an option; longer ones are left as they are."""

End = tuple[int, bool]
LAST_MS = (LAST_INSTANT - FIRST_INSTANT) // MILLISECOND
LOWEST: End = (0, False)
HIGHEST: End = (LAST_MS, False)

MIRRORED = {
    ComparisonOperator.EQUAL: ComparisonOperator.EQUAL,
    ComparisonOperator.NOT_EQUAL: ComparisonOperator.NOT_EQUAL,
    ComparisonOperator.GREATER: ComparisonOperator.LESS,
    ComparisonOperator.GREATER_OR_EQUAL: ComparisonOperator.LESS_OR_EQUAL,
    ComparisonOperator.LESS: ComparisonOperator.GREATER,
    ComparisonOperator.LESS_OR_EQUAL: ComparisonOperator.GREATER_OR_EQUAL,
}
"""`a operator b` is `b mirrored a`."""


def dates_to_ranges(leaf: Predicate) -> Predicate:
    """`leaf` as ranges on the date inside of it, or as it is."""
    match leaf:
        case Compares(operator=operator, left=function, right=Constant(value=limit)) if limit is not None:
            return _range_of(function, operator, limit) or leaf
        case IsOneOf(value=bound.DateDifference() | bound.DateComponent(), options=options, negated=negated):
            if len(options) > MOST_OPTIONS:
                return leaf
            operator = ComparisonOperator.NOT_EQUAL if negated else ComparisonOperator.EQUAL
            tests = [dates_to_ranges(Compares(operator=operator, left=leaf.value, right=option)) for option in options]
            if any(isinstance(test, Compares) and test.left == leaf.value for test in tests):
                return leaf
            return all_of(tests) if negated else any_of(tests)
        case _:
            return leaf


def _range_of(function: Value, operator: ComparisonOperator, limit: bound.Scalar) -> Predicate | None:
    """`function operator limit` as a range on the date in `function`; None where there is no exact one."""
    match function:
        case bound.DateDifference(part=part, start=start, end=Constant(value=datetime() as end)):
            number = part_number(part, end) - Fraction(cast("int | float | Decimal", limit))
            return _in_parts(start, part, MIRRORED[operator], number)
        case bound.DateDifference(part=part, start=Constant(value=datetime() as start), end=end):
            number = part_number(part, start) + Fraction(cast("int | float | Decimal", limit))
            return _in_parts(end, part, operator, number)
        case bound.DateComponent(part=DatePart.YEAR, date=date):
            return _in_parts(date, DatePart.YEAR, operator, Fraction(cast("int | float | Decimal", limit)))
        case bound.DateAdded(part=part, amount=Constant(value=int() | float() | Decimal() as amount), date=date):
            return _added(date, part, amount, operator, cast(datetime, limit))
        case _:
            return None


# ---------------------------------------------------------------- differences and years


def _in_parts(date: Value, part: DatePart, operator: ComparisonOperator, number: Fraction) -> Predicate:
    """The number of the part that `date` lies in, compared with `number`."""
    match operator:
        case ComparisonOperator.LESS:
            return _between(date, highs=[(_start_ms(part, ceil(number)), True)])
        case ComparisonOperator.LESS_OR_EQUAL:
            return _between(date, highs=[(_start_ms(part, floor(number) + 1), True)])
        case ComparisonOperator.GREATER:
            return _between(date, lows=[(_start_ms(part, floor(number) + 1), False)])
        case ComparisonOperator.GREATER_OR_EQUAL:
            return _between(date, lows=[(_start_ms(part, ceil(number)), False)])
        case ComparisonOperator.EQUAL | ComparisonOperator.NOT_EQUAL:
            equal = operator is ComparisonOperator.EQUAL
            if number.denominator != 1:
                return Never() if equal else _between(date)
            start, end = _start_ms(part, int(number)), _start_ms(part, int(number) + 1)
            if equal:
                return _between(date, lows=[(start, False)], highs=[(end, True)])
            return any_of((_between(date, highs=[(start, True)]), _between(date, lows=[(end, False)])))
        case _:
            assert_never(operator)


def _start_ms(part: DatePart, number: int) -> int:
    """Where the part with this number starts; just outside of all instants where it is of no year."""
    start = part_start(part, number)
    if start is None:
        return -1 if number < part_number(part, FIRST_INSTANT) else LAST_MS + 1
    return _milliseconds(start)


# ---------------------------------------------------------------- additions


def _added(
    date: Value, part: DatePart, amount: int | float | Decimal, operator: ComparisonOperator, limit: datetime
) -> Predicate | None:
    if not -MOST_PARTS < amount < MOST_PARTS:
        return Never()
    whole = int(amount)
    if part in LENGTHS_MONTHS:
        return _months_added(date, whole * LENGTHS_MONTHS[part], operator, limit)
    shift = whole * LENGTHS_MS[part]
    lowest, highest = (max(0, -shift), False), (min(LAST_MS, LAST_MS - shift), False)
    return _split(date, operator, _milliseconds(limit) - shift, lowest, highest)


def _months_added(date: Value, months: int, operator: ComparisonOperator, limit: datetime) -> Predicate | None:
    """Days past the end of a shorter month are clamped into its last day, and there the order of X is lost."""
    month = month_number(limit) - months
    lowest = (_start_ms(DatePart.MONTH, max(FIRST_MONTH, FIRST_MONTH - months)), False)
    highest = (_start_ms(DatePart.MONTH, min(LAST_MONTH, LAST_MONTH - months) + 1), True)
    start = month_start(month)
    if start is None:
        return _split(date, operator, _start_ms(DatePart.MONTH, month), lowest, highest)
    if limit.day > month_length(month):  # no X is moved onto `limit`: cut between two months
        return _cut(date, operator, _start_ms(DatePart.MONTH, month + 1), lowest, highest)
    if limit.day == month_length(month_number(limit)) < month_length(month):
        midnight = limit.hour == limit.minute == limit.second == limit.microsecond == 0
        if not midnight or operator not in (ComparisonOperator.LESS, ComparisonOperator.GREATER_OR_EQUAL):
            return None
    same_day = limit.replace(year=start.year, month=start.month)
    return _split(date, operator, _milliseconds(same_day), lowest, highest)


def _cut(date: Value, operator: ComparisonOperator, start: int, lowest: End, highest: End) -> Predicate:
    """`date operator limit` where `limit` is above all that lies below `start`, below all the rest, and never met."""
    match operator:
        case ComparisonOperator.LESS | ComparisonOperator.LESS_OR_EQUAL:
            return _split(date, ComparisonOperator.LESS, start, lowest, highest)
        case ComparisonOperator.GREATER | ComparisonOperator.GREATER_OR_EQUAL:
            return _split(date, ComparisonOperator.GREATER_OR_EQUAL, start, lowest, highest)
        case ComparisonOperator.EQUAL:
            return Never()
        case ComparisonOperator.NOT_EQUAL:
            return _between(date, lows=[lowest], highs=[highest])
        case _:
            assert_never(operator)


def _split(date: Value, operator: ComparisonOperator, limit: int, lowest: End, highest: End) -> Predicate:
    """`date operator limit` from `lowest` to `highest`."""
    match operator:
        case ComparisonOperator.LESS | ComparisonOperator.LESS_OR_EQUAL:
            return _between(date, lows=[lowest], highs=[highest, (limit, operator is ComparisonOperator.LESS)])
        case ComparisonOperator.GREATER | ComparisonOperator.GREATER_OR_EQUAL:
            return _between(date, lows=[lowest, (limit, operator is ComparisonOperator.GREATER)], highs=[highest])
        case ComparisonOperator.EQUAL:
            return _between(date, lows=[lowest, (limit, False)], highs=[highest, (limit, False)])
        case ComparisonOperator.NOT_EQUAL:
            below = _between(date, lows=[lowest], highs=[highest, (limit, True)])
            return any_of((below, _between(date, lows=[lowest, (limit, True)], highs=[highest])))
        case _:
            assert_never(operator)


# ---------------------------------------------------------------- ranges


def _between(date: Value, *, lows: list[End] | None = None, highs: list[End] | None = None) -> Predicate:
    """`date` is present, above each of `lows` and below each of `highs`."""
    low = max([LOWEST, *(lows or [])])
    high = min([HIGHEST, *(highs or [])], key=lambda end: (end[0], not end[1]))
    if low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1])):
        return Never()
    if low[0] == high[0]:
        return _compares(date, ComparisonOperator.EQUAL, low[0])
    tests: list[Predicate] = []
    if low != LOWEST:
        tests.append(
            _compares(date, ComparisonOperator.GREATER if low[1] else ComparisonOperator.GREATER_OR_EQUAL, low[0])
        )
    if high != HIGHEST:
        tests.append(_compares(date, ComparisonOperator.LESS if high[1] else ComparisonOperator.LESS_OR_EQUAL, high[0]))
    return all_of(tests) if tests else _present(date)


def _compares(date: Value, operator: ComparisonOperator, milliseconds: int) -> Compares:
    instant = FIRST_INSTANT + milliseconds * MILLISECOND
    return Compares(operator=operator, left=date, right=Constant(value=instant, type=AttributeType.DATETIME))


def _present(date: Value) -> Predicate:
    if isinstance(date, bound.Field | bound.TimestampField):
        return IsPresent(field=date)
    return _compares(date, ComparisonOperator.GREATER_OR_EQUAL, 0)


def _milliseconds(instant: datetime) -> int:
    return (instant - FIRST_INSTANT) // MILLISECOND
