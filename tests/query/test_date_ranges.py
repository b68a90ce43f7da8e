"""Ranges on a date say exactly what the date functions said, checked around every boundary."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ComparisonOperator, DatePart
from seggql.query.bound import Constant, DateAdded, DateComponent, DateDifference, Value
from seggql.query.planning.date_ranges import dates_to_ranges
from seggql.query.predicate import AllOf, AnyOf, Compares, IsOneOf, IsPresent, Never, Predicate
from seggql.query.values.dates import FIRST_INSTANT, LAST_INSTANT, date_add, part_number, part_start
from seggql.query.values.interpreter import Record, holds
from tests.query.conditions import BORN, constant

EQUAL, NOT_EQUAL = ComparisonOperator.EQUAL, ComparisonOperator.NOT_EQUAL
GREATER, GREATER_OR_EQUAL = ComparisonOperator.GREATER, ComparisonOperator.GREATER_OR_EQUAL
LESS, LESS_OR_EQUAL = ComparisonOperator.LESS, ComparisonOperator.LESS_OR_EQUAL

PARTS = st.sampled_from([part for part in DatePart if part is not DatePart.WEEKDAY])
OPERATORS = st.sampled_from(ComparisonOperator)
DAY_STARTS = st.sampled_from([timedelta(), timedelta(hours=23, minutes=59, seconds=59, milliseconds=999)])
MONTH_ENDS = st.builds(
    lambda year, month, days, time: datetime(year, month, 1, tzinfo=UTC) + timedelta(days=days) + time,
    st.sampled_from([2023, 2024, 2100]),
    st.integers(1, 12),
    st.integers(-4, 3),
    DAY_STARTS | st.just(timedelta(hours=12)),
)
EDGES = st.sampled_from(
    [FIRST_INSTANT, LAST_INSTANT, FIRST_INSTANT + timedelta(days=40), LAST_INSTANT - timedelta(days=40)]
)
INSTANTS = st.one_of(
    MONTH_ENDS,
    EDGES,
    st.datetimes(timezones=st.just(UTC)).map(lambda d: d.replace(microsecond=d.microsecond // 1000 * 1000)),
)
AMOUNTS = st.one_of(
    st.integers(-40, 40), st.sampled_from([0.5, -0.5, 1.5, Decimal("2.5"), 10**6, -(10**6), 10**18, Decimal("-1e30")])
)
STEPS = st.integers(-3, 3)


def at(text: str) -> datetime:
    """An instant in UTC, from ISO 8601."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def near(part: DatePart, amount: int, instant: datetime, milliseconds: int) -> datetime:
    """An instant some parts away, at the boundary of that part or a few milliseconds from it."""
    moved = date_add(part, amount, instant) or instant
    start = part_start(part, part_number(part, moved)) or moved
    return date_add(DatePart.MILLISECOND, milliseconds, start) or start


def agree(leaf: Predicate, dates: list[datetime]) -> Predicate:
    """Asserts that the range holds just where `leaf` does, and not for a missing date; returns the range."""
    ranges = dates_to_ranges(leaf)
    for date in dates:
        record = Record(attributes={"born": date})
        assert holds(ranges, record) is holds(leaf, record), date
    assert not holds(ranges, Record())
    return ranges


def days_around(month_start: datetime) -> list[datetime]:
    """Every day from four before the end of a month to four after, at both ends and in the middle of the day."""
    times = [timedelta(), timedelta(hours=12), timedelta(hours=23, minutes=59, seconds=59, milliseconds=999)]
    return [month_start + timedelta(days=days) + time for days in range(-4, 4) for time in times]


@given(
    part=PARTS, operator=OPERATORS, limit=AMOUNTS, fixed=INSTANTS, forward=st.booleans(),
    shift=st.integers(-41, 41), milliseconds=STEPS, other=INSTANTS,
)  # fmt: skip
def test_differences_become_the_same_ranges(
    part: DatePart,
    operator: ComparisonOperator,
    limit: int | float | Decimal,
    fixed: datetime,
    forward: bool,
    shift: int,
    milliseconds: int,
    other: datetime,
) -> None:
    start, end = (BORN, constant(fixed)) if forward else (constant(fixed), BORN)
    difference = DateDifference(part=part, start=start, end=end)
    parts = min(max(int(limit), -50), 50)
    dates = [near(part, sign * parts + step, fixed, milliseconds) for sign in (-1, 1) for step in (-1, 0, 1, 2)]
    dates += [near(part, shift, fixed, milliseconds), other, FIRST_INSTANT, LAST_INSTANT]

    ranges = agree(Compares(operator=operator, left=difference, right=constant(limit)), dates)

    assert "DateDifference" not in repr(ranges)


@given(part=PARTS, amount=AMOUNTS, operator=OPERATORS, limit=INSTANTS, milliseconds=STEPS, other=INSTANTS)
def test_additions_become_the_same_ranges(
    part: DatePart,
    amount: int | float | Decimal,
    operator: ComparisonOperator,
    limit: datetime,
    milliseconds: int,
    other: datetime,
) -> None:
    added = DateAdded(part=part, amount=constant(amount), date=BORN)
    back = date_add(part, -int(amount), limit) or limit
    ends = [FIRST_INSTANT, LAST_INSTANT, date_add(part, -int(amount), FIRST_INSTANT) or FIRST_INSTANT]
    ends.append(date_add(part, -int(amount), LAST_INSTANT) or LAST_INSTANT)
    days = [date_add(DatePart.DAY, days, back) or back for days in range(-4, 5)]
    dates = [date_add(DatePart.MILLISECOND, milliseconds, day) or day for day in [back, *days, *ends]]

    ranges = agree(Compares(operator=operator, left=added, right=constant(limit)), [*dates, *days, *ends, other])

    if part not in (DatePart.YEAR, DatePart.MONTH):
        assert "DateAdded" not in repr(ranges)


@given(
    months=st.integers(-14, 14), operator=OPERATORS, limit=MONTH_ENDS, milliseconds=STEPS, part=st.just(DatePart.MONTH)
)
def test_months_that_clamp_become_the_same_ranges_or_stay(
    months: int, operator: ComparisonOperator, limit: datetime, milliseconds: int, part: DatePart
) -> None:
    added = DateAdded(part=part, amount=constant(months), date=BORN)
    month = part_number(part, limit) - months
    boundaries = [part_start(part, month), part_start(part, month + 1)]
    dates = [day + timedelta(milliseconds=milliseconds) for start in boundaries if start for day in days_around(start)]

    agree(Compares(operator=operator, left=added, right=constant(limit)), dates)


@given(operator=OPERATORS, year=AMOUNTS | st.integers(2020, 2026) | st.sampled_from([0, 1, 9999, 10000, 2024.5]))
def test_years_become_the_same_ranges(operator: ComparisonOperator, year: int | float | Decimal) -> None:
    component = DateComponent(part=DatePart.YEAR, date=BORN)
    starts = [datetime(each, 1, 1, tzinfo=UTC) for each in (1, 2, 2020, 2024, 2025, 9999)]
    dates = [date_add(DatePart.MILLISECOND, ms, start) or start for start in starts for ms in (-1, 0, 1)]

    ranges = agree(Compares(operator=operator, left=component, right=constant(year)), [*dates, LAST_INSTANT])

    assert "DateComponent" not in repr(ranges)


@given(options=st.lists(st.integers(-3, 3), min_size=1, max_size=4), negated=st.booleans(), day=st.integers(-5, 5))
def test_in_over_a_difference_becomes_the_same_ranges(options: list[int], negated: bool, day: int) -> None:
    fixed = at("2024-03-01T12:00")
    difference = DateDifference(part=DatePart.DAY, start=BORN, end=constant(fixed))
    leaf = IsOneOf(value=difference, options=tuple(constant(option) for option in options), negated=negated)

    agree(leaf, [fixed + timedelta(days=day), fixed.replace(hour=0) + timedelta(days=day)])


def born(operator: ComparisonOperator, date: str) -> Compares:
    """`born operator date`."""
    return Compares(operator=operator, left=BORN, right=constant(at(date)))


NOW = constant(at("2024-03-01T12:30"))
DAYS_AGO = DateDifference(part=DatePart.DAY, start=BORN, end=NOW)


def added(part: DatePart, amount: int, date: Value = BORN) -> DateAdded:
    """`DATEADD(part, amount, date)`."""
    return DateAdded(part=part, amount=constant(amount), date=date)


@pytest.mark.parametrize(
    ("left", "operator", "right", "ranges"),
    [
        (DateDifference(part=DatePart.DAY, start=BORN, end=NOW), LESS, 30, born(GREATER_OR_EQUAL, "2024-02-01")),
        (
            DateDifference(part=DatePart.DAY, start=BORN, end=NOW),
            LESS_OR_EQUAL,
            30,
            born(GREATER_OR_EQUAL, "2024-01-31"),
        ),
        (DateDifference(part=DatePart.DAY, start=NOW, end=BORN), LESS, 1, born(LESS, "2024-03-02")),
        (
            DateDifference(part=DatePart.MONTH, start=BORN, end=NOW),
            EQUAL,
            1,
            AllOf(predicates=(born(GREATER_OR_EQUAL, "2024-02-01"), born(LESS, "2024-03-01"))),
        ),
        (
            DateDifference(part=DatePart.MONTH, start=BORN, end=NOW),
            NOT_EQUAL,
            1,
            AnyOf(predicates=(born(LESS, "2024-02-01"), born(GREATER_OR_EQUAL, "2024-03-01"))),
        ),
        (DateDifference(part=DatePart.YEAR, start=BORN, end=NOW), LESS, 10**6, IsPresent(field=BORN)),
        (DateDifference(part=DatePart.YEAR, start=BORN, end=NOW), GREATER, 10**6, Never()),
        (DAYS_AGO, EQUAL, 1.5, Never()),
        (
            DateComponent(part=DatePart.YEAR, date=BORN),
            EQUAL,
            2024,
            AllOf(predicates=(born(GREATER_OR_EQUAL, "2024-01-01"), born(LESS, "2025-01-01"))),
        ),
        (added(DatePart.DAY, 30), LESS, at("2024-03-01T12:30"), born(LESS, "2024-01-31T12:30")),
        (added(DatePart.DAY, -30), GREATER, at("2024-03-01"), born(GREATER, "2024-03-31")),
        (added(DatePart.HOUR, 1), EQUAL, at("2024-03-01"), born(EQUAL, "2024-02-29T23:00")),
        (added(DatePart.MONTH, 1), LESS, at("2024-02-10T08:00"), born(LESS, "2024-01-10T08:00")),
        (added(DatePart.MONTH, 1), LESS, at("2024-02-29"), born(LESS, "2024-01-29")),
        (added(DatePart.MONTH, 1), LESS_OR_EQUAL, at("2024-03-31T10:00"), born(LESS, "2024-03-01")),
        (added(DatePart.DAY, 10**12), LESS, at("2024-03-31T10:00"), Never()),
    ],
)
def test_ranges_read_well(left: Value, operator: ComparisonOperator, right: bound.Scalar, ranges: Predicate) -> None:
    assert dates_to_ranges(Compares(operator=operator, left=left, right=constant(right))) == ranges


@pytest.mark.parametrize(
    "leaf",
    [
        Compares(operator=LESS, left=added(DatePart.MONTH, 1), right=constant(at("2024-02-29T10:00"))),
        Compares(operator=LESS, left=DateComponent(part=DatePart.MONTH, date=BORN), right=constant(3)),
        Compares(operator=LESS, left=DateDifference(part=DatePart.DAY, start=BORN, end=BORN), right=constant(3)),
        Compares(operator=LESS, left=BORN, right=NOW),
        IsOneOf(
            value=DateComponent(part=DatePart.YEAR, date=BORN), options=tuple(constant(1900 + n) for n in range(40))
        ),
        IsOneOf(value=DateComponent(part=DatePart.MONTH, date=BORN), options=(constant(1), constant(2))),
    ],
)
def test_what_is_no_range_stays(leaf: Predicate) -> None:
    assert dates_to_ranges(leaf) == leaf


def test_an_aggregate_takes_ranges_too() -> None:
    newest = bound.Aggregated(function=AggregateFunction.MAX, field=bound.TimestampField(), type=AttributeType.DATETIME)
    leaf = Compares(operator=GREATER, left=DateDifference(part=DatePart.DAY, start=newest, end=NOW), right=constant(14))

    limit = Constant(value=at("2024-02-16"), type=AttributeType.DATETIME)
    assert dates_to_ranges(leaf) == Compares(operator=LESS, left=newest, right=limit)
