"""What finding all that a plan finds takes, as it looks before it is tried, and whether packs are read for it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from pyroaring import BitMap

from seggql.evaluation.access import by_time, matching
from seggql.evaluation.evaluate import find
from seggql.evaluation.packed.together import Pass, evaluate_passes, plan_passes
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import interactions_collection, time_condition
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan, parts_of
from seggql.query.planning.estimates import Statistics, estimate, records_read

FOUND_US = 1.0
"""Handing over one profile that was found (500,000 ordinals took 0.4 s)."""

PACKED_US = 0.1
"""A packed record read and tested, where one operator reads its columns alone (1 M profiles took less than 0.1 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """About how many seconds finding all takes, and the passes over packs that come first then."""

    seconds: float
    passes: tuple[Pass, ...] = ()


async def expense_of(plan: Plan, run: Run, statistics: Statistics, at_most_s: float) -> Expense:
    """What `plan` takes; once it is more than `at_most_s`, how much more does not matter.

    Packs are read where that looks cheaper than pipelines, each of which what was found before may restrict.
    Interactions in an interval are counted by their index where they are not packed, for guesses of them err the most.
    """
    passes = await plan_passes([plan], run)
    packed = {operator for made in passes for operator in made.operators}
    most = int(at_most_s * 1e6 / statistics.key_cost_us)
    counts = dict(statistics.in_intervals)
    for aggregate in dict.fromkeys(part for part in parts_of(plan) if isinstance(part, Aggregate)):
        if aggregate.interval is not None and aggregate not in packed:
            counted = await _in_interval(aggregate, run, most)
            counts |= {} if counted is None else {(aggregate.interaction, aggregate.interval): counted}
    statistics = replace(statistics, in_intervals=counts)
    expected = estimate(plan, statistics)
    by_packs = sum(records_read(operator, statistics) for operator in packed) * PACKED_US
    by_packs += sum(_rest_us(plan, packed, statistics))
    reads_packs = bool(passes) and by_packs < expected.cost_us
    cost_us = (by_packs if reads_packs else expected.cost_us) + expected.rows * FOUND_US
    return Expense(seconds=cost_us / 1e6, passes=tuple(passes) if reads_packs else ())


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


def _rest_us(plan: Plan, packed: Collection[Plan], statistics: Statistics) -> Iterator[float]:
    """What takes time beside the packed operators, as if nothing restricted it."""
    match plan:
        case Scan() | Aggregate() | Members():
            yield 0.0 if plan in packed else estimate(plan, statistics).cost_us
        case Hop(source=source):
            yield estimate(plan, statistics).cost_us - estimate(source, statistics).cost_us
            yield from _rest_us(source, packed, statistics)
        case Algebra(first=first, rest=rest):
            yield from _rest_us(first, packed, statistics)
            for step in rest:
                yield from _rest_us(step.operand, packed, statistics)
        case _:
            assert_never(plan)
