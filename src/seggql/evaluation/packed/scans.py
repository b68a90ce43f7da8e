"""Scans over packs: all conditions on a type in one pass over its columns, and over the documents written since."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from seggql.columns.bitmaps import CHUNK, Mask, bitmap_of, bitmap_of_mask
from seggql.columns.frame import Frame
from seggql.columns.layout import Layout, layout_of
from seggql.columns.masks import Conditions
from seggql.evaluation.packed.documents import frames_within
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.reading import PackedPart, packed_parts
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.pipeline import Hint
from seggql.mongo.restriction import OrdinalRange, Restriction
from seggql.query.needs import paths_read
from seggql.query.plan import Scan
from seggql.store.collections import profiles_collection
from seggql.store.packs import Part, Range, gaps

ORDINAL = "_id"
BY_ORDINAL: Hint = {ORDINAL: 1}
LAST_ORDINAL = 2**32 - 1

Found = list[list[BitMap]]
"""For each of some scans the bitmaps that were found so far, one part after the other."""


def scan_paths(scans: Iterable[Scan]) -> frozenset[str]:
    """The columns that the scans read."""
    return frozenset({ORDINAL}).union(*(paths_read(scan.predicate) for scan in scans))


def scan_ranges(pack: OpenPack, times: int) -> list[Range | None]:
    """At most so many ranges of ordinals with about as many packed profiles each; None where one is enough."""
    parts = sorted(pack.head.parts, key=_first)
    times = min(times, len(parts))
    if times <= 1:
        return [None]
    starts = [_first(parts[len(parts) * number // times]) for number in range(1, times)]
    bounds = zip([0, *starts], [*starts, LAST_ORDINAL + 1], strict=True)
    return [Range(path=ORDINAL, low=low, high=high) for low, high in bounds]


async def scan_some(scans: Sequence[Scan], run: Run, pack: OpenPack, some: Range | None) -> dict[Scan, BitMap]:
    """The profiles, of some or of all, that each of `scans`, all of the pack's type, finds; deleted ones may be among
    them. `some` begins and ends where parts do."""
    profile_type = scans[0].profile_type
    layout = layout_of(run.catalog.profile_types[profile_type], scan_paths(scans))
    conditions = Conditions.of(scan.predicate for scan in scans)
    found: Found = [[] for _ in scans]
    rewritten: list[BitMap] = []
    parts = [part for part in pack.head.parts if some is None or some.low <= _first(part) < some.high]
    changed = {part.number: _changed(pack, part, profile_type) for part in parts}
    async with aclosing(packed_parts(run, pack, parts, sorted(layout.columns))) as loads:
        async for load in loads:
            rewritten += await asyncio.to_thread(_of_load, load, conditions, layout, changed, found)
    rest = [*restrictions(BitMap.union(BitMap(), *rewritten)), *_unpacked(pack.head.parts, some)]
    await _of_documents(scans, run, layout, rest, found)
    return _united(scans, found)


async def scan_documents(scans: Sequence[Scan], run: Run, universe: BitMap) -> dict[Scan, BitMap]:
    """Those of `universe` that each of `scans`, all of one type, finds: each document is read once for all."""
    layout = layout_of(run.catalog.profile_types[scans[0].profile_type], scan_paths(scans))
    found: Found = [[] for _ in scans]
    await _of_documents(scans, run, layout, restrictions(universe), found)
    return {scan: bitmap & universe for scan, bitmap in _united(scans, found).items()}


def _of_load(
    load: Sequence[PackedPart],
    conditions: Conditions,
    layout: Layout,
    changed: Mapping[int, tuple[BitMap, BitMap]],
    found: Found,
) -> list[BitMap]:
    """Add what the parts hold; returns the ordinals whose documents count instead."""
    rewritten = []
    for part, bits in load:
        frame = Frame.of_encoded(part.rows, bits, layout)
        ordinals, _ = frame.numbers(ORDINAL)
        assert part.range is not None, "parts of profiles are ranges"
        first = part.range.low & ~(CHUNK - 1)
        positions = ordinals.astype(np.int64) - first
        held = np.zeros(part.range.high - first, dtype=bool)
        held[positions] = True
        changed_here, maybe_new = changed[part.number]
        stale = changed_here | (maybe_new - bitmap_of_mask(held, first))
        for bitmaps, mask in zip(found, conditions.masks(frame), strict=True):
            bitmap = bitmap_of_mask(_placed(mask, positions, len(held)), first)
            bitmaps.append(bitmap - stale if stale else bitmap)
        rewritten.append(stale)
    return rewritten


def _placed(mask: Mask, positions: NDArray[np.int64], size: int) -> Mask:
    """The truths of rows as those of ordinals, which `positions` say in ascending order."""
    if len(positions) == size:
        return mask
    place = np.zeros(size, dtype=bool)
    place[positions] = mask
    return place


async def _of_documents(
    scans: Sequence[Scan], run: Run, layout: Layout, rest: Iterable[Restriction], found: Found
) -> None:
    """Add what documents say, of ordinals that are in no part or count in none."""
    conditions = Conditions.of(scan.predicate for scan in scans)
    collection = profiles_collection(scans[0].profile_type)
    async with aclosing(frames_within(run, collection, layout, ORDINAL, rest, BY_ORDINAL)) as frames:
        async for frame in frames:
            some = await asyncio.to_thread(conditions.masks, frame)
            ordinals, _ = frame.numbers(ORDINAL)
            for bitmaps, mask in zip(found, some, strict=True):
                bitmaps.append(bitmap_of(ordinals[mask]))


def _changed(pack: OpenPack, part: Part, profile_type: str) -> tuple[BitMap, BitMap]:
    """The ordinals of the part whose profiles were written since, and those that others may have made since.

    Batches of interactions and edges make profiles, but change none that is there.
    """
    assert part.range is not None, "parts of profiles are ranges"
    own, others = BitMap(), BitMap()
    for batch in pack.tail(part).batches:
        touched = batch.touched.get(profile_type, BitMap())
        if batch.collection == pack.source:
            own |= touched
        else:
            others |= touched
    return own & part.range.ordinals, others & part.range.ordinals


def _unpacked(parts: Sequence[Part], some: Range | None) -> Iterator[Restriction]:
    """The ordinals, of some or of all, that are in no part."""
    least, end = (some.low, some.high) if some else (0, LAST_ORDINAL + 1)
    for low, high in gaps(parts, ORDINAL):
        first, last = max(low, least), min(end if high is None else high, end) - 1
        if first <= last:
            yield OrdinalRange(first=first, last=last)


def _first(part: Part) -> int:
    """The first ordinal that a part of profiles may have."""
    assert part.range is not None, "parts of profiles are ranges"
    return part.range.low


def _united(scans: Sequence[Scan], found: Found) -> dict[Scan, BitMap]:
    return {scan: BitMap.union(BitMap(), *bitmaps) for scan, bitmaps in zip(scans, found, strict=True)}
