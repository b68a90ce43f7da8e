"""How sure a sample is: Wilson's interval for a share, corrected for a sample that is a good part of all there is.

Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927). Where n of N are
drawn without replacement, the variance of a share is smaller by (N - n) / (N - 1): n counts as n (N - 1) / (N - n).

Source: L. D. Brown, T. T. Cai, A. DasGupta, Interval Estimation for a Binomial Proportion (2001), section 4: Wilson's
interval leaves out shares near 0 and 1 too readily (of 95 % it covers 84 % there), and is widened where few matched.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, floor, inf, sqrt
from statistics import NormalDist

WORST_SHARE = 0.5
"""Of all shares the one whose interval is the widest."""

FEW = 3
"""Matches up to which the lower end is that of rare events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`read` profiles drawn without replacement of `total`, and how many of them `matched`."""

    total: int
    read: int
    matched: int

    def __post_init__(self) -> None:
        assert 0 <= self.matched <= self.read <= self.total, self


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Whole numbers of matches, both included: as many of `total` as lie in the interval."""

    size: int
    lower: int
    upper: int


def deviations(level: float) -> float:
    """How many standard deviations to either side hold `level`, between 0 and 1, of a normal distribution."""
    return NormalDist().inv_cdf((1 + level) / 2)


def bounds(sample: Sample, z: float) -> Bounds:
    """How many of all match, to `z` deviations.

    The ends are rounded inwards: the truth is a whole number, so that it lies between them whenever it lies in the
    interval. What was seen is certain: no fewer match than did, nor more than did not fail.
    """
    if not sample.read:
        return Bounds(size=0, lower=0, upper=sample.total)
    low, high = _widened(sample, z)
    certain = sample.total - (sample.read - sample.matched)
    size = round(sample.total * sample.matched / sample.read)
    size = min(max(size, sample.matched), certain)
    return Bounds(
        size=size,
        lower=min(size, max(sample.matched, ceil(low * sample.total))),
        upper=max(size, min(certain, floor(high * sample.total))),
    )


def interval(sample: Sample, z: float) -> tuple[float, float]:
    """The shares between which the share of all lies, to `z` deviations."""
    seen = sample.matched / sample.read
    n = _counted_as(sample.read, sample.total)
    if n == inf:
        return seen, seen
    middle = (seen + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(seen * (1 - seen) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def standard_error(sample: Sample) -> float:
    """Of the number of matches: half the interval of one deviation, which is not 0 where none or all matched."""
    if not sample.read:
        return sample.total / 2
    low, high = interval(sample, 1.0)
    return sample.total * (high - low) / 2


def needed(total: int, z: float, half_width: float) -> int:
    """How many of `total` to read, so that the interval's half width is at most `half_width`, whatever the share.

    All of them where it would be more than half: that costs about the same.
    """
    widest = WORST_SHARE * z / half_width
    n = max(1.0, widest * widest - z * z)  # Wilson's interval of a half is z / (2 sqrt(n + z z)) to either side
    sampled = ceil(n * total / (total - 1 + n)) if total else 0
    return sampled if sampled * 2 <= total else total


def _widened(sample: Sample, z: float) -> tuple[float, float]:
    low, high = interval(sample, z)
    failed = sample.read - sample.matched
    if sample.read < sample.total and 1 <= sample.matched <= FEW:
        low = min(low, _rarest(sample.matched, z) / sample.read)
    if sample.read < sample.total and 1 <= failed <= FEW:
        high = max(high, 1 - _rarest(failed, z) / sample.read)
    return low, high


@lru_cache(maxsize=64)
def _rarest(seen: int, z: float) -> float:
    """The mean of a Poisson distribution under which so many or more are as unlikely as what lies past `z` deviations.

    A memo of a pure function.
    """
    unlikely = 2 * NormalDist().cdf(-z)
    low, high = 0.0, float(seen)
    for _ in range(60):
        mean = (low + high) / 2
        fewer = exp(-mean) * sum(_power(mean, count) for count in range(seen))
        low, high = (mean, high) if 1 - fewer < unlikely else (low, mean)
    return low


def _power(mean: float, count: int) -> float:
    """mean ** count / count!"""
    term = 1.0
    for factor in range(1, count + 1):
        term *= mean / factor
    return term


def _counted_as(read: int, total: int) -> float:
    """The size of a sample with replacement that says as much."""
    return inf if read >= total else read * (total - 1) / (total - read)
