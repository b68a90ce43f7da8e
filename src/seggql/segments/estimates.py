"""How many profiles a query that is not saved finds: counted where that is quick, else estimated from a sample."""

import asyncio
from dataclasses import dataclass
from random import Random
from time import monotonic

from seggql.errors import RequestCode, RequestError
from seggql.evaluation.expense import expense_of, find_all
from seggql.evaluation.run import Run
from seggql.evaluation.samples import judge_of, population, sample
from seggql.evaluation.wilson import Sample, bounds, deviations, needed, standard_error
from seggql.query.bound import Listing
from seggql.segments.query_draft import PlannedDraft, QueryDraft, plan_draft
from seggql.settings import Settings
from seggql.store.hub import Hub

HALF_WIDTH = 0.01
"""How far the bounds may be from the middle, as a share of the type's profiles: past 2 percent an estimate is of little
use; that of 1 percent costs a tenth of a second more, and some ten of those whom one in a thousand match are seen."""

PATIENCE = 2.0
"""How many times as long as it may be expected to take counting is waited for, before a sample is drawn instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many profiles a query finds; `level` is how sure it is that they are from `lower` to `upper`.

    `standard_error` and `matched` are of the query without its SKIP and TAKE.
    """

    size: int
    standard_error: float
    level: float
    lower: int
    upper: int
    read: int
    matched: int
    total: int
    is_exact: bool
    elapsed_ms: int


async def estimate_query(hub: Hub, settings: Settings, draft: QueryDraft, level: float, random: Random) -> Estimate:
    """How many profiles the query finds, at one snapshot, within bounds that hold with probability `level`.

    Raises: RequestError where `level` is none, or where the query uses a segment that has no members; QueryError;
    UnavailableError.
    """
    _check(level)
    start = monotonic()
    planned = await plan_draft(hub, settings, draft)
    run = Run(sources=planned.sources, catalog=planned.surroundings.catalog, settings=settings)
    ordinals, total = await population(planned.plan.profile_type, run)
    size = await _counted(planned, run)
    z = deviations(level)
    if size is None:
        judge, wanted = judge_of(planned.plan.root, run), needed(total, z, HALF_WIDTH)
        drawn = await sample(ordinals, total, wanted, judge, random, settings.estimate_timeout_s)
    else:
        total = max(total, size)
        drawn = Sample(total=total, read=total, matched=size)
    return _estimate(drawn, level, planned.plan.listing, start)


def _check(level: float) -> None:
    if not 0 < level < 1 or not 0.5 < (1 + level) / 2 < 1:
        hint = " Give 0.95 for 95 percent." if 1 <= level <= 100 else ""
        message = f"The confidence level must lie between 0 and 1, not {level:g}.{hint}"
        raise RequestError(RequestCode.INVALID, message, field=("confidenceLevel",))


async def _counted(planned: PlannedDraft, run: Run) -> int | None:
    """How many there are; None where finding them all takes too long."""
    most = run.settings.estimate_exact_s
    if not most:
        return None
    root = planned.plan.root
    expense = await expense_of(root, run, planned.statistics, most)
    if expense.seconds > most:
        return None
    try:
        async with asyncio.timeout(most * PATIENCE):
            return len(await find_all(root, run, expense))
    except TimeoutError:
        return None


def _estimate(drawn: Sample, level: float, listing: Listing | None, start: float) -> Estimate:
    found = bounds(drawn, deviations(level))
    return Estimate(
        size=_listed(found.size, listing),
        standard_error=standard_error(drawn),
        level=level,
        lower=_listed(found.lower, listing),
        upper=_listed(found.upper, listing),
        read=drawn.read,
        matched=drawn.matched,
        total=drawn.total,
        is_exact=drawn.read == drawn.total,
        elapsed_ms=round((monotonic() - start) * 1000),
    )


def _listed(found: int, listing: Listing | None) -> int:
    """How many of those found are left from SKIP to TAKE."""
    if listing is None:
        return found
    left = max(0, found - listing.skip)
    return left if listing.take is None else min(left, listing.take)
