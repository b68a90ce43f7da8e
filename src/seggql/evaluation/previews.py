"""Previews: some of the profiles that a plan finds, without finding all."""

from collections.abc import AsyncGenerator

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.evaluation.sources import Sources
from seggql.mongo.listing import render_last
from seggql.query.plan import Plan
from seggql.settings import Settings

FIRST_UNIVERSE = 1_000
"""Ordinals that are looked at first: enough for a hundred matches of a condition that a tenth fulfils."""

GROWTH = 10
MOST_RESTRICTED = 100_000
"""Past so many ordinals the rest comes at once: a restriction no longer pays."""


async def first_matches(plan: Plan, sources: Sources, catalog: Catalog, settings: Settings, limit: int) -> BitMap:
    """The first `limit` of the profiles that `plan` finds, by ordinal; all of them where there are fewer."""
    run = Run(sources=sources, catalog=catalog, settings=settings)
    found = BitMap()
    async for universe in _universes(plan.profile_type, run):
        found |= await find(plan, run, universe)
        if len(found) >= limit:
            break
    return found[:limit]


async def _universes(profile_type: str, run: Run) -> AsyncGenerator[BitMap, None]:
    """Ranges of ordinals, each larger than the one before, that together hold every profile."""
    last = [row["_id"] async for row in run.rows(render_last(profile_type))]
    end = last[0] + 1 if last else 0
    start, size = 0, FIRST_UNIVERSE
    while start < end:
        stop = end if size > MOST_RESTRICTED else min(end, start + size)
        yield BitMap(range(start, stop))
        start, size = stop, size * GROWTH
