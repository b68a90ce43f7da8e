"""Intervals: what they cover, how large a sample they want, where they end."""

from collections.abc import Iterator
from math import exp, lgamma

import pytest

from seggql.evaluation.wilson import Sample, bounds, deviations, interval, needed, standard_error
from seggql.segments.estimates import HALF_WIDTH


def outcomes(total: int, matching: int, read: int) -> Iterator[tuple[float, Sample]]:
    """Every sample that `read` of `total` can be, but for the least probable, with its probability."""
    expected = read * matching / total
    far = int(8 * expected**0.5) + 20
    least, most = max(0, read - (total - matching), int(expected) - far), min(read, matching, int(expected) + far)
    for matched in range(least, most + 1):
        chance = _log_choices(matching, matched) + _log_choices(total - matching, read - matched)
        yield exp(chance - _log_choices(total, read)), Sample(total=total, read=read, matched=matched)


def _log_choices(of: int, some: int) -> float:
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)


def coverage(total: int, matching: int, read: int, level: float) -> float:
    """How often the bounds hold the truth."""
    held = 0.0
    for chance, sample in outcomes(total, matching, read):
        found = bounds(sample, deviations(level))
        held += chance if found.lower <= matching <= found.upper else 0.0
    return held


def test_a_wilson_interval_is_the_published_one() -> None:
    """Source: Brown, Cai, DasGupta (2001); of 10 in 20 the interval of 95 % is 0.299 to 0.701."""
    low, high = interval(Sample(total=10**9, read=20, matched=10), deviations(0.95))
    assert (low, high) == pytest.approx((0.2993, 0.7007), abs=1e-4)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_no_share_however_rare_is_covered_much_less_often_than_it_should(level: float) -> None:
    total = 5_000
    read = needed(total, deviations(level), 0.02)
    assert read < total
    for matching in (*range(1, 40), *range(40, total // 2, 97), total - 1, total - 2, total - 5, total - 25):
        assert coverage(total, matching, read, level) > 1 - 2.5 * (1 - level), matching


@pytest.mark.parametrize("total", [10_000, 30_000, 100_000, 1_000_000, 30_000_000])
def test_of_95_percent_93_to_97_are_covered_whether_one_in_a_thousand_match_or_all_but_one(total: int) -> None:
    read = needed(total, deviations(0.95), HALF_WIDTH)
    for share in (0.001, 0.002, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999):
        assert 0.93 <= coverage(total, round(total * share), read, 0.95) <= 0.97, share


def test_all_that_is_needed_makes_every_interval_narrow_enough_and_no_more_is_read() -> None:
    z = deviations(0.95)
    for total in (20_000, 1_000_000, 10**9):
        read = needed(total, z, HALF_WIDTH)
        low, high = interval(Sample(total=total, read=read, matched=read // 2), z)
        assert (high - low) / 2 == pytest.approx(HALF_WIDTH, rel=0.01)
        assert (high - low) / 2 <= HALF_WIDTH * 1.0001
    assert needed(10**9, z, HALF_WIDTH) == 9_600
    assert needed(10**9, deviations(0.99), HALF_WIDTH) == 16_581


def test_where_more_than_half_would_be_read_all_is() -> None:
    assert [needed(total, deviations(0.95), HALF_WIDTH) for total in (0, 1, 2, 100, 9_000)] == [0, 1, 2, 100, 9_000]
    assert needed(10_000, deviations(0.95), HALF_WIDTH) < 5_000


def test_of_all_the_bounds_are_the_truth() -> None:
    sample = Sample(total=40, read=40, matched=3)
    found = bounds(sample, deviations(0.999))
    assert (found.lower, found.size, found.upper, standard_error(sample)) == (3, 3, 3, 0.0)


def test_of_nothing_the_bounds_are_everything() -> None:
    found = bounds(Sample(total=40, read=0, matched=0), deviations(0.95))
    assert (found.lower, found.upper) == (0, 40)


def test_what_was_seen_is_certain() -> None:
    found = bounds(Sample(total=100, read=90, matched=50), deviations(0.1))
    assert 50 <= found.lower <= found.size <= found.upper <= 60


def test_the_standard_error_is_that_of_the_textbook_and_not_nothing_where_none_matched() -> None:
    half = Sample(total=1_000_000, read=2_500, matched=1_250)
    assert standard_error(half) == pytest.approx(1_000_000 * (0.25 / 2_500) ** 0.5, rel=0.01)
    assert standard_error(Sample(total=1_000_000, read=2_500, matched=0)) > 0
