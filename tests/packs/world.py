"""A hub with packs of a few rows each, and two ways to read it: documents alone, and packs with their tails."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128
from pyroaring import BitMap

from seggql.columns.frame import Frame
from seggql.columns.layout import layout_of
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.packs import build, range_parts, slices
from seggql.packs.keep import Keeping, keep_pack
from seggql.packs.shape import Shape, shapes_of
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Document, Hub
from seggql.store.packs import (
    PackHead,
    Part,
    column_of,
    columns_pipeline,
    gaps,
    head_of,
    head_pipeline,
    packs_collection,
)
from seggql.store.snapshot import SnapshotSources, take_snapshot
from seggql.store.tail import BATCHES, WrittenBatch, batch_of, tail_of, tail_pipeline
from tests.ingest.world import contact, define_world, purchase

COLUMNS: Mapping[str, frozenset[str]] = {
    "profiles.Contact": frozenset(
        [
            "_id",
            "key",
            "a.Name",
            "a.Age",
            "a.Points",
            "a.Score",
            "a.Balance",
            "a.IsActive",
            "a.Born",
            "a.Token",
            "a.Tags",
            "a.Address",
            "a.Address.City",
            "a.Address.Zip",
        ]
    ),
    "profiles.Store": frozenset(["_id", "a.City"]),
    "interactions.Purchase": frozenset(["t", "l.Buyer", "l.Shop", "a.Amount", "a.Note"]),
    "relationships.Knows": frozenset(["f", "t", "a.Since", "a.Note"]),
    "relationships.Visits": frozenset(["f", "t"]),
}
"""Of the types of tests.ingest.world."""

Row = tuple[Any, ...]


async def make_small_world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty contacts, as many purchases and edges; parts are small."""
    make_parts_small(monkeypatch)
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact(f"k{n}", Age=n, Name=f"name {n}") for n in range(30)])
    await buy(hub, range(30))
    edges = [{"source": f"k{n}", "target": f"k{(n + 1) % 30}"} for n in range(30)]
    await relate_profiles(hub, "Knows", edges)


async def buy(hub: Hub, numbers: Sequence[int]) -> None:
    """Record a purchase for each number, of the contact and at the second that it says."""
    rows = [purchase(None, f"k{n % 30}", timestamp=f"2026-01-01T00:00:{n % 60:02d}Z") for n in numbers]
    await record_interactions(hub, "Purchase", rows)


def make_parts_small(patch: pytest.MonkeyPatch) -> None:
    """Ranges of 8 ordinals and parts of 20 rows, packed anew and joined after a few rows."""
    for module, name, value in (
        (build, "ROWS", 20),
        (range_parts, "RANGE", 8),
        (range_parts, "STALE_SHARE", 0.3),
        (range_parts, "LONG_TAIL", 12),
        (range_parts, "FLIP_AFTER", 2),
        (slices, "ROWS", 20),
        (slices, "NEW_ROWS", 6),
        (slices, "LONG_TAIL", 8),
        (slices, "SMALL", 15),
        (slices, "MANY", 3),
    ):
        patch.setattr(module, name, value)


async def shape_at(hub: Hub, collection: str) -> Shape:
    """How a collection is packed."""
    return shapes_of(await load_catalog(hub))[collection]


def keeping(settings: Settings, *, pack_after: int = 0, anew: bool = False, now: datetime | None = None) -> Keeping:
    """Packing without rests."""
    settings = settings.model_copy(update={"pack_after": pack_after})
    return Keeping(settings=settings, owner="test", now=now or datetime.now(UTC), share=1.0, anew=anew)


async def pack(
    hub: Hub, settings: Settings, collection: str, paths: Collection[str] | None = None, *, anew: bool = False
) -> int:
    """Pack some columns of a collection, or all."""
    wanted = COLUMNS[collection] if paths is None else frozenset(paths)
    written = await keep_pack(hub, await shape_at(hub, collection), wanted, keeping(settings, anew=anew))
    assert written is not None, "nobody else is at work on the pack"
    return written


class Reader:
    """Reads one collection in one snapshot."""

    def __init__(self, hub: Hub, shape: Shape, sources: SnapshotSources, paths: Collection[str]) -> None:
        self._hub = hub
        self._shape = shape
        self._sources = sources
        self._paths = sorted(paths)

    async def head(self) -> PackHead:
        """The head of the pack."""
        collection = packs_collection(self._shape.collection)
        return head_of([row async for row in self._sources.aggregate(collection, head_pipeline())])

    async def documents(self, condition: Document | None = None) -> "Counter[Row]":
        """The rows of documents, without what deleted profiles have left."""
        found = self._sources.aggregate(self._shape.collection, [{"$match": condition or {}}])
        return await self._without_deleted([tuple(_at(row, path) for path in self._paths) async for row in found])

    async def packed(self) -> "Counter[Row]":
        """The same rows from packs, with documents for whatever they do not cover."""
        head = await self.head()
        pipeline = tail_pipeline(self._shape.writers, [part.basis for part in head.parts])
        batches = [batch_of(row) async for row in self._sources.aggregate(BATCHES, pipeline)]
        if not self._shape.near:
            return await self._interactions(head, batches)
        found = [await self._in_ranges(near, head, batches) for near in self._shape.near]
        assert all(rows == found[0] for rows in found), "edges are the same from either end"
        return found[0]

    async def _interactions(self, head: PackHead, batches: list[WrittenBatch]) -> "Counter[Row]":
        if not head.parts:
            return await self.documents()
        tail = tail_of(head.parts[0].basis, batches)
        assert all(tail_of(part.basis, batches) == tail for part in head.parts)
        if tail.is_torn:
            return await self.documents()
        rows = [row for part in head.parts for row in _rows(await self._frame(part), self._paths)]
        return await self._without_deleted(rows) + await self.documents({"b": {"$in": tail.ids}})

    async def _in_ranges(self, near: str, head: PackHead, batches: list[WrittenBatch]) -> "Counter[Row]":
        profile_type = self._shape.profile_types[near]
        found: Counter[Row] = Counter()
        stale_ones = BitMap()
        parts = [part for part in head.parts if part.range and part.range.path == near]
        for part in parts:
            assert part.range
            frame = await self._frame(part)
            ends = BitMap(frame.numbers(near)[0])
            stale = BitMap()
            for batch in tail_of(part.basis, batches).batches:
                touched = batch.touched.get(profile_type, BitMap()) & part.range.ordinals
                stale |= touched if batch.collection == self._shape.collection else touched - ends
            stale_ones |= stale
            place = self._paths.index(near)
            found += await self._without_deleted([row for row in _rows(frame, self._paths) if row[place] not in stale])
        between = [{near: {"$gte": low} | ({} if high is None else {"$lt": high})} for low, high in gaps(parts, near)]
        return found + await self.documents({"$or": [{near: {"$in": list(stale_ones)}}, *between]})

    async def _frame(self, part: Part) -> Frame:
        pipeline = columns_pipeline(part.keys(self._paths))
        rows = self._sources.aggregate(packs_collection(self._shape.collection), pipeline)
        bits = {column.key.path: column.bits for column in [column_of(row) async for row in rows]}
        return Frame.of_encoded(part.rows, bits, layout_of(self._shape.record_type, self._paths))

    async def _without_deleted(self, rows: Iterable[Row]) -> "Counter[Row]":
        """Rows of deleted profiles are none, links to them missing."""
        found: Counter[Row] = Counter()
        gone = {
            self._paths.index(path): await self._sources.deleted(type_)
            for path, type_ in self._shape.profile_types.items()
            if path in self._paths
        }
        for row in rows:
            hits = [place for place, deleted in gone.items() if isinstance(row[place], int) and row[place] in deleted]
            if not hits:
                found[row] += 1
            elif not self._shape.near:
                found[tuple(None if place in hits else value for place, value in enumerate(row))] += 1
        return found


async def reader_of(hub: Hub, collection: str, paths: Collection[str] | None = None) -> Reader:
    """A reader of the present."""

    async def no_members(segment: str) -> BitMap:
        raise AssertionError(segment)

    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    return Reader(hub, await shape_at(hub, collection), sources, COLUMNS[collection] if paths is None else paths)


async def assert_exact(hub: Hub, collection: str, paths: Collection[str] | None = None) -> PackHead:
    """Packs with their tails give what documents give; returns the head."""
    reader = await reader_of(hub, collection, paths)
    assert await reader.packed() == await reader.documents()
    return await reader.head()


def _rows(frame: Frame, paths: Iterable[str]) -> list[Row]:
    columns = [frame.column(path) for path in paths]
    return [tuple(_plain(column.value(row)) for column in columns) for row in range(frame.rows)]


def _at(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return _plain("present" if path == "a.Address" and value is not None else value)


def _plain(value: Any) -> Any:
    match value:
        case Decimal128():
            return value.to_decimal()
        case list():
            return tuple(_plain(item) for item in value)
        case {}:
            return "present"
        case _:
            return value
