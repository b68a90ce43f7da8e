"""Aggregates over packs: those of one interaction type in one reading of the slices that their windows need."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import datetime

from pyroaring import BitMap

from seggql.columns.frame import Frame
from seggql.columns.groups import GroupRequest, fields_grouped, ordinals_found
from seggql.columns.interactions import Interactions
from seggql.columns.layout import layout_of
from seggql.columns.masks import Conditions
from seggql.evaluation.packed.documents import frames_of_batches, frames_within
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.reading import PackedPart, packed_parts
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import interactions_collection, link_path
from seggql.query.needs import paths_read
from seggql.query.paths import path_of
from seggql.query.plan import Aggregate
from seggql.query.predicate import Predicate
from seggql.store.packs import Part

TIME = "t"


def aggregate_paths(aggregates: Iterable[Aggregate]) -> frozenset[str]:
    """The columns that the aggregates read."""
    paths = {TIME}
    for aggregate in aggregates:
        paths |= {link_path(aggregate)} | paths_read(aggregate.predicate)
        paths |= {path_of(field) for field in fields_grouped([aggregate.having])}
    return frozenset(paths)


async def aggregate_packed(aggregates: Sequence[Aggregate], run: Run, pack: OpenPack) -> dict[Aggregate, BitMap]:
    """The profiles that each of `aggregates`, all of the pack's type, finds; deleted ones may be among them."""
    layout = layout_of(run.catalog.interaction_types[aggregates[0].interaction], aggregate_paths(aggregates))
    frames: list[Frame] = []

    def decode(load: Sequence[PackedPart]) -> None:
        frames.extend(Frame.of_encoded(part.rows, bits, layout) for part, bits in load)

    parts = [part for part in pack.head.parts if _is_needed(part, aggregates)]
    async with aclosing(packed_parts(run, pack, parts, sorted(layout.columns))) as loads:
        async for load in loads:
            await asyncio.to_thread(decode, load)
    source = interactions_collection(aggregates[0])
    written = pack.tail(pack.head.parts[0]).ids  # slices have one basis, that of the newest
    async with aclosing(frames_of_batches(run, source, layout, written)) as tail:
        async for frame in tail:
            frames.append(frame)
    return await asyncio.to_thread(_grouped, aggregates, frames)


async def aggregate_documents(aggregates: Sequence[Aggregate], run: Run, universe: BitMap) -> dict[Aggregate, BitMap]:
    """Those of `universe` that each of `aggregates`, all of one link, finds: each document is read once for all."""
    first = aggregates[0]
    layout = layout_of(run.catalog.interaction_types[first.interaction], aggregate_paths(aggregates))
    path, source = link_path(first), interactions_collection(first)
    frames = []
    async with aclosing(frames_within(run, source, layout, path, restrictions(universe), {path: 1, TIME: 1})) as found:
        async for frame in found:
            frames.append(frame)
    grouped = await asyncio.to_thread(_grouped, aggregates, frames)
    return {aggregate: ordinals & universe for aggregate, ordinals in grouped.items()}


def _grouped(aggregates: Sequence[Aggregate], frames: Sequence[Frame]) -> dict[Aggregate, BitMap]:
    """Aggregates of one link and one condition share their interactions."""
    if not frames:
        return {aggregate: BitMap() for aggregate in aggregates}
    alike: dict[tuple[str, Predicate], list[Aggregate]] = {}
    for aggregate in aggregates:
        alike.setdefault((link_path(aggregate), aggregate.predicate), []).append(aggregate)
    conditions = Conditions.of(predicate for _, predicate in alike)
    masks = [conditions.masks(frame) for frame in frames]
    found: dict[Aggregate, BitMap] = {}
    for place, ((path, _), together) in enumerate(alike.items()):
        requests = [GroupRequest(interval=one.interval, having=one.having) for one in together]
        fields = fields_grouped([one.having for one in together])
        interactions = Interactions.of(frames, [of_frame[place] for of_frame in masks], path, fields)
        found |= zip(together, ordinals_found(requests, interactions), strict=True)
    return found


def _is_needed(part: Part, aggregates: Iterable[Aggregate]) -> bool:
    """Whether a slice has interactions in the interval of one of the aggregates."""
    least, most = part.columns[TIME].least, part.columns[TIME].most
    return least is not None and most is not None and any(_meets(one, least, most) for one in aggregates)


def _meets(aggregate: Aggregate, least: float, most: float) -> bool:
    interval = aggregate.interval
    if interval is None:
        return True
    is_after = interval.low is not None and _ms(interval.low) > most
    is_before = interval.high is not None and _ms(interval.high) < least
    return not is_after and not is_before


def _ms(instant: datetime) -> float:
    return instant.timestamp() * 1000
