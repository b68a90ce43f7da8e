"""Reads documents of one instant as pieces of a pack; never more of them in memory than a piece."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime

from bson import DatetimeMS, ObjectId

from seggql.columns.frame import Frame
from seggql.columns.layout import Layout, layout_of
from seggql.packs.moment import Moment
from seggql.packs.pieces import Piece, Weighed, cut
from seggql.packs.shape import ROWS, Shape, projection
from seggql.store.hub import Document
from seggql.store.packs import Range

PIECE_BYTES = 64 * 1024 * 1024
"""Most bytes of documents in one piece, and one reply of MongoDB (16 MB) more."""


def covered(moment: Moment) -> Document:
    """The interactions of batches that have ended: of others some rows may be still to come."""
    return {"b": {"$nin": sorted(moment.basis.open)}}


def of_batches(batches: Collection[ObjectId]) -> Document:
    """The interactions of these batches."""
    return {"b": {"$in": list(batches)}}


def in_time(low: int | None, high: int | None) -> Document:
    """The interactions from `low` up to, and without, `high`: milliseconds, None has no end."""
    bounds: Document = {} if low is None else {"$gte": DatetimeMS(low)}
    if high is not None:
        bounds["$lt"] = DatetimeMS(high)
    return {"t": bounds} if bounds else {}


async def range_pieces(moment: Moment, shape: Shape, paths: Collection[str], range: Range) -> AsyncIterator[Piece]:
    """The profiles or edges of a range; one piece without rows where there are none."""
    layout = layout_of(shape.record_type, paths)
    pipeline: list[Document] = [
        {"$match": {range.path: {"$gte": range.low, "$lt": range.high}}},
        {"$sort": shape.order(range.path)},
        {"$project": projection(paths)},
    ]
    is_empty = True
    async for piece in cut(_frames(moment, shape, pipeline, layout), range, ROWS, PIECE_BYTES):
        is_empty = False
        yield piece
    if is_empty:
        yield Piece(frame=Frame.of_documents([], layout), range=range)


async def slice_end(moment: Moment, shape: Shape, low: int | None) -> int | None:
    """Where the slice ends that begins at `low`: ROWS interactions later, or None where there are fewer.

    Interactions of one instant are never parted, however many they are.
    """
    pipeline: list[Document] = [
        {"$match": in_time(low, None)},
        {"$sort": shape.order(None)},
        {"$skip": ROWS},
        {"$limit": 1},
        {"$project": {"_id": 0, "t": 1}},
    ]
    async for row in moment.sources.aggregate(shape.collection, pipeline, hint=shape.hint):
        end = milliseconds(row["t"])
        return end if low is None or end > low else end + 1
    return None


async def slice_pieces(
    moment: Moment,
    shape: Shape,
    paths: Collection[str],
    condition: Document,
    *,
    only: Callable[[Document], bool] | None = None,
    are_most: bool = False,
) -> AsyncIterator[Piece]:
    """The interactions that meet `condition` and `only`, sorted by time.

    `only` is given the fields `b` and `t`. `are_most`: there are hardly others in their time, nor is it all time.
    """
    fields = projection(paths) | ({"b": 1} if only else {})
    pipeline: list[Document] = [{"$match": condition}, {"$sort": shape.order(None)}, {"$project": fields}]
    layout = layout_of(shape.record_type, paths)
    hint = shape.hint if are_most else None
    frames = _frames(moment, shape, pipeline, layout, only=only, hint=hint)
    async for piece in cut(frames, None, ROWS, PIECE_BYTES):
        if piece.frame.rows:
            yield piece


def milliseconds(time: datetime) -> int:
    """A time as columns have it."""
    return round(time.timestamp() * 1000)


async def _frames(
    moment: Moment,
    shape: Shape,
    pipeline: Sequence[Document],
    layout: Layout,
    *,
    only: Callable[[Document], bool] | None = None,
    hint: Document | None = None,
) -> AsyncIterator[Weighed]:
    before = moment.sources.bytes_read
    async for documents in moment.sources.documents(shape.collection, pipeline, hint=hint):
        if only:
            documents = list(filter(only, documents))
        frame = await asyncio.to_thread(Frame.of_documents, documents, layout)
        size = moment.sources.bytes_read - before
        before = moment.sources.bytes_read
        yield Weighed(frame=frame, size=size)
