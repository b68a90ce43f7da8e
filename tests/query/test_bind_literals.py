"""How literals are read against the types that they stand against."""

from datetime import UTC, datetime

import pytest

from seggql.query.binding.literals import read_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2017-03-30", datetime(2017, 3, 30, tzinfo=UTC)),
        ("2017-03-30T10:15", datetime(2017, 3, 30, 10, 15, tzinfo=UTC)),
        ("2017-03-30 10:15:30", datetime(2017, 3, 30, 10, 15, 30, tzinfo=UTC)),
        ("2017-03-30t10:15:30.5z", datetime(2017, 3, 30, 10, 15, 30, 500_000, tzinfo=UTC)),
        ("2017-03-30T10:15:30.123987Z", datetime(2017, 3, 30, 10, 15, 30, 123_000, tzinfo=UTC)),
        ("2017-03-30T00:15+02:00", datetime(2017, 3, 29, 22, 15, tzinfo=UTC)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_iso_8601_is_read_in_utc_to_the_millisecond(text: str, instant: datetime) -> None:
    assert read_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        *("", "2017", "2017-03", "20170330", "2017-3-30", "2017-02-30", "2017-03-30T", "2017-03-30T24:01"),
        *("2017-03-30x10:15", "2017-W13-4", "2017-03-30T10:15 Europe/Oslo", " 2017-03-30", "2017-03-30\n"),
        *("0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00", "٢٠١٧-03-30", "30.3.2017"),
    ],
)
def test_what_is_no_iso_8601_is_not_read(text: str) -> None:
    assert read_instant(text) is None
