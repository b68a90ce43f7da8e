"""Decides whether what is known already should restrict an operator: whether asking for some beats asking for all."""

from typing import assert_never

from pyroaring import BitMap

from seggql.evaluation.access import by_time, matching
from seggql.evaluation.restrictions import DENSE, is_dense
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import interactions_collection, time_condition
from seggql.mongo.scan import profiles_collection
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan

SPARSE = 10
"""A list pays when it names less than one in so many documents; past that, reading all is faster (performance.md)."""


async def pays(plan: Plan, run: Run, universe: BitMap) -> bool:
    """Whether evaluating `plan` for `universe` alone is cheaper than evaluating all of it, which others may share."""
    match plan:
        case Scan():
            return _is_small(universe, await run.sources.statistics(profiles_collection(plan.profile_type)))
        case Aggregate():
            return await _pays_for_aggregate(plan, run, universe)
        case Hop():
            return _is_small(universe, await run.sources.statistics(profiles_collection(plan.profile_type)))
        case Algebra():
            return True
        case Members():
            return False
        case _:
            assert_never(plan)


def _is_small(universe: BitMap, documents: int) -> bool:
    fits_range = is_dense(universe) and len(universe) * DENSE <= documents
    return fits_range or len(universe) * SPARSE <= documents


async def _pays_for_aggregate(plan: Aggregate, run: Run, universe: BitMap) -> bool:
    """Compares looking up each profile with reading each interaction in the interval."""
    worth = int(run.settings.profile_cost_us * len(universe) / run.settings.key_cost_us)
    collection = interactions_collection(plan)
    if await run.sources.statistics(collection) <= worth:
        return False
    window = time_condition(plan)
    if not window:
        return True
    return await matching(collection, window, by_time(plan, run), worth + 1, run) > worth
