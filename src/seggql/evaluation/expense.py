"""What finding all that a plan finds takes, as it looks before it is tried, in the way that is picked for it."""

from dataclasses import dataclass, replace

from pyroaring import BitMap

from seggql.evaluation.access import by_time, matching
from seggql.evaluation.evaluate import find
from seggql.evaluation.packed.costs import PackCosts
from seggql.evaluation.packed.together import Pass, evaluate_passes, plan_passes
from seggql.evaluation.picking import pick
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import interactions_collection, time_condition
from seggql.query.plan import Aggregate, Plan, parts_of
from seggql.query.planning.estimates import Statistics, estimate

FOUND_US = 1.0
"""Handing over one profile that was found (500,000 ordinals took 0.4 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """About how many seconds finding all takes, and the passes over packs that come first then."""

    seconds: float
    passes: tuple[Pass, ...] = ()


async def expense_of(plan: Plan, run: Run, statistics: Statistics, at_most_s: float) -> Expense:
    """What `plan` takes; once it is more than `at_most_s`, how much more does not matter.

    Interactions in an interval are counted by their index where they are not packed, for guesses of them err the most.
    """
    packable = {operator for made in await plan_passes([plan], run) for operator in made.operators}
    most = int(at_most_s * 1e6 / statistics.key_cost_us)
    counts = dict(statistics.in_intervals)
    for aggregate in dict.fromkeys(part for part in parts_of(plan) if isinstance(part, Aggregate)):
        if aggregate.interval is not None and aggregate not in packable:
            counted = await _in_interval(aggregate, run, most)
            counts |= {} if counted is None else {(aggregate.interaction, aggregate.interval): counted}
    picked = await pick([plan], run, replace(statistics, in_intervals=counts))
    packed = {operator for made in picked.passes for operator in made.operators}
    known = frozenset(id(part) for part in parts_of(plan) if part in packed)
    expected = estimate(plan, picked.statistics, known)
    by_packs_us = sum(PackCosts(made.pack, made.operators).us() for made in picked.passes if made.pack)
    cost_us = by_packs_us + expected.cost_us + expected.rows * FOUND_US
    return Expense(seconds=cost_us / 1e6, passes=picked.passes)


async def find_all(plan: Plan, run: Run, expense: Expense) -> BitMap:
    """All that `plan` finds, in the way that `expense` is of."""
    await evaluate_passes(expense.passes, run)
    return await find(plan, run)


async def _in_interval(aggregate: Aggregate, run: Run, most: int) -> int | None:
    """How many interactions are in the interval, counted up to one more than `most`; None where all time counts."""
    window = time_condition(aggregate)
    if not window:
        return None
    return await matching(interactions_collection(aggregate), window, by_time(aggregate, run), most + 1, run)
