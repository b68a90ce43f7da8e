"""DateTime, JSON and Long."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from seggql.graphql.scalars import format_datetime, parse_datetime, parse_long, to_json


def test_instants_are_written_in_utc() -> None:
    assert format_datetime(datetime(2026, 1, 31, 9, 0, 0, 5000, tzinfo=UTC)) == "2026-01-31T09:00:00.005000Z"


@pytest.mark.parametrize(
    "text", ["2026-01-31T09:00:00Z", "2026-01-31t09:00:00z", "2026-01-31 10:00:00+01:00", "2026-01-31T09:00:00.000Z"]
)
def test_instants_are_read_with_any_offset(text: str) -> None:
    assert parse_datetime(text) == datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T09:00:00", "2026-02-31T09:00:00Z", "now", 5, None, ""])
def test_what_is_no_instant_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_datetime(text)


def test_numbers_that_javascript_would_round_travel_as_strings() -> None:
    value = {"small": 2**53, "large": 2**53 + 1, "decimal": Decimal("1.10"), "list": [1.5, None, True]}
    expected: object = {"small": 2**53, "large": "9007199254740993", "decimal": "1.10", "list": [1.5, None, True]}
    assert to_json(value) == expected


def test_identifiers_and_instants_travel_as_text() -> None:
    identifier = UUID("0a0a0a0a-0000-0000-0000-000000000001")
    expected: object = [str(identifier), "2026-01-01T00:00:00Z"]
    assert to_json([identifier, datetime(2026, 1, 1, tzinfo=UTC)]) == expected


@pytest.mark.parametrize("value", [2**63 - 1, "9223372036854775807"])
def test_a_long_has_64_bits(value: object) -> None:
    assert parse_long(value) == 2**63 - 1


@pytest.mark.parametrize("value", [2**63, "9223372036854775808", 1.5, True, "x", None])
def test_what_is_no_long_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        parse_long(value)
