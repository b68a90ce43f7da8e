"""Edges from packs: those at some ordinals, and from documents what was written since."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from seggql.columns.frame import Frame
from seggql.columns.layout import Layout, layout_of
from seggql.columns.masks import Conditions
from seggql.evaluation.packed.documents import frames_within
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.reading import packed_parts
from seggql.evaluation.packed.unit_costs import LOAD_US, VALUE_US
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.hop import relationships_collection
from seggql.query.needs import paths_read
from seggql.query.plan import Hop
from seggql.query.planning.estimates import COVERED_US, FETCHED_US, ROUND_TRIP_US, SOUGHT_US
from seggql.query.predicate import Always
from seggql.store.packs import Part

SOURCE, TARGET = "f", "t"

KEPT_ROWS = 8_000_000
"""Edges of a pack, each counted twice, up to which a run keeps what it has read of them: some 64 MB."""

Edges = AsyncGenerator[tuple[NDArray[np.uint32], NDArray[np.uint32]], None]
"""Sources and targets, some at a time."""


def edge_paths(plan: Hop) -> frozenset[str]:
    """The columns that a hop reads."""
    return frozenset({SOURCE, TARGET}) | paths_read(plan.predicate)


def edges_us(plan: Hop, pack: OpenPack, end: str, ordinals: BitMap) -> float:
    """What `packed_edges` takes, roughly."""
    rows = sum(part.rows for part in _parts_at(pack, end, ordinals))
    return LOAD_US + rows * len(edge_paths(plan)) * VALUE_US


def asked_us(plan: Hop, pack: OpenPack, end: str, ordinals: BitMap) -> float:
    """What asking for the edges of each of `ordinals` takes instead, roughly."""
    edge_us = COVERED_US if isinstance(plan.predicate, Always) else FETCHED_US
    return ROUND_TRIP_US + len(ordinals) * SOUGHT_US + _edges_at(pack, end, ordinals) * edge_us


async def packed_edges(plan: Hop, run: Run, pack: OpenPack, end: str, profile_type: str, ordinals: BitMap) -> Edges:
    """The edges whose `end`, "f" or "t", is of `profile_type` and among `ordinals`, and for which the condition holds.

    Others near to them may be among those that come.
    """
    layout = layout_of(run.catalog.relationship_types[plan.relationship], edge_paths(plan))
    parts = _parts_at(pack, end, ordinals)
    conditions = Conditions.of([plan.predicate])
    stale = {part.number: _stale(pack, part, profile_type) for part in parts}
    async with aclosing(_frames(run, pack, parts, layout)) as frames:
        async for part, frame in frames:
            yield await asyncio.to_thread(_kept, frame, conditions, end, stale[part.number])
    rest = ordinals & BitMap.union(BitMap(), *stale.values())
    rest |= ordinals - BitMap.union(BitMap(), *(_ordinals(part) for part in parts))
    far = TARGET if end == SOURCE else SOURCE
    documents = frames_within(run, relationships_collection(plan), layout, end, restrictions(rest), {end: 1, far: 1})
    async with aclosing(documents):
        async for frame in documents:
            (holds,) = await asyncio.to_thread(conditions.masks, frame)
            yield frame.numbers(SOURCE)[0][holds], frame.numbers(TARGET)[0][holds]


async def _frames(
    run: Run, pack: OpenPack, parts: Sequence[Part], layout: Layout
) -> AsyncGenerator[tuple[Part, Frame], None]:
    """The parts, decoded; those of small packs stay so for the other hops of the run."""
    paths = tuple(sorted(layout.columns))
    known = {part.number: frame for part in parts if (frame := run.frames.get((pack.source, part.number, paths)))}
    for part in parts:
        if part.number in known:
            yield part, known[part.number]
    rest = [part for part in parts if part.number not in known]
    async with aclosing(packed_parts(run, pack, rest, paths)) as loads:
        async for load in loads:
            for part, bits in load:
                frame = await asyncio.to_thread(Frame.of_encoded, part.rows, bits, layout)
                if pack.head.rows <= KEPT_ROWS:
                    run.frames[pack.source, part.number, paths] = frame
                yield part, frame


def _kept(
    frame: Frame, conditions: Conditions, end: str, stale: BitMap
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The ends of the edges for which the condition holds, without those that documents tell of."""
    (holds,) = conditions.masks(frame)
    if stale:
        holds = holds & ~_among(frame.numbers(end)[0], stale)
    return frame.numbers(SOURCE)[0][holds], frame.numbers(TARGET)[0][holds]


def _parts_at(pack: OpenPack, end: str, ordinals: BitMap) -> list[Part]:
    return [
        part
        for part in pack.head.parts
        if part.range is not None and part.range.path == end and ordinals.intersect(_ordinals(part))
    ]


def _edges_at(pack: OpenPack, end: str, ordinals: BitMap) -> float:
    """About how many edges have their `end` among `ordinals`: those of a part lie even among its own."""
    return sum(
        part.rows * ordinals.intersection_cardinality(_ordinals(part)) / _width(part, end)
        for part in _parts_at(pack, end, ordinals)
    )


def _ordinals(part: Part) -> BitMap:
    assert part.range is not None, "parts of edges are ranges"
    return part.range.ordinals


def _width(part: Part, end: str) -> int:
    """From the first of the ordinals that its edges have to the last."""
    column = part.columns[end]
    return int(column.most or 0) - int(column.least or 0) + 1


def _stale(pack: OpenPack, part: Part, profile_type: str) -> BitMap:
    """The ordinals of the part of whose edges some were written or removed since."""
    return pack.tail(part).touched(profile_type) & _ordinals(part)


def _among(values: NDArray[np.uint32], ordinals: BitMap) -> NDArray[np.bool_]:
    return np.isin(values, np.asarray(ordinals.to_array(), dtype=np.uint32))
