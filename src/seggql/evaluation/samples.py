"""Samples: how many profiles a plan finds, judged by some that were drawn at random."""

from collections.abc import Awaitable, Callable
from random import Random
from time import monotonic

from pyroaring import BitMap

from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.evaluation.wilson import Sample
from seggql.mongo.listing import render_last
from seggql.mongo.scan import profiles_collection
from seggql.query.plan import Plan, Scan
from seggql.query.predicate import Always

LISTED = 100_000
"""Profiles of a type up to which all ordinals are read (0.04 s), past which they are drawn from those there may be."""

FIRST_DRAW = 500
"""Ordinals drawn at first, to see how many there are and how long they take."""

LARGEST_DRAW = 10_000
"""Ordinals drawn at once; the time that is left is looked at in between."""

Judge = Callable[[BitMap], Awaitable[tuple[int, int]]]
"""Of drawn ordinals: how many exist, and how many of those match."""


async def population(profile_type: str, run: Run) -> tuple[BitMap, int]:
    """The ordinals that profiles of a type may have, and how many there are.

    Both are exact, and of the snapshot, for a type of up to LISTED profiles. Of a larger one the number is the one
    that MongoDB keeps, and the ordinals are all up to the last, without those of deleted profiles.
    """
    count = await run.sources.statistics(profiles_collection(profile_type))
    if count <= LISTED:
        everyone = await find(Scan(profile_type=profile_type, predicate=Always()), run)
        return everyone, len(everyone)
    last = [row["_id"] async for row in run.rows(render_last(profile_type))]
    ordinals = BitMap(range(last[0] + 1)) if last else BitMap()
    return ordinals - await run.sources.deleted(profile_type), count


def judge_of(plan: Plan, run: Run) -> Judge:
    """Whom `plan` finds among drawn profiles: each operator of the language can be held to a universe."""
    everyone = Scan(profile_type=plan.profile_type, predicate=Always())

    async def judge(drawn: BitMap) -> tuple[int, int]:
        existing = await find(everyone, run, drawn)
        return len(existing), len(await find(plan, run, existing))

    return judge


async def sample(ordinals: BitMap, total: int, wanted: int, judge: Judge, random: Random, timeout_s: float) -> Sample:
    """`wanted` of the `total` profiles that have one of `ordinals`, drawn at random, and how many of them match.

    Each draw takes every set of the ordinals that are left with equal chance. Ordinals without a profile are skipped,
    so that those with one are a simple random sample without replacement of all profiles, however many gaps there are.

    A sample that grows until it looks good enough covers the truth less often than its interval says, for it stops
    where chance made it look good. This one does not look: `wanted` is settled before the first draw, from the widest
    interval that any share can have; the draws end once so many profiles exist, which has nothing to do with who
    matches. Only `timeout_s` ends them earlier, between two draws, by how long all draws so far took; no draw that was
    begun is left out, so that slow profiles count as others do.
    """
    left = BitMap(ordinals)
    drawn = read = matched = 0
    start = monotonic()
    size = min(wanted, FIRST_DRAW)
    while left and read < wanted and size > 0:
        draw = _draw(left, min(size, len(left)), random)
        left -= draw
        existing, found = await judge(draw)
        drawn, read, matched = drawn + len(draw), read + existing, matched + found
        missing = -(-(wanted - read) * drawn // max(1, read))
        in_time = int(drawn * (timeout_s / max(1e-9, monotonic() - start) - 1))
        size = min(missing, LARGEST_DRAW, in_time)
    return Sample(total=max(total, read), read=read, matched=matched)


def _draw(ordinals: BitMap, size: int, random: Random) -> BitMap:
    return BitMap([ordinals[rank] for rank in random.sample(range(len(ordinals)), size)])
