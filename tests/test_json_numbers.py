"""Fractions of JSON: a double where that is the number, the digits as they stand where it is not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.json_numbers import read_fraction

FRACTIONS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})", fullmatch=True)


@given(FRACTIONS)
def test_no_fraction_is_changed(text: str) -> None:
    number = read_fraction(text)
    exact = Decimal(repr(number)) if isinstance(number, float) else number
    assert exact == Decimal(text)


@pytest.mark.parametrize("text", ["0.1", "0.10", "1.0", "1e5", "-0.0", "0.30000000000000004", "1.7976931348623157e308"])
def test_what_a_double_says_is_one(text: str) -> None:
    assert repr(read_fraction(text)) == repr(float(text))


def test_an_endless_exponent_is_the_double_that_is_nearest() -> None:
    assert read_fraction("1e99999999999999999999999") == float("inf")
    assert read_fraction("1e-99999999999999999999999") == 0.0
