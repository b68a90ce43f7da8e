"""Cuts streams of rows into pieces that fit: so many rows, and columns that a document can hold."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from seggql.columns.encoding import Encoded
from seggql.columns.frame import Frame, concat
from seggql.store.pack_writes import COLUMN_BYTES
from seggql.store.packs import Part, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Rows that will be a part, in the order that they have there."""

    frame: Frame
    range: Range | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPiece:
    """A piece as it is stored."""

    rows: int
    range: Range | None
    columns: Mapping[str, Encoded] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Rows, and how many bytes they had as documents."""

    frame: Frame
    size: int


async def cut(stream: AsyncIterator[Weighed], range: Range | None, rows: int, size: int) -> AsyncIterator[Piece]:
    """The rows of `stream`, in its order, in pieces of `rows` at most and not many bytes more than `size`."""
    before: Frame | None = None
    async for frame in _cut(stream, rows, size):
        if before is not None:
            piece, range = _ended(before, frame, range)
            yield piece
        before = frame
    if before is not None:
        yield Piece(frame=before, range=range)


async def _cut(stream: AsyncIterator[Weighed], rows: int, size: int) -> AsyncIterator[Frame]:
    held: list[Frame] = []
    held_size = 0
    async for weighed in stream:
        held.append(weighed.frame)
        held_size += weighed.size
        while (count := sum(frame.rows for frame in held)) > rows or (held_size > size and count):
            whole = concat(held)
            yield whole.take(np.arange(min(rows, whole.rows)))
            held, held_size = [whole.take(np.arange(min(rows, whole.rows), whole.rows))], 0
    if held:
        yield concat(held)


def encoded_pieces(piece: Piece) -> list[EncodedPiece]:
    """The piece with its columns encoded, in two or more where one of them would be too long.

    A row that is too large by itself goes without that column, which readers then take from its document.
    """
    frame = piece.frame
    columns = {path: frame.encode(path) for path in sorted(frame.paths)}
    if any(len(column.bits) > COLUMN_BYTES for column in columns.values()) and frame.rows > 1:
        middle = frame.rows // 2
        low, high = frame.take(np.arange(middle)), frame.take(np.arange(middle, frame.rows))
        first, rest = _ended(low, high, piece.range)
        return [*encoded_pieces(first), *encoded_pieces(Piece(frame=high, range=rest))]
    fitting = {path: column for path, column in columns.items() if len(column.bits) <= COLUMN_BYTES}
    return [EncodedPiece(rows=frame.rows, range=piece.range, columns=fitting)]


def lack_columns(parts: Collection[Part], paths: frozenset[str]) -> bool:
    """Whether parts that were made together are without some of the columns `paths`.

    One row alone may be without a column that others have: it was too large.
    """
    held = frozenset[str]().union(*(part.columns for part in parts))
    return not paths <= held or any(part.rows > 1 and not paths <= part.columns.keys() for part in parts)


def _ended(frame: Frame, following: Frame, range: Range | None) -> tuple[Piece, Range | None]:
    """`frame` with the beginning of `range` that is its own, and the rest, which begins with `following`.

    Edges of one ordinal may be on both sides: it is in both ranges then.
    """
    if range is None or not frame.rows or not following.rows:
        return Piece(frame=frame, range=range), range
    last = int(frame.numbers(range.path)[0][-1])
    first = int(following.numbers(range.path)[0][0])
    low = first if first == last else last + 1
    ended = Range(path=range.path, low=range.low, high=last + 1)
    return Piece(frame=frame, range=ended), Range(path=range.path, low=low, high=range.high)
