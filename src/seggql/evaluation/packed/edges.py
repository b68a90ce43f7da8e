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
from seggql.evaluation.packed.reading import PackedPart, packed_parts
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.hop import relationships_collection
from seggql.query.needs import paths_read
from seggql.query.plan import Hop
from seggql.store.packs import Part

SOURCE, TARGET = "f", "t"

ROW_US = 0.03
"""What a packed edge costs to read and test, in microseconds; one found by index costs a hundred times as much."""

Edges = AsyncGenerator[tuple[NDArray[np.uint32], NDArray[np.uint32]], None]
"""Sources and targets, some at a time."""


def edge_paths(plan: Hop) -> frozenset[str]:
    """The columns that a hop reads."""
    return frozenset({SOURCE, TARGET}) | paths_read(plan.predicate)


def packed_cost_us(pack: OpenPack, end: str, ordinals: BitMap) -> float:
    """What `packed_edges` costs, roughly."""
    return ROW_US * sum(part.rows for part in _parts_at(pack, end, ordinals))


async def packed_edges(plan: Hop, run: Run, pack: OpenPack, end: str, profile_type: str, ordinals: BitMap) -> Edges:
    """The edges whose `end`, "f" or "t", is of `profile_type` and among `ordinals`, and for which the condition holds.

    Others near to them may be among those that come.
    """
    layout = layout_of(run.catalog.relationship_types[plan.relationship], edge_paths(plan))
    parts = _parts_at(pack, end, ordinals)
    conditions = Conditions.of([plan.predicate])
    stale = {part.number: _stale(pack, part, profile_type) for part in parts}
    async with aclosing(packed_parts(run, pack, parts, sorted(layout.columns))) as loads:
        async for load in loads:
            for edges in await asyncio.to_thread(_of_load, load, conditions, layout, end, stale):
                yield edges
    rest = ordinals & BitMap.union(BitMap(), *stale.values())
    rest |= ordinals - BitMap.union(BitMap(), *(_ordinals(part) for part in parts))
    far = TARGET if end == SOURCE else SOURCE
    frames = frames_within(run, relationships_collection(plan), layout, end, restrictions(rest), {end: 1, far: 1})
    async with aclosing(frames):
        async for frame in frames:
            (holds,) = await asyncio.to_thread(conditions.masks, frame)
            yield frame.numbers(SOURCE)[0][holds], frame.numbers(TARGET)[0][holds]


def _of_load(
    load: Sequence[PackedPart], conditions: Conditions, layout: Layout, end: str, stale: dict[int, BitMap]
) -> list[tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
    found = []
    for part, bits in load:
        frame = Frame.of_encoded(part.rows, bits, layout)
        (holds,) = conditions.masks(frame)
        if stale[part.number]:
            holds = holds & ~_among(frame.numbers(end)[0], stale[part.number])
        found.append((frame.numbers(SOURCE)[0][holds], frame.numbers(TARGET)[0][holds]))
    return found


def _parts_at(pack: OpenPack, end: str, ordinals: BitMap) -> list[Part]:
    return [
        part
        for part in pack.head.parts
        if part.range is not None and part.range.path == end and ordinals.intersect(_ordinals(part))
    ]


def _ordinals(part: Part) -> BitMap:
    assert part.range is not None, "parts of edges are ranges"
    return part.range.ordinals


def _stale(pack: OpenPack, part: Part, profile_type: str) -> BitMap:
    """The ordinals of the part of whose edges some were written or removed since."""
    return pack.tail(part).touched(profile_type) & _ordinals(part)


def _among(values: NDArray[np.uint32], ordinals: BitMap) -> NDArray[np.bool_]:
    return np.isin(values, np.asarray(ordinals.to_array(), dtype=np.uint32))
