"""Aggregates: the profiles whose interactions, grouped, satisfy a HAVING."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from pyroaring import BitMap

from seggql.evaluation.groups import Group, group_of
from seggql.evaluation.records import document_test
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import render_groups, render_interactions
from seggql.mongo.exactness import is_exact
from seggql.mongo.having import aggregates_of
from seggql.mongo.pipeline import Pipeline
from seggql.mongo.restriction import Restriction
from seggql.query.interpreter import compile_predicate
from seggql.query.plan import Aggregate
from seggql.query.predicate import Never


async def aggregate(plan: Aggregate, run: Run, universe: BitMap | None) -> BitMap:
    """The profiles whose group satisfies HAVING, of those in `universe`."""
    if isinstance(plan.predicate, Never) or isinstance(plan.having, Never):
        return BitMap()
    if universe is None:
        return await _grouped(plan, run, None)
    found = BitMap()
    for restriction in restrictions(universe):
        found |= await _grouped(plan, run, restriction)
    return found & universe


async def _grouped(plan: Aggregate, run: Run, restriction: Restriction | None) -> BitMap:
    if not is_exact(plan.predicate):
        return await _grouped_here(plan, run, restriction)
    pipeline = render_groups(plan, restriction)
    if pipeline.residue is None:
        return await run.ordinals(pipeline)
    holds = document_test(pipeline.residue)
    return BitMap([row["_id"] async for row in run.rows(pipeline) if holds(row)])


async def _grouped_here(plan: Aggregate, run: Run, restriction: Restriction | None) -> BitMap:
    """As MongoDB would group, over the interactions that the worker has tested; one group is held at a time."""
    pipeline = render_interactions(plan, restriction, None)
    having = compile_predicate(plan.having)
    aggregates = aggregates_of(plan.having)
    found = BitMap()
    async for ordinal, group in _groups(pipeline, run):
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
