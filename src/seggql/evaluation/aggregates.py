"""Aggregates: the profiles whose interactions, grouped, satisfy a HAVING."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import numpy as np
from pyroaring import BitMap

from seggql.columns.bitmaps import bitmap_of
from seggql.columns.groups import fields_grouped, satisfying
from seggql.evaluation.access import aggregate_hint, by_link
from seggql.evaluation.groups import Group, group_of
from seggql.evaluation.records import document_test
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.evaluation.tallies import Tally
from seggql.evaluation.vectors import is_vectorizable
from seggql.mongo.aggregate import render_groups, render_interactions, render_keys
from seggql.mongo.exactness import is_exact
from seggql.mongo.listing import render_last
from seggql.mongo.pipeline import Pipeline
from seggql.mongo.restriction import OrdinalRange, Restriction
from seggql.query.needs import aggregates_of
from seggql.query.plan import Aggregate
from seggql.query.predicate import Always, Never
from seggql.query.values.interpreter import compile_predicate

TALLIED = 2**22
"""Ordinals whose groups are held at once: some 40 MB for each number that HAVING reads."""


async def aggregate(plan: Aggregate, run: Run, universe: BitMap | None) -> BitMap:
    """The profiles whose group satisfies HAVING, of those in `universe`."""
    if isinstance(plan.predicate, Never) or isinstance(plan.having, Never):
        return BitMap()
    if universe is None:
        return await _of_all(plan, run)
    found = BitMap()
    for restriction in restrictions(universe):
        found |= await _grouped(plan, run, restriction)
    return found & universe


async def _of_all(plan: Aggregate, run: Run) -> BitMap:
    """Of all profiles: distinct links where an index has them in a row, else the links themselves, counted here."""
    is_distinct_scan = isinstance(plan.predicate, Always) and isinstance(plan.having, Always) and not plan.interval
    if is_distinct_scan or not is_exact(plan.predicate) or not is_vectorizable(plan.having):
        return await _grouped(plan, run, None)
    last = [row["_id"] async for row in run.rows(render_last(plan.profile_type))]
    end = last[0] + 1 if last else 0
    found = BitMap()
    for first in range(0, end, TALLIED):
        part = OrdinalRange(first=first, last=first + TALLIED - 1) if end > TALLIED else None
        found |= await _tallied(
            plan, run, part, Tally(first=first, size=min(TALLIED, end - first), columns=fields_grouped([plan.having]))
        )
    return found


async def _tallied(plan: Aggregate, run: Run, part: Restriction | None, tally: Tally) -> BitMap:
    """As MongoDB would group, over columns; only profiles that `tally` has room for."""
    hint = await aggregate_hint(plan, run)
    names = ["p", *(f"v{index}" for index in range(len(tally.columns)))]
    async with aclosing(run.columns(render_keys(plan, tally.columns, part, hint), *names)) as batches:
        async for ordinals, *values in batches:
            tally.add(ordinals, tuple(values))
    (mask,) = satisfying([plan.having], tally)
    return bitmap_of(np.flatnonzero(mask) + tally.first)


async def _grouped(plan: Aggregate, run: Run, restriction: Restriction | None) -> BitMap:
    if not is_exact(plan.predicate):
        return await _grouped_here(plan, run, restriction)
    hint = by_link(plan, run) if restriction else await aggregate_hint(plan, run)
    pipeline = render_groups(plan, restriction, hint)
    if pipeline.residue is None:
        return await run.ordinals(pipeline)
    holds = document_test(pipeline.residue)
    return BitMap([row["_id"] async for row in run.rows(pipeline) if holds(row)])


async def _grouped_here(plan: Aggregate, run: Run, restriction: Restriction | None) -> BitMap:
    """As MongoDB would group, over the interactions that the worker has tested; one group is held at a time."""
    hint = by_link(plan, run)
    having = compile_predicate(plan.having)
    aggregates = aggregates_of(plan.having)
    found = BitMap()
    async for ordinal, group in _groups(render_interactions(plan, restriction, hint), run):
        if having(group_of(group, aggregates)):
            found.add(ordinal)
    return found


async def _groups(pipeline: Pipeline, run: Run) -> AsyncGenerator[tuple[int, Group], None]:
    """The interactions that the residue holds for, by ordinal; they come in the order of ordinals."""
    holds = document_test(pipeline.residue)
    ordinal, group = -1, list[Mapping[str, Any]]()
    async for row in run.rows(pipeline):
        if not holds(row):
            continue
        if row["p"] != ordinal:
            if group:
                yield ordinal, group
            ordinal, group = row["p"], []
        group.append(row)
    if group:
        yield ordinal, group
