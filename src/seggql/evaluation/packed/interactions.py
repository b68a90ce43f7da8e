"""Aggregates over packs: those of one interaction type in one reading of the slices that their windows need."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from math import ceil

from pyroaring import BitMap

from seggql.columns.column import milliseconds
from seggql.columns.frame import Frame
from seggql.columns.gathering import Gathering, Groupings
from seggql.columns.groups import GroupRequest, fields_grouped
from seggql.columns.interactions import TIME
from seggql.columns.layout import layout_of
from seggql.evaluation.access import by_link_and_time
from seggql.evaluation.packed.documents import frames_of_batches, frames_within
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.reading import PackedPart, packed_parts
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import interactions_collection, link_path
from seggql.mongo.pipeline import CoveringIndex, Hint
from seggql.query.needs import paths_read
from seggql.query.paths import path_of
from seggql.query.plan import Aggregate, Interval, spanned
from seggql.query.predicate import Predicate
from seggql.store.packs import Part, Range

LAST_ORDINAL = 2**32 - 1

HELD_ROWS = 16_000_000
"""Interactions that are held at once: with time, one link and one number some 400 MB while they are grouped. One that
several conditions leave is held for each."""


def aggregate_paths(aggregates: Iterable[Aggregate]) -> frozenset[str]:
    """The columns that the aggregates read."""
    paths: set[str] = set()
    for aggregate in aggregates:
        paths |= {link_path(aggregate), *({TIME} if aggregate.interval else ())} | paths_read(aggregate.predicate)
        paths |= {path_of(field) for field in fields_grouped([aggregate.having])}
    return frozenset(paths)


def aggregate_ranges(
    aggregates: Sequence[Aggregate], pack: OpenPack, processes: int
) -> list[tuple[Sequence[Aggregate], Range | None]]:
    """The aggregates with the ranges of ordinals, or None for all, that so many processes evaluate at the same time.

    Where there are more interactions than may be held at once they are read several times, by each process as often.
    """
    parts = parts_needed(aggregates, pack)
    times = ceil(sum(part.rows for part in parts) / HELD_ROWS) * processes
    if times <= 1:
        return [(aggregates, None)]
    by_link = _by_link(aggregates)
    return [(of_link, some) for path, of_link in by_link.items() for some in _ranges(path, parts, times, None)]


def rows_of_each(processes: int) -> int:
    """The interactions that each of so many processes may hold at once."""
    return HELD_ROWS // processes


def parts_needed(aggregates: Sequence[Aggregate], pack: OpenPack) -> list[Part]:
    """The slices that have interactions in the interval of one of the aggregates."""
    return [part for part in pack.head.parts if _is_needed(part, aggregates)]


async def aggregate_some(
    aggregates: Sequence[Aggregate], run: Run, pack: OpenPack, some: Range | None, most_rows: int
) -> dict[Aggregate, BitMap]:
    """The profiles, of some or of all, that each of `aggregates`, all of the pack's type and in a range of one link,
    finds; deleted ones may be among them.

    What their conditions leave is not known before: where that is more than `most_rows`, of however few profiles, it is
    given up, and smaller ranges are read one after the other; whoever has too many by itself is in one of its own.
    """
    parts = parts_needed(aggregates, pack)
    gathered = GatheredGroups(aggregates)
    times = await _gather(gathered, aggregates, run, pack, parts, some, most_rows)
    if times is None:
        return await asyncio.to_thread(gathered.found)
    by_link = _by_link(aggregates)
    crowded = {path: await asyncio.to_thread(gathered.crowded, path, 1 / times) for path in by_link}
    del gathered
    found: dict[Aggregate, BitMap] = {}
    for path, of_link in by_link.items():
        for fewer in _ranges(path, parts, times, some, alone=crowded[path]):
            for one, ordinals in (await aggregate_some(of_link, run, pack, fewer, most_rows)).items():
                found[one] = found.get(one, BitMap()) | ordinals
    return found


async def _gather(
    gathered: "GatheredGroups",
    aggregates: Sequence[Aggregate],
    run: Run,
    pack: OpenPack,
    parts: Sequence[Part],
    some: Range | None,
    most_rows: int,
) -> int | None:
    """Gather from the parts and their tail; where that becomes too much, in how many ranges it may be enough."""
    layout = layout_of(run.catalog.interaction_types[aggregates[0].interaction], aggregate_paths(aggregates))
    is_divisible = some is None or len(_ranges(some.path, parts, 2, some)) > 1
    rows = 0

    def gather(load: Sequence[PackedPart]) -> None:
        for part, bits in load:
            gathered.add(_kept(Frame.of_encoded(part.rows, bits, layout), some))

    async with aclosing(packed_parts(run, pack, parts, sorted(layout.columns))) as loads:
        async for load in loads:
            await asyncio.to_thread(gather, load)
            rows += sum(part.rows for part, _ in load)
            if is_divisible and gathered.rows > most_rows:
                of_all = gathered.rows / rows * sum(part.rows for part in parts)
                return max(2, ceil(of_all / most_rows))
    source = interactions_collection(aggregates[0])
    written = pack.tail(pack.head.parts[0]).ids  # slices have one basis, that of the newest
    async with aclosing(frames_of_batches(run, source, layout, written, some)) as tail:
        async for frame in tail:
            await asyncio.to_thread(gathered.add, frame)
            if is_divisible and gathered.rows > most_rows:
                return max(2, ceil(gathered.rows / most_rows))
    return None


async def aggregate_documents(aggregates: Sequence[Aggregate], run: Run, universe: BitMap) -> dict[Aggregate, BitMap]:
    """Those of `universe` that each of `aggregates`, all of one link, finds.

    Each document is read once for all; for aggregates that the link's index answers it alone is read, where the
    documents would be read of more time for them than for the others.
    """
    index = by_link_and_time(aggregates[0], run)
    covered: list[Aggregate] = []
    others: list[Aggregate] = []
    for one in aggregates:
        (covered if aggregate_paths([one]) <= index.keys() else others).append(one)
    if others and _stretch_of(aggregates) == _stretch_of(others):
        covered, others = [], list(aggregates)
    found = await _of_documents(covered, run, universe, CoveringIndex(index)) if covered else {}
    return found | (await _of_documents(others, run, universe, index) if others else {})


async def _of_documents(
    aggregates: Sequence[Aggregate], run: Run, universe: BitMap, hint: Hint
) -> dict[Aggregate, BitMap]:
    first = aggregates[0]
    layout = layout_of(run.catalog.interaction_types[first.interaction], aggregate_paths(aggregates))
    path, source, interval = link_path(first), interactions_collection(first), _stretch_of(aggregates)
    gathered = GatheredGroups(aggregates)
    documents = frames_within(run, source, layout, path, restrictions(universe), hint, interval)
    async with aclosing(documents) as frames:
        async for frame in frames:
            await asyncio.to_thread(gathered.add, frame)
    grouped = await asyncio.to_thread(gathered.found)
    return {aggregate: ordinals & universe for aggregate, ordinals in grouped.items()}


class GatheredGroups:
    """Interactions gathered for aggregates; those of one link and one condition share them."""

    def __init__(self, aggregates: Sequence[Aggregate]) -> None:
        alike: dict[tuple[str, Predicate], list[Aggregate]] = {}
        for aggregate in aggregates:
            alike.setdefault((link_path(aggregate), aggregate.predicate), []).append(aggregate)
        self._together = list(alike.values())
        self._gathering = Gathering([_groupings(together) for together in self._together])

    def add(self, frame: Frame) -> None:
        """Keep what the aggregates need of `frame`."""
        self._gathering.add(frame)

    @property
    def rows(self) -> int:
        """How many interactions are held."""
        return self._gathering.rows

    def crowded(self, path: str, share: float) -> list[int]:
        """The ordinals at `path` that have more than this share of what is held."""
        return self._gathering.crowded(path, share)

    def found(self) -> dict[Aggregate, BitMap]:
        """What each aggregate finds."""
        found: dict[Aggregate, BitMap] = {}
        for together, bitmaps in zip(self._together, self._gathering.found(), strict=True):
            found |= zip(together, bitmaps, strict=True)
        return found


def _stretch_of(aggregates: Iterable[Aggregate]) -> Interval:
    return spanned([aggregate.interval for aggregate in aggregates])


def _groupings(together: Sequence[Aggregate]) -> Groupings:
    requests = tuple(GroupRequest(interval=one.interval, having=one.having) for one in together)
    return Groupings(link=link_path(together[0]), predicate=together[0].predicate, requests=requests)


def _by_link(aggregates: Iterable[Aggregate]) -> dict[str, list[Aggregate]]:
    by_link: dict[str, list[Aggregate]] = {}
    for aggregate in aggregates:
        by_link.setdefault(link_path(aggregate), []).append(aggregate)
    return by_link


def _ranges(
    path: str, parts: Sequence[Part], times: int, some: Range | None, *, alone: Iterable[int] = ()
) -> list[Range]:
    """At most so many ranges that together hold every ordinal at `path`, or those of some profiles; those past the
    packed ones are in the last. More where ordinals are `alone` in theirs."""
    low, high = (some.low, some.high) if some else (0, LAST_ORDINAL + 1)
    end = min(high, max((int(part.columns[path].most or 0) for part in parts), default=0) + 1)
    cuts = {cut for one in alone for cut in (one, one + 1) if low < cut < high}
    starts = sorted({low, *range(low, end, max(1, ceil((end - low) / times))), *cuts})
    return [Range(path=path, low=first, high=last) for first, last in zip(starts, [*starts[1:], high], strict=True)]


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
    is_after = interval.low is not None and milliseconds(interval.low) > most
    is_before = interval.high is not None and milliseconds(interval.high) < least
    return not is_after and not is_before
