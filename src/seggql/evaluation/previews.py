"""Previews: some of the profiles that a plan finds, without finding all."""

from dataclasses import dataclass

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.evaluation.evaluate import find
from seggql.evaluation.expense import expense_of, find_all
from seggql.evaluation.run import Run
from seggql.evaluation.sources import Sources
from seggql.mongo.scan import profiles_collection
from seggql.query.plan import Plan
from seggql.query.planning.estimates import Statistics
from seggql.settings import Settings

FIRST_UNIVERSE = 500
"""Ordinals that are looked at first: enough for a hundred matches of a condition that a fourth fulfils."""

MARGIN = 1.25
"""How many times as many ordinals are looked at as the matches so far say."""

LEAST_GROWTH = 0.25
"""How many times the ordinals so far come next at least, so that there are few stretches."""

LOOKED_AT_S = 0.05
"""How much of an interval is counted to see whether packs are faster."""

MOST_RESTRICTED = 0.25
"""The share of a type past which all of it comes at once: a restriction no longer pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The first profiles that a plan finds, by ordinal; `total` is how many there are, None where that is not known."""

    first: BitMap
    total: int | None


async def first_matches(
    plan: Plan, sources: Sources, catalog: Catalog, settings: Settings, limit: int, statistics: Statistics
) -> Matches:
    """The first `limit` of the profiles that `plan` finds, by ordinal; all of them where there are fewer.

    A stretch of ordinals is looked at, then as many more as should hold the rest by what the first ones held. Rare
    matches are therefore looked for among all soon, which for interactions is faster than from profile to profile; an
    operator for which that pays earlier is evaluated whole already for the first stretch, once for all that follow.
    """
    run = Run(sources=sources, catalog=catalog, settings=settings)
    count = await sources.statistics(profiles_collection(plan.profile_type))
    found, looked, size = BitMap(), 0, FIRST_UNIVERSE
    while looked + size <= count * MOST_RESTRICTED:
        found |= await find(plan, run, BitMap(range(looked, looked + size)))
        looked += size
        if len(found) >= limit:
            return Matches(first=found[:limit], total=None)
        size = _next(looked, len(found), limit)
    found = await find_all(plan, run, await expense_of(plan, run, statistics, LOOKED_AT_S))
    return Matches(first=found[:limit], total=len(found))


def _next(looked: int, found: int, limit: int) -> int:
    """How many ordinals should hold what is missing; of none found, half of one is taken to have been."""
    return max(FIRST_UNIVERSE, int(looked * LEAST_GROWTH), int((limit - found) * looked / max(found, 0.5) * MARGIN))
