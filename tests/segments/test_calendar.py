"""The time table: when schedules are due, at all the times that calendars and clocks make difficult."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.errors import RequestError
from seggql.segments.calendar import DAILY, next_by_interval, next_by_week, zone_named


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def due_by_week(zone: str, days: tuple[int, ...], times: str, after: str, count: int) -> list[str]:
    """The local times, with their offsets, at which it is due."""
    at = [time.fromisoformat(text) for text in times.split()]
    found = islice(next_by_week(days, at, ZoneInfo(zone), utc(after)), count)
    return [instant.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") for instant in found]


# zone, days, times, after, the local times due
WEEKS = {
    "left out in spring: at the next that exists": (
        *("Europe/Berlin", DAILY, "02:30", "2026-03-28T12:00+01:00"),
        ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"],
    ),
    "two left out are one": (
        *("Europe/Berlin", DAILY, "02:15 02:45 03:00", "2026-03-28T12:00+01:00"),
        ["2026-03-29T03:00+02:00", "2026-03-30T02:15+02:00"],
    ),
    "twice in autumn: the first": (
        *("Europe/Berlin", DAILY, "02:30", "2026-10-24T12:00+02:00"),
        ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"],
    ),
    "between the two of autumn: not again": (
        *("Europe/Berlin", DAILY, "02:30", "2026-10-25T02:10+01:00"),
        ["2026-10-26T02:30+01:00"],
    ),
    "New York in spring": (
        *("America/New_York", DAILY, "02:00", "2026-03-07T12:00-05:00"),
        ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"],
    ),
    "New York in autumn": (
        *("America/New_York", DAILY, "01:59", "2026-10-31T12:00-04:00"),
        ["2026-11-01T01:59-04:00", "2026-11-02T01:59-05:00"],
    ),
    "half an hour left out": (
        *("Australia/Lord_Howe", DAILY, "02:10", "2026-10-03T12:00+10:30"),
        ["2026-10-04T02:30+11:00", "2026-10-05T02:10+11:00"],
    ),
    "half an hour twice": (
        *("Australia/Lord_Howe", DAILY, "01:45", "2026-04-04T12:00+11:00"),
        ["2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"],
    ),
    "midnight that does not exist": (
        *("Africa/Cairo", DAILY, "00:00", "2026-04-23T12:00+02:00"),
        ["2026-04-24T01:00+03:00", "2026-04-25T00:00+03:00"],
    ),
    "a whole day left out": (
        *("Pacific/Apia", DAILY, "06:00", "2011-12-29T12:00-10:00"),
        ["2011-12-31T00:00+14:00", "2011-12-31T06:00+14:00"],
    ),
    "a zone without changes": (
        *("Asia/Kolkata", DAILY, "02:30", "2026-03-28T12:00+05:30"),
        ["2026-03-29T02:30+05:30", "2026-03-30T02:30+05:30"],
    ),
    "midnight": (
        *("Europe/Berlin", DAILY, "00:00", "2026-06-01T00:00+02:00"),
        ["2026-06-02T00:00+02:00", "2026-06-03T00:00+02:00"],
    ),
    "the end of a year": (
        *("Europe/Berlin", DAILY, "23:59", "2026-12-31T12:00+01:00"),
        ["2026-12-31T23:59+01:00", "2027-01-01T23:59+01:00"],
    ),
    "a leap day": (
        *("UTC", DAILY, "12:00", "2028-02-28T13:00+00:00"),
        ["2028-02-29T12:00+00:00", "2028-03-01T12:00+00:00"],
    ),
    "no leap day": (
        *("UTC", DAILY, "12:00", "2027-02-28T11:00+00:00"),
        ["2027-02-28T12:00+00:00", "2027-03-01T12:00+00:00"],
    ),
    "Mondays and Fridays, twice": (
        *("Europe/Berlin", (1, 5), "06:30 18:00", "2026-11-24T12:00+01:00"),
        ["2026-11-27T06:30+01:00", "2026-11-27T18:00+01:00", "2026-11-30T06:30+01:00", "2026-11-30T18:00+01:00"],
    ),
    "the day of the zone, not of UTC": (
        *("Pacific/Auckland", (1,), "08:00", "2026-11-29T10:00+00:00"),
        ["2026-11-30T08:00+13:00", "2026-12-07T08:00+13:00"],
    ),
    "exactly when it is due: the next": (
        *("UTC", DAILY, "12:00", "2026-11-24T12:00+00:00"),
        ["2026-11-25T12:00+00:00"],
    ),
}


@pytest.mark.parametrize(("zone", "days", "times", "after", "due"), WEEKS.values(), ids=WEEKS.keys())
def test_local_times_of_a_week(zone: str, days: tuple[int, ...], times: str, after: str, due: list[str]) -> None:
    assert due_by_week(zone, days, times, after, len(due)) == due


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Tehran"]),
    days_since=st.integers(0, 11_000),
    minute=st.integers(0, 1439),
    days=st.sets(st.integers(1, 7), min_size=1),
    times=st.sets(st.times().map(lambda at: at.replace(second=0, microsecond=0)), min_size=1, max_size=4),
)
def test_a_day_of_a_week_has_each_of_its_times_once(
    zone: str, days_since: int, minute: int, days: set[int], times: set[time]
) -> None:
    info, instant = ZoneInfo(zone), utc("2005-01-01T00:00+00:00") + timedelta(days=days_since, minutes=minute)
    due = list(islice(next_by_week(sorted(days), sorted(times), info, instant), 20))
    assert due[0] > instant
    assert all(one < other for one, other in pairwise(due))
    for found in due:
        local = found.astimezone(info)
        exists = local.time() in times and local.isoweekday() in days
        before = (found - timedelta(minutes=1)).astimezone(info)
        is_after_a_gap = local.replace(tzinfo=None) - before.replace(tzinfo=None) > timedelta(minutes=1)
        assert exists or is_after_a_gap
        assert local.fold == 0, "the second occurrence is never due"


def test_an_interval_never_drifts_and_makes_up_for_what_was_missed_once() -> None:
    due = utc("2026-11-24T12:00+00:00")
    assert next_by_interval(15, due, due) == utc("2026-11-24T12:15+00:00")
    assert next_by_interval(15, due, utc("2026-11-24T12:14:59+00:00")) == utc("2026-11-24T12:15+00:00")
    assert next_by_interval(15, due, utc("2026-11-24T12:15+00:00")) == utc("2026-11-24T12:30+00:00")
    assert next_by_interval(15, due, utc("2026-11-27T09:07+00:00")) == utc("2026-11-27T09:15+00:00")


def test_a_zone_that_is_not_known_is_told_with_the_nearest() -> None:
    assert zone_named("Europe/Berlin").key == "Europe/Berlin"
    for name in ("Europe/Berln", "europe/berlin"):
        with pytest.raises(RequestError, match="Did you mean Europe/Berlin"):
            zone_named(name)
    for name in ("../../etc/passwd", "", "localtime", "Factory"):
        with pytest.raises(RequestError, match="There is no time zone"):
            zone_named(name)
