"""Aggregates over packs: those of one interaction type in one reading of the slices that their windows need."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from math import ceil

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
from seggql.store.packs import Part, Range

TIME = "t"
LAST_ORDINAL = 2**32 - 1

HELD_ROWS = 16_000_000
"""Interactions that are held at once: with time, one link and one number some 400 MB while they are grouped."""


def aggregate_paths(aggregates: Iterable[Aggregate]) -> frozenset[str]:
    """The columns that the aggregates read."""
    paths = {TIME}
    for aggregate in aggregates:
        paths |= {link_path(aggregate)} | paths_read(aggregate.predicate)
        paths |= {path_of(field) for field in fields_grouped([aggregate.having])}
    return frozenset(paths)


async def aggregate_packed(aggregates: Sequence[Aggregate], run: Run, pack: OpenPack) -> dict[Aggregate, BitMap]:
    """The profiles that each of `aggregates`, all of the pack's type, finds; deleted ones may be among them.

    Where there are more interactions than may be held at once, they are read several times, for some profiles each.
    """
    parts = [part for part in pack.head.parts if _is_needed(part, aggregates)]
    times = ceil(sum(part.rows for part in parts) / HELD_ROWS)
    if times <= 1:
        return await _of_some(aggregates, run, pack, parts, None)
    by_link: dict[str, list[Aggregate]] = {}
    for aggregate in aggregates:
        by_link.setdefault(link_path(aggregate), []).append(aggregate)
    found: dict[Aggregate, BitMap] = {aggregate: BitMap() for aggregate in aggregates}
    for path, of_link in by_link.items():
        for some in _ranges(path, parts, times):
            for aggregate, ordinals in (await _of_some(of_link, run, pack, parts, some)).items():
                found[aggregate] = found[aggregate] | ordinals
    return found


async def _of_some(
    aggregates: Sequence[Aggregate], run: Run, pack: OpenPack, parts: Sequence[Part], some: Range | None
) -> dict[Aggregate, BitMap]:
    """The same over the interactions of some profiles, or of all."""
    layout = layout_of(run.catalog.interaction_types[aggregates[0].interaction], aggregate_paths(aggregates))
    frames: list[Frame] = []

    def decode(load: Sequence[PackedPart]) -> None:
        frames.extend(_kept(Frame.of_encoded(part.rows, bits, layout), some) for part, bits in load)

    async with aclosing(packed_parts(run, pack, parts, sorted(layout.columns))) as loads:
        async for load in loads:
            await asyncio.to_thread(decode, load)
    source = interactions_collection(aggregates[0])
    written = pack.tail(pack.head.parts[0]).ids  # slices have one basis, that of the newest
    async with aclosing(frames_of_batches(run, source, layout, written)) as tail:
        async for frame in tail:
            frames.append(_kept(frame, some))
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


def _ranges(path: str, parts: Sequence[Part], times: int) -> list[Range]:
    """So many ranges that together hold every ordinal at `path`; those past the packed ones are in the last."""
    most = max(int(part.columns[path].most or 0) for part in parts)
    size = most // times + 1
    ends = [size * (number + 1) for number in range(times - 1)] + [LAST_ORDINAL + 1]
    return [Range(path=path, low=low, high=high) for low, high in zip([0, *ends], ends, strict=False)]


def _kept(frame: Frame, some: Range | None) -> Frame:
    """The rows of some profiles."""
    if some is None:
        return frame
    ordinals, present = frame.numbers(some.path)
    return frame.filtered(present & (ordinals >= some.low) & (ordinals < some.high))


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
