"""The time table of cron expressions: when they come round, at all times that calendars and clocks make difficult."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seggql.errors import RequestError
from seggql.segments.cron import read_cron


def due_by_cron(zone: str, cron: str, after: str, count: int) -> list[str]:
    """The local times, with their offsets, at which it is due."""
    times, found = read_cron(cron, ZoneInfo(zone)), list[str]()
    instant = datetime.fromisoformat(after).astimezone(UTC)
    for _ in range(count):
        following = times.next_after(instant)
        assert following is not None
        assert following > instant
        instant = following
        found.append(instant.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes"))
    return found


# zone, cron, after, the local times due
CRONS = {
    "left out in spring": (
        *("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00+01:00"),
        ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"],
    ),
    "twice in autumn": (
        *("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00+02:00"),
        ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"],
    ),
    "between the two of autumn": (
        *("Europe/Berlin", "30 2 * * *", "2026-10-25T02:10+01:00"),
        ["2026-10-26T02:30+01:00"],
    ),
    "every half hour follows real time": (
        *("Europe/Berlin", "*/30 * * * *", "2026-10-25T01:45+02:00"),
        ["2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00", "2026-10-25T02:30+01:00"],
    ),
    "half an hour left out": (
        *("Australia/Lord_Howe", "10 2 * * *", "2026-10-03T12:00+10:30"),
        ["2026-10-04T02:30+11:00", "2026-10-05T02:10+11:00"],
    ),
    "the last day of a month": (
        *("UTC", "0 9 L * *", "2028-01-31T10:00+00:00"),
        ["2028-02-29T09:00+00:00", "2028-03-31T09:00+00:00", "2028-04-30T09:00+00:00"],
    ),
    "the last working day": (
        *("UTC", "0 9 LW * *", "2026-01-31T10:00+00:00"),
        ["2026-02-27T09:00+00:00", "2026-03-31T09:00+00:00"],
    ),
    "the second Monday": (
        *("UTC", "0 9 * * 1#2", "2026-11-24T10:00+00:00"),
        ["2026-12-14T09:00+00:00", "2027-01-11T09:00+00:00"],
    ),
    "the last Friday": (
        *("UTC", "0 9 * * 5L", "2026-11-24T10:00+00:00"),
        ["2026-11-27T09:00+00:00", "2026-12-25T09:00+00:00"],
    ),
    "leap days": (
        *("UTC", "0 0 29 2 *", "2026-01-01T00:00+00:00"),
        ["2028-02-29T00:00+00:00", "2032-02-29T00:00+00:00"],
    ),
    "the 31st": (
        *("UTC", "0 0 31 * *", "2026-03-31T00:00+00:00"),
        ["2026-05-31T00:00+00:00", "2026-07-31T00:00+00:00"],
    ),
    "the year's first minute": (
        *("Asia/Tokyo", "0 0 1 1 *", "2026-11-24T00:00+09:00"),
        ["2027-01-01T00:00+09:00", "2028-01-01T00:00+09:00"],
    ),
    "every ten minutes of an hour left out are one": (
        *("Europe/Berlin", "*/10 2 * * *", "2026-03-29T00:00+01:00"),
        ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    "every other hour, one left out": (
        *("Europe/Berlin", "0 */2 * * *", "2026-03-29T00:30+01:00"),
        ["2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"],
    ),
    "every other hour, one twice": (
        *("Europe/Berlin", "0 */2 * * *", "2026-10-25T00:30+02:00"),
        ["2026-10-25T02:00+02:00", "2026-10-25T04:00+01:00"],
    ),
    "every hour follows real time in spring": (
        *("Europe/Berlin", "30 * * * *", "2026-03-29T00:45+01:00"),
        ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"],
    ),
    "every hour, written as a range": (
        *("Europe/Berlin", "30 0-23 * * *", "2026-10-25T01:45+02:00"),
        ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00"],
    ),
    "every half hour where the clocks go back by one": (
        *("Australia/Lord_Howe", "*/30 * * * *", "2026-04-05T01:00+11:00"),
        ["2026-04-05T01:30+11:00", "2026-04-05T01:30+10:30", "2026-04-05T02:00+10:30"],
    ),
    "New York, twice": (
        *("America/New_York", "15,45 1 * * *", "2026-10-31T12:00-04:00"),
        ["2026-11-01T01:15-04:00", "2026-11-01T01:45-04:00", "2026-11-02T01:15-05:00"],
    ),
    "midnight that does not exist": (
        *("Africa/Cairo", "0 0 * * *", "2026-04-23T12:00+02:00"),
        ["2026-04-24T01:00+03:00", "2026-04-25T00:00+03:00"],
    ),
    "a leap day left to the end of February": (
        *("Asia/Kolkata", "0 0 L 2 *", "2027-01-01T00:00+05:30"),
        ["2027-02-28T00:00+05:30", "2028-02-29T00:00+05:30"],
    ),
    "the weekday nearest the 15th": (
        *("UTC", "0 9 15W * *", "2026-01-15T09:00+00:00"),  # Sundays, then a Wednesday, a Friday, a Monday
        ["2026-02-16T09:00+00:00", "2026-03-16T09:00+00:00", "2026-04-15T09:00+00:00", "2026-05-15T09:00+00:00"],
    ),
    "the weekday nearest the 1st stays in its month": (
        *("UTC", "0 9 1w * ?", "2026-01-01T10:00+00:00"),  # a Sunday, a Sunday, a Wednesday; 1 August is a Saturday
        ["2026-02-02T09:00+00:00", "2026-03-02T09:00+00:00", "2026-04-01T09:00+00:00"],
    ),
    "the weekday nearest the 31st, in months that have one": (
        *("UTC", "0 9 31W * *", "2026-01-31T10:00+00:00"),  # a Tuesday, then a Sunday
        ["2026-03-31T09:00+00:00", "2026-05-29T09:00+00:00"],
    ),
    "every minute of the weekday nearest the 1st": (
        *("UTC", "* * 1W * *", "2026-08-01T10:00+00:00"),  # a Saturday
        ["2026-08-03T00:00+00:00", "2026-08-03T00:01+00:00"],
    ),
    "either day, where both are given": (
        *("UTC", "0 0 13 * FRI", "2026-11-24T00:00+00:00"),
        ["2026-11-27T00:00+00:00", "2026-12-04T00:00+00:00", "2026-12-11T00:00+00:00", "2026-12-13T00:00+00:00"],
    ),
}


@pytest.mark.parametrize(("zone", "cron", "after", "due"), CRONS.values(), ids=CRONS.keys())
def test_cron_expressions(zone: str, cron: str, after: str, due: list[str]) -> None:
    assert due_by_cron(zone, cron, after, len(due)) == due


# ---------------------------------------------------------------- an independent computation

CHANGES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),
    "Pacific/Apia": ("2011-12-30", "2011-04-02"),
    "Asia/Kolkata": ("2026-12-31", "2028-02-29"),
}
A_MINUTE = timedelta(minutes=1)


def minutes_of(wall: datetime, minutes: frozenset[int], hours: frozenset[int]) -> bool:
    return wall.minute in minutes and wall.hour in hours


def walked(
    zone: ZoneInfo, start: datetime, end: datetime, minutes: frozenset[int], hours: frozenset[int]
) -> Iterator[datetime]:
    """Walks through real time by the minute with an eye on the wall clock: whenever that gets to where it never was,
    what was written for the minutes it passed is due. The walk begins a day early, so as to know where it was."""
    instant = start - timedelta(days=1)
    furthest = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    while instant < end:
        instant += A_MINUTE
        wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
        is_due = len(hours) == 24 and minutes_of(wall, minutes, hours)
        while furthest < wall:
            furthest += A_MINUTE
            is_due = is_due or (len(hours) < 24 and minutes_of(furthest, minutes, hours))
        if is_due and instant > start:
            yield instant


@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, days in CHANGES.items() for day in days])
@settings(max_examples=20)
@given(
    minutes=st.sampled_from(["*", "*/7", "0", "30", "5,59", "0-20"]),
    hours=st.sampled_from(["*", "*/1", "*/2", "0", "1", "2", "1-3", "2,23", "0-23"]),
    begins=st.integers(0, 3 * 1440),
)
def test_cron_agrees_with_a_walk_through_real_time(zone: str, day: str, minutes: str, hours: str, begins: int) -> None:
    info = ZoneInfo(zone)
    start = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(days=2) + timedelta(minutes=begins)
    expected = walked(info, start, start + timedelta(days=1), numbers(minutes, 60), numbers(hours, 24))
    times, instant = read_cron(f"{minutes} {hours} * * *", info), start
    for due in expected:
        instant = times.next_after(instant) or start
        assert instant == due


def numbers(field: str, size: int) -> frozenset[int]:
    """The numbers that a simple field of a cron expression means."""
    if field.startswith("*"):
        return frozenset(range(0, size, int(field[2:] or 1)))
    first, dash, last = field.partition("-")
    return frozenset(range(int(first), int(last) + 1)) if dash else frozenset(map(int, field.split(",")))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * * *", "has 4 fields, not the five: minute, hour"),
        ("* * * * * *", "has 6 fields, not the five: minute, hour, day of the month, month, day of the week. Seconds"),
        ("", "has 0 fields"),
        ("@daily", "Write '@daily' as its five fields: '0 0 * * *'"),
        ("60 * * * *", "field 1, the minute, is wrong at column 1: '60'. It takes *, 0 to 59"),
        ("0 24 * * *", "field 2, the hour, is wrong at column 3: '24'"),
        ("0  1,2,99 * * *", "field 2, the hour, is wrong at column 8: '99'"),
        ("0 0 0 * *", "field 3, the day of the month, is wrong at column 5: '0'"),
        ("0 0 32W * *", "field 3, the day of the month, is wrong at column 5: '32W'"),
        ("0 0 L-3 * *", "field 3, the day of the month, is wrong at column 5: 'L-3'"),
        ("0 0 15W * MON", "15W needs * as the day of the week"),
        ("0 0 * 13 *", "field 4, the month, is wrong at column 7: '13'"),
        ("0 0 * * 1#6", "field 5, the day of the week, is wrong at column 9: '1#6'"),
        ("0 0 * * 8", "field 5, the day of the week"),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31W 2 *", "never comes"),
        ("*" * 201, "has 201 characters"),
    ],
)
def test_what_is_wrong_with_a_cron_expression_is_told_with_its_place(cron: str, said: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_cron(cron, ZoneInfo("UTC"))
    assert said in str(refused.value)
    assert refused.value.field == ("cron",)


@given(st.text(st.sampled_from("0159*/-,#LWwlFRI? @\ud800é"), max_size=30) | st.text(max_size=30))
def test_any_text_is_a_cron_expression_or_is_refused(text: str) -> None:
    try:
        times = read_cron(text, ZoneInfo("Europe/Berlin"))
    except RequestError:
        return
    following = times.next_after(datetime(2026, 1, 1, tzinfo=UTC))
    assert following is None or following > datetime(2026, 1, 1, tzinfo=UTC)
