"""Keeps the packed slices of interactions: packs all of them once, then what is new, and joins what is small."""

import asyncio
from collections.abc import Sequence

import numpy as np

from seggql.columns.frame import Frame, concat
from seggql.packs.all_slices import add_pieces, pack_all_slices
from seggql.packs.build import of_batches, slice_pieces
from seggql.packs.change import Change
from seggql.packs.frames import frame_of, frame_with
from seggql.packs.moment import Moment, moment_of, newest_sources
from seggql.packs.pace import Pace
from seggql.packs.pieces import EncodedPiece, Piece, encoded_pieces, lack_columns
from seggql.packs.shape import ROWS, Shape
from seggql.store.hub import Hub
from seggql.store.interactions import count_in_batches
from seggql.store.tail import Tail, tail_of

NEW_ROWS = 10_000
"""Interactions that make a slice: to read fewer as documents takes an evaluation less than a tenth of a second."""

LONG_TAIL = 200
"""Batches after which whatever is new makes a slice, so that evaluations need not look for more of them."""

SMALL, SMALL_BYTES, MANY = ROWS // 2, 4 * 1024 * 1024, 8
"""Slices of fewer rows are joined once there are so many of them: each row is so written again a few times at most."""


async def keep_slices(
    hub: Hub, shape: Shape, change: Change, paths: frozenset[str], pace: Pace, *, anew: bool = False
) -> int:
    """Bring the pack up to date; returns how many slices were packed.

    All slices have one basis, that of the newest. Raises: PackLost, UnavailableError.
    """
    parts = change.head.parts
    moment = await moment_of(hub, shape, [part.basis for part in parts])
    tail = tail_of(parts[0].basis, moment.batches) if parts else None
    if tail is None or tail.is_torn or anew or lack_columns(parts, paths):
        packed = await pack_all_slices(hub, shape, change, paths, pace)
    else:
        packed = await _pack_new(hub, shape, change, paths, moment, tail, pace)
    await change.flip()
    packed += await _join(hub, shape, change, paths)
    await change.flip()
    return packed


async def _pack_new(
    hub: Hub, shape: Shape, change: Change, paths: frozenset[str], moment: Moment, tail: Tail, pace: Pace
) -> int:
    """The interactions of batches that have ended since, where they are many; the old slices cover them too then."""
    settled = [batch for batch in tail.ids if batch not in moment.basis.open]
    if not settled:
        return 0
    rows = await count_in_batches(hub, shape.record_type.name, settled)
    if 0 < rows < NEW_ROWS and len(settled) <= LONG_TAIL:
        return 0
    change.advance(change.head.parts, moment.basis)
    if not rows:
        return 0
    return await add_pieces(change, slice_pieces(moment, shape, paths, of_batches(settled)), moment.basis, pace)


async def _join(hub: Hub, shape: Shape, change: Change, paths: frozenset[str]) -> int:
    """One slice, or a few, of many small ones; those stay apart that lack a column, for it was too large."""
    whole = [part for part in change.head.parts if paths <= part.columns.keys()]
    small = [part for part in whole if part.rows < SMALL and part.size < SMALL_BYTES]
    if len(small) < MANY:
        return 0
    sources = await newest_sources(hub)
    frames = [await frame_of(sources, shape, part) for part in small]
    pieces = await asyncio.to_thread(_joined, frames)
    change.remove(small)
    for piece in pieces:
        await change.add(piece, small[0].basis)
    return len(pieces)


def _joined(frames: Sequence[Frame]) -> list[EncodedPiece]:
    """The rows of all frames, sorted by time, in as few pieces as they fit in; columns that not all have are left."""
    paths = frozenset.intersection(*(frame.paths for frame in frames))
    whole = concat([frame_with(frame, paths) for frame in frames])
    order = np.argsort(whole.numbers("t")[0], kind="stable")
    parts = [order[start : start + ROWS] for start in range(0, whole.rows, ROWS)]
    return [encoded for rows in parts for encoded in encoded_pieces(Piece(frame=whole.take(rows), range=None))]
