"""Evaluates a plan: from operators over MongoDB to the bitmap of the profiles that belong."""

from typing import assert_never

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.evaluation.aggregates import aggregate
from seggql.evaluation.hops import hop
from seggql.evaluation.run import Run
from seggql.evaluation.scans import scan
from seggql.evaluation.sideways import pays
from seggql.evaluation.sources import Sources
from seggql.query.ast import SetOperator
from seggql.query.plan import Aggregate, Algebra, AlgebraOperand, Hop, Members, Plan, Scan
from seggql.settings import Settings


async def evaluate(
    plan: Plan, sources: Sources, catalog: Catalog, settings: Settings, universe: BitMap | None = None
) -> BitMap:
    """The ordinals of the existing profiles that `plan` finds, of those in `universe` where one is given.

    To evaluate several plans over the same sources, make one Run and call `find`: equal parts are then found once.

    Raises: UnavailableError, SnapshotExpired, and what `sources.members` refuses a segment with.
    """
    return await find(plan, Run(sources=sources, catalog=catalog, settings=settings), universe)


async def find(plan: Plan, run: Run, universe: BitMap | None = None) -> BitMap:
    """As `evaluate`, as part of `run`; the bitmap may be shared, so that callers do not change it."""
    if universe is not None and not universe:
        return BitMap()
    known = run.shared.get(plan)
    within = run.within.get(plan)
    if known is None and universe is not None and within and universe.issubset(within.universe):
        return within.found & universe
    if known is None:
        if universe is not None and await pays(plan, run, universe):
            return await _operate(plan, run, universe) - await run.sources.deleted(plan.profile_type)
        known = await _operate(plan, run, None) - await run.sources.deleted(plan.profile_type)
        run.shared[plan] = known
    return known if universe is None else known & universe


async def _operate(plan: Plan, run: Run, universe: BitMap | None) -> BitMap:
    """What `plan` finds in `universe`, not yet without the deleted profiles."""
    match plan:
        case Scan():
            return await scan(plan, run, universe)
        case Aggregate():
            return await aggregate(plan, run, universe)
        case Hop():
            return await hop(plan, run, universe, find)
        case Members():
            return await run.sources.members(plan.segment)
        case Algebra():
            return await _algebra(plan, run, universe)
        case _:
            assert_never(plan)


async def _algebra(plan: Algebra, run: Run, universe: BitMap | None) -> BitMap:
    found = await find(plan.first, run, universe)
    for step in plan.rest:
        found = await _combined(found, step, run, universe)
    return found


async def _combined(found: BitMap, step: AlgebraOperand, run: Run, universe: BitMap | None) -> BitMap:
    """`found operator operand`; what was found restricts the operand, and of nothing nothing is asked."""
    match step.operator:
        case SetOperator.UNION:
            rest = None if universe is None else universe - found
            return found | await find(step.operand, run, rest)
        case SetOperator.INTERSECT:
            return await find(step.operand, run, found)
        case SetOperator.EXCEPT:
            return found - await find(step.operand, run, found)
        case _:
            assert_never(step.operator)
