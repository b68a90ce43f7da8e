"""Dates: parts, differences, additions and windows at every edge of the calendar."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.errors import InvariantError
from seggql.query.ast import DatePart, WindowUnit
from seggql.query.values.dates import (
    FIRST_INSTANT,
    LAST_INSTANT,
    MILLISECOND,
    date_add,
    date_diff,
    date_part,
    part_number,
    part_start,
    truncate_to_millisecond,
    truncate_to_minute,
    window_interval,
)

BOUNDED_PARTS = [part for part in DatePart if part is not DatePart.WEEKDAY]
INSTANTS = st.datetimes(timezones=st.just(UTC)).map(truncate_to_millisecond)


def at(text: str) -> datetime:
    """An instant in UTC, from ISO 8601."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "amount", "start", "expected"),
    [
        (DatePart.MONTH, 1, "2023-01-31", "2023-02-28"),
        (DatePart.MONTH, 1, "2024-01-31T23:59:59.999", "2024-02-29T23:59:59.999"),
        (DatePart.MONTH, -1, "2024-03-31", "2024-02-29"),
        (DatePart.MONTH, 13, "2023-12-31", "2025-01-31"),
        (DatePart.MONTH, -13, "2024-01-31", "2022-12-31"),
        (DatePart.YEAR, 1, "2024-02-29", "2025-02-28"),
        (DatePart.YEAR, 4, "2024-02-29", "2028-02-29"),
        (DatePart.YEAR, -124, "2024-02-29", "1900-02-28"),
        (DatePart.DAY, 1, "2023-12-31T12:00", "2024-01-01T12:00"),
        (DatePart.DAY, -1, "2024-03-01", "2024-02-29"),
        (DatePart.HOUR, 25, "2024-02-28T23:30", "2024-03-01T00:30"),
        (DatePart.MINUTE, -1, "2024-01-01", "2023-12-31T23:59"),
        (DatePart.SECOND, 1, "2024-12-31T23:59:59", "2025-01-01"),
        (DatePart.MILLISECOND, 1, "2024-12-31T23:59:59.999", "2025-01-01"),
        (DatePart.MILLISECOND, 0, "2024-12-31T23:59:59.999", "2024-12-31T23:59:59.999"),
        (DatePart.DAY, 1.999, "2024-01-01", "2024-01-02"),
        (DatePart.DAY, -1.999, "2024-01-02", "2024-01-01"),
        (DatePart.DAY, Decimal("2.9"), "2024-01-01", "2024-01-03"),
    ],
)
def test_date_add_moves_by_whole_parts_and_clamps(
    part: DatePart, amount: int | float | Decimal, start: str, expected: str
) -> None:
    assert date_add(part, amount, at(start)) == at(expected)


@pytest.mark.parametrize(
    ("part", "amount", "start"),
    [
        (DatePart.YEAR, 1, LAST_INSTANT),
        (DatePart.MONTH, 1, LAST_INSTANT),
        (DatePart.MILLISECOND, 1, LAST_INSTANT),
        (DatePart.YEAR, -1, FIRST_INSTANT),
        (DatePart.MONTH, -1, FIRST_INSTANT),
        (DatePart.MILLISECOND, -1, FIRST_INSTANT),
        (DatePart.DAY, 10**30, FIRST_INSTANT),
        (DatePart.YEAR, 10**400, FIRST_INSTANT),
        (DatePart.DAY, Decimal("1e6000"), FIRST_INSTANT),
        (DatePart.DAY, float("inf"), FIRST_INSTANT),
        (DatePart.DAY, float("nan"), FIRST_INSTANT),
        (DatePart.DAY, None, FIRST_INSTANT),
        (DatePart.DAY, 1, None),
    ],
)
def test_date_add_is_missing_out_of_range_and_of_missing_values(
    part: DatePart, amount: int | float | Decimal | None, start: datetime | None
) -> None:
    assert date_add(part, amount, start) is None


@pytest.mark.parametrize(
    ("part", "start", "end", "expected"),
    [
        (DatePart.MONTH, "2023-01-31", "2023-02-01", 1),
        (DatePart.MONTH, "2023-02-01", "2023-01-31", -1),
        (DatePart.DAY, "2023-01-01T23:59", "2023-01-02T00:01", 1),
        (DatePart.DAY, "2023-01-01", "2023-01-01T23:59:59.999", 0),
        (DatePart.DAY, "2023-03-01", "2023-02-28T23:59:59.999", -1),
        (DatePart.DAY, "2024-02-28", "2024-03-01", 2),
        (DatePart.YEAR, "2023-12-31T23:59:59.999", "2024-01-01", 1),
        (DatePart.YEAR, "2024-01-01", "2024-12-31", 0),
        (DatePart.YEAR, "2024-01-01", "2021-12-31", -3),
        (DatePart.HOUR, "2023-01-01T10:59:59.999", "2023-01-01T11:00", 1),
        (DatePart.MINUTE, "2023-01-01T10:00:59", "2023-01-01T10:02:01", 2),
        (DatePart.SECOND, "2023-01-01T10:00:00.999", "2023-01-01T10:00:01", 1),
        (DatePart.MILLISECOND, "2023-01-01", "2022-12-31T23:59:59.999", -1),
        (DatePart.MILLISECOND, "1969-12-31T23:59:59.999", "1970-01-01", 1),
        (DatePart.DAY, "1969-12-31T23:59:59.999", "1970-01-01", 1),
    ],
)
def test_date_diff_counts_the_boundaries_crossed(part: DatePart, start: str, end: str, expected: int) -> None:
    assert date_diff(part, at(start), at(end)) == expected


def test_date_diff_of_a_missing_date_is_missing() -> None:
    assert date_diff(DatePart.DAY, None, FIRST_INSTANT) is None
    assert date_diff(DatePart.DAY, FIRST_INSTANT, None) is None


def test_date_diff_spans_all_years() -> None:
    assert date_diff(DatePart.YEAR, FIRST_INSTANT, LAST_INSTANT) == 9998
    assert date_diff(DatePart.MILLISECOND, FIRST_INSTANT, LAST_INSTANT) == 3652059 * 86_400_000 - 1


def test_weekday_has_no_boundaries() -> None:
    with pytest.raises(InvariantError):
        date_diff(DatePart.WEEKDAY, FIRST_INSTANT, LAST_INSTANT)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (DatePart.YEAR, 2024),
        (DatePart.MONTH, 2),
        (DatePart.DAY, 29),
        (DatePart.HOUR, 23),
        (DatePart.MINUTE, 58),
        (DatePart.SECOND, 57),
        (DatePart.MILLISECOND, 6),
        (DatePart.WEEKDAY, 4),
    ],
)
def test_date_part_reads_each_part(part: DatePart, expected: int) -> None:
    assert date_part(part, at("2024-02-29T23:58:57.006")) == expected


def test_the_week_begins_on_monday() -> None:
    assert [date_part(DatePart.WEEKDAY, at("2024-01-01") + timedelta(days=n)) for n in range(7)] == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    ]


def test_date_part_of_a_missing_date_is_missing() -> None:
    assert date_part(DatePart.YEAR, None) is None


def test_now_has_its_seconds_cut_off() -> None:
    assert truncate_to_minute(at("2024-01-01T10:20:59.999")) == at("2024-01-01T10:20")


@pytest.mark.parametrize(
    ("unit", "count", "as_of", "low"),
    [
        (WindowUnit.UTCHOURS, 1, "2024-03-01T00:30:15.250", "2024-02-29T23:30:15.250"),
        (WindowUnit.UTCDAYS, 1, "2024-03-01T12:00", "2024-02-29T12:00"),
        (WindowUnit.UTCDAYS, 366, "2025-01-01", "2024-01-01"),
        (WindowUnit.UTCMONTHS, 1, "2023-03-31T08:00", "2023-02-28T08:00"),
        (WindowUnit.UTCMONTHS, 12, "2024-02-29", "2023-02-28"),
        (WindowUnit.UTCYEARS, 1, "2024-02-29T23:59:59.999", "2023-02-28T23:59:59.999"),
    ],
)
def test_a_window_is_open_below_and_closed_at_as_of(unit: WindowUnit, count: int, as_of: str, low: str) -> None:
    interval = window_interval(unit, count, at(as_of))

    assert (interval.low, interval.high, interval.excludes_low) == (at(low), at(as_of), True)


def test_a_window_longer_than_all_time_has_no_lower_end() -> None:
    assert window_interval(WindowUnit.UTCDAYS, 10**9, at("2024-01-01")).low is None


@given(start=INSTANTS, end=INSTANTS, part=st.sampled_from(BOUNDED_PARTS))
def test_difference_turns_its_sign_with_its_ends(start: datetime, end: datetime, part: DatePart) -> None:
    forward, backward = date_diff(part, start, end), date_diff(part, end, start)

    assert forward is not None
    assert backward == -forward


@given(instant=INSTANTS, part=st.sampled_from(BOUNDED_PARTS))
def test_a_part_holds_its_instants(instant: datetime, part: DatePart) -> None:
    number = part_number(part, instant)
    start, following = part_start(part, number), part_start(part, number + 1)

    assert start is not None
    assert start <= instant
    assert following is None or instant < following
    assert part_number(part, start) == number
    assert start == FIRST_INSTANT or part_number(part, start - MILLISECOND) == number - 1
