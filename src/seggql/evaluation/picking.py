"""Picks for each operator whether packs or pipelines answer it, from sizes and selectivities."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from seggql.evaluation.access import fewest_left
from seggql.evaluation.packed.costs import PackCosts
from seggql.evaluation.packed.together import Pass, plan_passes
from seggql.evaluation.run import Run
from seggql.evaluation.weighing import Group, Told, Weighing
from seggql.query.plan import Aggregate, Interval, Plan, Scan
from seggql.query.planning.estimates import ROUND_TRIP_US, Statistics, index_us

MANY = 12
"""Operators over one pack from which on it is read without a thought: hardly one of them needs a column alone."""

COUNTING_US = 1.0
"""What may be spent for each profile that is counted, twice what counting takes."""

COUNTED = 4
"""Operators over one pack up to which the candidates of scans are counted by index; past that guesses do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The passes over packs that are worth it, how each operator that packs could answer is, and what was learned."""

    passes: tuple[Pass, ...]
    told: Mapping[Plan, Told]
    statistics: Statistics


async def pick(plans: Iterable[Plan], run: Run, statistics: Statistics) -> Picked:
    """Which operators of `plans` packs answer; pipelines answer the others, held to what was found before.

    MongoDB is asked to open packs and, where few operators leave it open, to count what an index leaves of a scan.
    Raises: UnavailableError, SnapshotExpired.
    """
    asked = list(plans)
    passes = await plan_passes(asked, run)
    few = [made for made in passes if len(made.operators) <= MANY]
    groups = [Group(operators=made.operators, costs=PackCosts(made.pack, made.operators)) for made in few if made.pack]
    statistics = replace(
        statistics,
        in_intervals={**statistics.in_intervals, **_in_intervals(groups)},
        left_by_index={**statistics.left_by_index, **await _left_by_index(groups, run, statistics)},
    )
    many = [made for made in passes if len(made.operators) > MANY]
    weighing = Weighing(asked, groups, statistics, known=(one for made in many for one in made.operators))
    weighing.leave_packs()
    told: dict[Plan, Told] = {}
    for made in many:
        told |= dict.fromkeys(made.operators, Told(by_packs=True, shared=len(made.operators)))
    told |= weighing.told()
    kept = [replace(made, operators=tuple(one for one in made.operators if told[one].by_packs)) for made in few]
    return Picked(passes=(*many, *(made for made in kept if made.operators)), told=told, statistics=statistics)


def _in_intervals(groups: Iterable[Group]) -> dict[tuple[str, Interval], int]:
    """The interactions in the intervals of packed ones, by the times of parts."""
    return {
        (one.interaction, one.interval): int(group.costs.rows_in(one.interval))
        for group in groups
        for one in group.operators
        if isinstance(one, Aggregate) and one.interval is not None
    }


async def _left_by_index(groups: Iterable[Group], run: Run, statistics: Statistics) -> dict[Scan, int]:
    """What indexes leave of scans, where that is so little that a pass may take longer.

    Counting up to there takes less than the pass itself; where there is more, guesses do.
    """
    most: dict[Scan, int] = {}
    for group in groups:
        for place, one in enumerate(group.operators if len(group.operators) <= COUNTED else ()):
            most_us = group.costs.us([place]) - ROUND_TRIP_US
            if isinstance(one, Scan) and most_us > ROUND_TRIP_US:
                most[one] = int(most_us / max(index_us(one, statistics), COUNTING_US))
    counts = await asyncio.gather(*(fewest_left(one, run, limit) for one, limit in most.items()))
    return {one: left for one, left in zip(most, counts, strict=True) if left is not None and left <= most[one]}
