"""Samples: drawn evenly whatever the gaps, as large as was settled, stopped by time alone, and covering the truth."""

from random import Random

import pytest
from pyroaring import BitMap

from seggql.evaluation import samples
from seggql.evaluation.samples import LARGEST_DRAW, Judge, sample
from seggql.evaluation.wilson import Sample, bounds, deviations, needed
from seggql.segments.estimates import HALF_WIDTH

FOREVER_S = 1e9
SEEDS = 2_000
SHARES = (0.001, 0.01, 0.5, 0.999)


class Truth:
    """Profiles in memory, a tenth of all ordinals without one, and for each share those who match."""

    def __init__(self, total: int, *shares: float) -> None:
        random = Random(total)
        self.ordinals = BitMap(range(total * 10 // 9))
        self.profiles = BitMap(random.sample(range(total * 10 // 9), total))
        self.matching = [BitMap(random.sample(list(self.profiles), round(total * share))) for share in shares]
        self.drawn = BitMap()

    async def judge(self, drawn: BitMap) -> tuple[int, int]:
        """Remembers who was drawn."""
        existing = drawn & self.profiles
        assert not existing & self.drawn, "nobody is drawn twice"
        self.drawn |= existing
        return len(existing), 0

    async def samples(self, wanted: int, seed: int) -> list[Sample]:
        """One draw, and what it says of each share."""
        self.drawn = BitMap()
        total = len(self.profiles)
        await sample(self.ordinals, total, wanted, self.judge, Random(seed), FOREVER_S)
        return [
            Sample(total=total, read=len(self.drawn), matched=len(self.drawn & matching)) for matching in self.matching
        ]


async def test_the_interval_of_95_percent_covers_the_truth_in_93_to_97_percent_of_2000_samples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    total = 10_000
    truth, z = Truth(total, *SHARES), deviations(0.95)
    held = [0] * len(SHARES)
    for seed in range(SEEDS):
        for index, drawn in enumerate(await truth.samples(needed(total, z, HALF_WIDTH), seed)):
            found = bounds(drawn, z)
            held[index] += found.lower <= len(truth.matching[index]) <= found.upper
            assert drawn.read < total
            assert found.upper - found.lower <= 2 * HALF_WIDTH * total + 1
    covered = {share: count / SEEDS for share, count in zip(SHARES, held, strict=True)}
    with capsys.disabled():
        print(f"\n  of {total:,} profiles, by share of those who match, the truth is covered in: {covered}")
    assert all(0.93 <= part <= 0.97 for part in covered.values())


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.99])
async def test_other_levels_cover_as_often_as_they_say(level: float) -> None:
    truth, z = Truth(20_000, 0.3), deviations(level)
    held, seeds = 0, 400
    for seed in range(seeds):
        [drawn] = await truth.samples(needed(20_000, z, 2 * HALF_WIDTH), seed)
        found = bounds(drawn, z)
        held += found.lower <= len(truth.matching[0]) <= found.upper
    assert held / seeds == pytest.approx(level, abs=3.5 * (level * (1 - level) / seeds) ** 0.5)


async def test_a_tiny_type_is_read_whole() -> None:
    for total in (0, 1, 7, 600, 9_000):
        truth = Truth(total, 0.5)
        [drawn] = await truth.samples(needed(total, deviations(0.95), HALF_WIDTH), seed=1)
        assert (drawn.read, drawn.matched) == (total, len(truth.matching[0]))


async def test_every_profile_is_drawn_as_often_as_the_others() -> None:
    truth = Truth(60)
    times = dict.fromkeys(truth.profiles, 0)
    for seed in range(3_000):
        await truth.samples(20, seed)
        for ordinal in truth.drawn:
            times[ordinal] += 1
    drawn = sum(times.values()) / 60
    assert all(abs(count - drawn) < 5 * drawn**0.5 for count in times.values())


async def test_a_seed_draws_the_same_again_and_another_one_others() -> None:
    truth = Truth(1_000)
    draws = []
    for seed in (1, 1, 2):
        await truth.samples(100, seed)
        draws.append(BitMap(truth.drawn))
    assert draws[0] == draws[1] != draws[2]


async def test_a_sample_is_as_large_as_was_wanted_and_hardly_larger() -> None:
    truth = Truth(40_000)
    for wanted in (10, 499, 501, 2_300, 15_000):
        await truth.samples(wanted, seed=3)
        assert wanted <= len(truth.drawn) <= wanted * 1.1 + 25


def steady(existing_of: int, seconds_of_each: float, monkeypatch: pytest.MonkeyPatch) -> tuple[Judge, list[int]]:
    """A judge for whom all profiles exist and none matches, a clock by which each takes so long; and the draws."""
    now, draws = 0.0, list[int]()

    async def judge(drawn: BitMap) -> tuple[int, int]:
        nonlocal now
        now += len(drawn) * seconds_of_each
        draws.append(len(drawn))
        return len(drawn) // existing_of, 0

    monkeypatch.setattr(samples, "monotonic", lambda: now)
    return judge, draws


async def test_time_alone_ends_a_sample_early_and_what_was_begun_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    judge, draws = steady(1, 0.01, monkeypatch)
    drawn = await sample(BitMap(range(10**6)), 10**6, 2_398, judge, Random(1), 12.0)
    assert draws == [500, 700]
    assert drawn == Sample(total=10**6, read=1_200, matched=0)


async def test_a_first_draw_is_made_however_little_time_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    judge, draws = steady(1, 1.0, monkeypatch)
    drawn = await sample(BitMap(range(10**6)), 10**6, 2_398, judge, Random(1), 0.001)
    assert (draws, drawn.read) == ([500], 500)


async def test_where_few_ordinals_have_a_profile_more_are_drawn_at_once_but_not_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge, draws = steady(100, 0.0, monkeypatch)
    drawn = await sample(BitMap(range(10**6)), 10**4, 2_398, judge, Random(1), FOREVER_S)
    assert drawn.read >= 2_398
    assert max(draws) == LARGEST_DRAW
