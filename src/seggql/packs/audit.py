"""Compares a pack with its documents, every value, in one snapshot; the tail and what is deleted are left out."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pyroaring import BitMap

from seggql.columns.column import Mask, Numbers
from seggql.columns.encoding import ColumnUnreadable
from seggql.columns.frame import Frame, concat
from seggql.columns.layout import layout_of
from seggql.packs.build import in_time, range_pieces, slice_pieces
from seggql.packs.compare import RowDifference, compare_rows
from seggql.packs.frames import frame_of
from seggql.packs.moment import Moment, moment_of_pack
from seggql.packs.range_parts import PackedRange, packed_ranges, stale_rows
from seggql.packs.shape import Shape
from seggql.store.hub import Hub
from seggql.store.packs import PackHead, Part
from seggql.store.tail import WrittenBatch, tail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """Parts that were compared with their documents, and what was found; or why they cannot be read."""

    parts: tuple[Part, ...]
    difference: RowDifference | None = None
    unreadable: str | None = None


async def audit_pack(hub: Hub, shape: Shape) -> AsyncIterator[Audited]:
    """Compare every packed value with the documents, some parts at a time, all in one snapshot.

    Left out is what an evaluation would not take from the pack either: rows of the tail, and what deleted profiles
    left. Raises: UnavailableError.
    """
    moment, head = await moment_of_pack(hub, shape)
    if shape.near:
        for packed in packed_ranges(head.parts):
            try:
                yield await _audit_range(moment, shape, packed)
            except ColumnUnreadable as error:
                yield Audited(parts=packed.parts, unreadable=str(error))
    elif head.parts and not tail_of(head.parts[0].basis, moment.batches).is_torn:
        async for audited in _audit_slices(moment, shape, head):
            yield audited


async def _audit_range(moment: Moment, shape: Shape, packed: PackedRange) -> Audited:
    near, paths = packed.range.path, _shared_paths(packed.parts)
    tail: dict[object, WrittenBatch] = {}
    for part in packed.parts:
        tail |= {batch.id: batch for batch in tail_of(part.basis, moment.batches).batches}
    stale = await stale_rows(moment.sources, shape, packed, list(tail.values()))
    gone = await _deleted(moment, shape, paths)
    gone[near] |= stale
    rows = [_without_rows(await frame_of(moment.sources, shape, part, paths), gone) for part in packed.parts]
    pieces = range_pieces(moment, shape, paths, packed.range)
    documents = [_without_rows(piece.frame, gone) async for piece in pieces]
    difference = await asyncio.to_thread(_compared, shape, rows, documents, paths)
    return Audited(parts=packed.parts, difference=difference)


async def _audit_slices(moment: Moment, shape: Shape, head: PackHead) -> AsyncIterator[Audited]:
    """One stretch of time after the other, each about as long as a slice was when all were packed."""
    paths = _shared_paths(head.parts)
    gone = await _deleted(moment, shape, paths)
    tail = tail_of(head.parts[0].basis, moment.batches)
    starts: list[int | None] = [*sorted({_least(part) for part in head.parts})]
    starts[0] = None
    for low, high in zip(starts, [*starts[1:], None], strict=True):
        parts = [part for part in head.parts if _overlaps(part, low, high)]
        try:
            rows = [await frame_of(moment.sources, shape, part, paths) for part in parts]
        except ColumnUnreadable as error:
            yield Audited(parts=tuple(parts), unreadable=str(error))
            continue
        packed = [_without_links(_between(frame, low, high), gone) for frame in rows]
        condition = {"b": {"$nin": tail.ids}} | in_time(low, high)
        pieces = slice_pieces(moment, shape, paths, condition, are_most=True)
        documents = [_without_links(piece.frame, gone) async for piece in pieces]
        difference = await asyncio.to_thread(_compared, shape, packed, documents, paths)
        yield Audited(parts=tuple(parts), difference=difference)


def _compared(
    shape: Shape, packed: Sequence[Frame], documents: Sequence[Frame], paths: Collection[str]
) -> RowDifference | None:
    nothing = Frame.of_documents([], layout_of(shape.record_type, paths))
    return compare_rows(concat([nothing, *packed]), concat([nothing, *documents]))


def _shared_paths(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset.intersection(*(frozenset(part.columns) for part in parts))


async def _deleted(moment: Moment, shape: Shape, paths: Collection[str]) -> dict[str, BitMap]:
    """The ordinals of deleted profiles, by the column that they may be in."""
    return {path: await moment.sources.deleted(type_) for path, type_ in shape.profile_types.items() if path in paths}


def _without_rows(frame: Frame, gone: Mapping[str, BitMap]) -> Frame:
    """The rows that name none of the ordinals that are gone."""
    kept = np.ones(frame.rows, dtype=bool)
    for path, ordinals in gone.items():
        kept &= ~_are_in(frame, path, ordinals)
    return frame.filtered(kept)


def _without_links(frame: Frame, gone: Mapping[str, BitMap]) -> Frame:
    """All rows, with nothing in place of the ordinals that are gone."""
    columns = dict(frame.columns)
    for path, ordinals in gone.items():
        column = columns[path]
        assert isinstance(column, Numbers), "ordinals are numbers"
        columns[path] = replace(column, present=column.is_present & ~_are_in(frame, path, ordinals))
    return Frame(rows=frame.rows, columns=columns)


def _are_in(frame: Frame, path: str, ordinals: BitMap) -> Mask:
    values, present = frame.numbers(path)
    return present & np.isin(values, ordinals.to_array())


def _between(frame: Frame, low: int | None, high: int | None) -> Frame:
    times, _ = frame.numbers("t")
    inside = np.ones(frame.rows, dtype=bool)
    if low is not None:
        inside &= times >= low
    if high is not None:
        inside &= times < high
    return frame.filtered(inside)


def _least(part: Part) -> int:
    return int(part.columns["t"].least or 0)


def _overlaps(part: Part, low: int | None, high: int | None) -> bool:
    most = part.columns["t"].most
    return (high is None or _least(part) < high) and (low is None or most is None or most >= low)
