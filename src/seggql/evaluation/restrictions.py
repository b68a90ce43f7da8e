"""When and how to hold a pipeline to a universe: as lists of ordinals, as a range, or not at all."""

from collections.abc import Iterator
from typing import assert_never

from pyroaring import BitMap

from seggql.evaluation.run import Run
from seggql.mongo.restriction import OrdinalList, OrdinalRange, Restriction
from seggql.mongo.scan import profiles_collection
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan

LIST_SIZE = 10_000
"""Ordinals in one `$in`: larger ones gained nothing (performance.md)."""

SPARSE = 10
"""A list pays when it names less than one in so many documents; past that, reading all is faster (performance.md)."""

DENSE = 2
"""A range pays when it holds at most so many ordinals for each one wanted."""


async def pays(plan: Plan, run: Run, universe: BitMap) -> bool:
    """Whether evaluating `plan` for `universe` alone is cheaper than evaluating all of it, which others may share."""
    match plan:
        case Scan():
            documents = await run.sources.statistics(profiles_collection(plan.profile_type))
            fits_range = _is_dense(universe) and len(universe) * DENSE <= documents
            return fits_range or len(universe) * SPARSE <= documents
        case Aggregate():
            return True
        case Hop() | Algebra():
            return True
        case Members():
            return False
        case _:
            assert_never(plan)


def restrictions(universe: BitMap) -> Iterator[Restriction]:
    """Restrictions that together hold a pipeline to `universe`, or to little more."""
    if not universe:
        return
    if _is_dense(universe):
        yield OrdinalRange(first=universe.min(), last=universe.max())
        return
    for start in range(0, len(universe), LIST_SIZE):
        yield OrdinalList(ordinals=list(universe[start : start + LIST_SIZE]))


def _is_dense(universe: BitMap) -> bool:
    return len(universe) > LIST_SIZE and universe.max() - universe.min() < len(universe) * DENSE
