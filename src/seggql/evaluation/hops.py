"""Hops: the profiles at the other ends of edges."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from seggql.columns.bitmaps import bitmap_of
from seggql.columns.encoding import ColumnUnreadable
from seggql.evaluation.packed.edges import SOURCE, asked_us, edge_paths, edges_us, packed_edges
from seggql.evaluation.packed.opening import do_without, open_edges
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.records import document_test
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.evaluation.sideways import SPARSE
from seggql.mongo.hop import far_end, near_end, relationships_collection, render_hop
from seggql.mongo.pipeline import CoveringIndex, Hint, Pipeline
from seggql.query.plan import Hop, Plan
from seggql.query.predicate import Always
from seggql.store.collections import profiles_collection

Find = Callable[[Plan, Run, BitMap | None], Awaitable[BitMap]]
Ordinals = NDArray[np.integer[Any]]
Edges = AsyncGenerator[tuple[Ordinals, Ordinals], None]
"""Near and far ends of edges, a batch at a time."""

ROWS = 10_000
"""Edges tested in the worker at once."""


async def hop(plan: Hop, run: Run, universe: BitMap | None, find: Find) -> BitMap:
    """The profiles that edges from the source lead to, of those in `universe`.

    With a universe the edges are first walked backwards, so that only its neighbours are asked of the source.
    """
    if universe is None:
        source = await find(plan.source, run, None)
        return await _reached(source, _edges_from(plan, run, source))
    neighbours = BitMap()
    async for near, _ in _edges_to(plan, run, universe):
        neighbours |= bitmap_of(near)
    source = await find(plan.source, run, neighbours)
    return await _reached(source, _edges_to(plan, run, universe)) & universe


async def reached_from(plan: Hop, run: Run, source: BitMap) -> BitMap:
    """The profiles that edges from `source`, in place of the hop's own, lead to."""
    return await _reached(source, _edges_from(plan, run, source))


async def _reached(source: BitMap, edges: Edges) -> BitMap:
    """The far ends of those edges whose near ends are in `source`."""
    found = BitMap()
    if not source:
        return found
    is_source = np.zeros(source.max() + 1, dtype=bool)
    is_source[np.array(source.to_array(), dtype=np.int64)] = True
    async for near, far in edges:
        known = near <= source.max()
        known[known] = is_source[near[known]]
        found |= bitmap_of(far[known])
    return found


def _edges_from(plan: Hop, run: Run, source: BitMap) -> Edges:
    """Edges from `source`, and others where reading more is faster than asking for its own."""
    return _edges_at(plan, run, near_end(plan), plan.source_type, source)


def _edges_to(plan: Hop, run: Run, universe: BitMap) -> Edges:
    """Edges to `universe`, or to little more."""
    return _edges_at(plan, run, far_end(plan), plan.profile_type, universe)


async def _edges_at(plan: Hop, run: Run, end: str, profile_type: str, ordinals: BitMap) -> Edges:
    """Edges whose `end` is one of `ordinals`: from their pack where that pays and can be read, else from documents."""
    if not ordinals:
        return
    if pack := await _pack_that_pays(plan, run, end, ordinals):
        try:
            async for edges in _packed(plan, run, pack, end, profile_type, ordinals):
                yield edges
            return
        except ColumnUnreadable as error:
            do_without(pack, run, error)
    async for pipeline in _pipelines(plan, run, end, ordinals):
        async for edges in _edges(plan, run, pipeline):
            yield edges


async def _pipelines(plan: Hop, run: Run, end: str, ordinals: BitMap) -> AsyncGenerator[Pipeline, None]:
    """What asks for the edges at `ordinals`, or for all where these are many."""
    if end == far_end(plan):
        by_far = _index(plan, far_end(plan), near_end(plan))
        for part in restrictions(ordinals):
            yield render_hop(plan, far=part, hint=by_far)
    elif await _are_few(plan, run, ordinals):
        by_near = _index(plan, near_end(plan), far_end(plan))
        for part in restrictions(ordinals):
            yield render_hop(plan, near=part, hint=by_near)
    else:
        yield render_hop(plan)


async def _are_few(plan: Hop, run: Run, source: BitMap) -> bool:
    """Whether asking for the edges of each beats reading all: against how many edges there are, and how many may have
    them."""
    counted = (relationships_collection(plan), profiles_collection(plan.source_type))
    return len(source) * SPARSE <= min([await run.sources.statistics(name) for name in counted])


async def _pack_that_pays(plan: Hop, run: Run, end: str, ordinals: BitMap) -> OpenPack | None:
    """The pack of the edges, where it has what the hop reads for less than asking for the edges of each ordinal."""
    pack = await open_edges(run, plan.relationship)
    if pack is None or not pack.has(edge_paths(plan)):
        return None
    return pack if edges_us(plan, pack, end, ordinals) <= asked_us(plan, pack, end, ordinals) else None


async def _packed(plan: Hop, run: Run, pack: OpenPack, end: str, profile_type: str, ordinals: BitMap) -> Edges:
    """Edges from the pack, by near and far end."""
    is_forward = near_end(plan) == SOURCE
    async for sources, targets in packed_edges(plan, run, pack, end, profile_type, ordinals):
        yield (sources, targets) if is_forward else (targets, sources)


def _index(plan: Hop, first: str, second: str) -> Hint:
    """The index of edges by one end and then the other; it holds all that is read where edges have no condition."""
    keys = {first: 1, second: 1}
    return CoveringIndex(keys) if isinstance(plan.predicate, Always) else keys


async def _edges(plan: Hop, run: Run, pipeline: Pipeline) -> Edges:
    """The edges that `pipeline` yields and its residue holds for."""
    near, far = near_end(plan), far_end(plan)
    if pipeline.residue is None:
        async for columns in run.columns(pipeline, near, far):
            yield columns[0], columns[1]
        return
    holds = document_test(pipeline.residue)
    ends: list[tuple[int, int]] = []
    async for row in run.rows(pipeline):
        if holds(row):
            ends.append((row[near], row[far]))
        if len(ends) == ROWS:
            yield _columns(ends)
            ends = []
    yield _columns(ends)


def _columns(ends: list[tuple[int, int]]) -> tuple[Ordinals, Ordinals]:
    both = np.array(ends, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
