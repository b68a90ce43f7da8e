"""How long it takes to find all that a plan finds, as it looks before it is tried."""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from seggql.evaluation.access import by_time, matching
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import interactions_collection, time_condition
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan
from seggql.query.planning.estimates import Statistics, estimate

FOUND_US = 1.0
"""Handing over one profile that was found (500,000 ordinals took 0.4 s)."""


async def expected_s(plan: Plan, run: Run, statistics: Statistics, at_most_s: float) -> float:
    """About how many seconds `plan` takes; once it is more than `at_most_s`, how much more does not matter.

    Interactions in an interval are counted by their index, for guesses of them err the most.
    """
    most = int(at_most_s * 1e6 / statistics.key_cost_us)
    counts = dict(statistics.in_intervals)
    for aggregate in _aggregates(plan):
        counted = await _in_interval(aggregate, run, most)
        if counted is not None and aggregate.interval is not None:
            counts[aggregate.interaction, aggregate.interval] = counted
    expected = estimate(plan, replace(statistics, in_intervals=counts))
    return (expected.cost_us + expected.rows * FOUND_US) / 1e6


async def _in_interval(aggregate: Aggregate, run: Run, most: int) -> int | None:
    """How many interactions are in the interval, counted up to one more than `most`; None where all time counts."""
    window = time_condition(aggregate)
    if not window:
        return None
    return await matching(interactions_collection(aggregate), window, by_time(aggregate, run), most + 1, run)


def _aggregates(plan: Plan) -> Iterator[Aggregate]:
    match plan:
        case Aggregate():
            yield plan
        case Scan() | Members():
            return
        case Hop(source=source):
            yield from _aggregates(source)
        case Algebra(first=first, rest=rest):
            yield from _aggregates(first)
            for step in rest:
                yield from _aggregates(step.operand)
        case _:
            assert_never(plan)
