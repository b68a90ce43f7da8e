"""Comparisons of arrays are those of Python's exact numbers, and functions of dates those of the calculus."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.columns import dates
from seggql.columns.column import EPOCH, MILLISECOND, milliseconds
from seggql.columns.comparing import compared, compared_with, whole_options
from seggql.query.ast import ComparisonOperator, DatePart
from seggql.query.values.calculus import date_add, date_diff, date_part
from seggql.query.values.dates import FIRST_INSTANT, LAST_INSTANT
from seggql.query.values.numbers import COMPARISONS, Number

EDGES = [0, 1, 2**31, 2**53, 2**62, 2**63, 2**64, 10**30]
WHOLE = st.sampled_from([sign * (edge + step) for edge in EDGES for sign in (1, -1) for step in (-1, 0, 1)])
INTEGERS = (WHOLE | st.integers()).filter(lambda number: -(2**63) <= number < 2**63)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False) | WHOLE.map(float)
CONSTANTS: st.SearchStrategy[Number] = st.one_of(
    WHOLE,
    DOUBLES,
    st.decimals(allow_nan=False, allow_infinity=False),
    WHOLE.map(lambda number: Decimal(number) + Decimal("0.5")),
    DOUBLES.map(Decimal),
    DOUBLES.map(lambda number: Decimal(repr(number))),
)
OPERATORS = st.sampled_from(list(ComparisonOperator))


def arrays() -> st.SearchStrategy[Any]:
    """Columns of INT, LONG and DOUBLE, and sums that 64 bits do not hold."""
    small = INTEGERS.filter(lambda number: -(2**31) <= number < 2**31)
    return st.one_of(
        st.lists(small, min_size=4, max_size=4).map(lambda numbers: np.array(numbers, dtype=np.int32)),
        st.lists(INTEGERS, min_size=4, max_size=4).map(lambda numbers: np.array(numbers, dtype=np.int64)),
        st.lists(DOUBLES, min_size=4, max_size=4).map(lambda numbers: np.array(numbers, dtype=np.float64)),
        st.lists(WHOLE, min_size=4, max_size=4).map(lambda numbers: np.array(numbers, dtype=object)),
    )


@given(operator=OPERATORS, values=arrays(), constant=CONSTANTS)
def test_a_constant_of_any_type_compares_exactly(operator: ComparisonOperator, values: Any, constant: Number) -> None:
    holds: Any = COMPARISONS[operator]

    assert compared_with(operator, values, constant).tolist() == [holds(value, constant) for value in values.tolist()]


@given(operator=OPERATORS, left=arrays(), right=arrays())
def test_columns_of_any_types_compare_exactly(operator: ComparisonOperator, left: Any, right: Any) -> None:
    holds: Any = COMPARISONS[operator]

    assert compared(operator, left, right).tolist() == [
        holds(one, other) for one, other in zip(left.tolist(), right.tolist(), strict=True)
    ]


@given(values=arrays(), options=st.lists(CONSTANTS, max_size=5))
def test_options_that_a_column_can_hold_are_kept(values: Any, options: list[Number]) -> None:
    options = [*options, *values.tolist()]

    kept = whole_options(values, options)

    assert [value in kept for value in values.tolist()] == [True] * len(values)
    assert all(option in options for option in kept)
    assert values.dtype == object or np.array(kept, dtype=values.dtype).tolist() == kept


def instant_at(number: int) -> datetime:
    """So many milliseconds after 1970."""
    return EPOCH + number * MILLISECOND


FIRST, LAST = milliseconds(FIRST_INSTANT), milliseconds(LAST_INSTANT)
BEGINS = st.builds(lambda year, month: datetime(year, month, 1, tzinfo=UTC), st.integers(1, 9999), st.integers(1, 12))
INSTANTS = st.one_of(
    st.integers(FIRST, LAST).map(instant_at),
    st.sampled_from([FIRST_INSTANT, LAST_INSTANT, EPOCH, EPOCH - MILLISECOND, datetime(2000, 2, 29, tzinfo=UTC)]),
    BEGINS,
    BEGINS.map(lambda begin: max(begin, FIRST_INSTANT + MILLISECOND) - MILLISECOND),
)
AMOUNTS = st.one_of(st.integers(-50, 50), st.integers(-(2**63), 2**63 - 1), st.floats(-1e18, 1e18), st.floats(-3, 3))
PARTS = [part for part in DatePart if part is not DatePart.WEEKDAY]


@pytest.mark.parametrize("part", DatePart)
@given(instants=st.lists(INSTANTS, min_size=1, max_size=5))
def test_parts_of_dates(part: DatePart, instants: list[datetime]) -> None:
    assert dates.component(part, _array(instants)).tolist() == [date_part(part, instant) for instant in instants]


@pytest.mark.parametrize("part", PARTS)
@given(start=INSTANTS, end=INSTANTS)
def test_differences_of_dates(part: DatePart, start: datetime, end: datetime) -> None:
    first, second = dates.number(part, _array([start, end])).tolist()

    assert second - first == date_diff(part, start, end)


@pytest.mark.parametrize("part", PARTS)
@given(instants=st.lists(INSTANTS, min_size=1, max_size=5), amount=AMOUNTS)
def test_additions_to_dates(part: DatePart, instants: list[datetime], amount: int | float) -> None:
    moved, is_there = dates.added(part, np.array([amount] * len(instants)), _array(instants))

    assert [
        instant_at(number) if is_in else None for number, is_in in zip(moved.tolist(), is_there.tolist(), strict=True)
    ] == [date_add(part, amount, instant) for instant in instants]


def _array(instants: list[datetime]) -> Any:
    return np.array([milliseconds(instant) for instant in instants], dtype=np.int64)
