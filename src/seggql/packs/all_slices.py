"""Packs all interactions of a type, one stretch of time after the other, each at an instant of its own.

MongoDB keeps a snapshot for minutes, which is not long enough for a type of very many interactions, packed with rests.
What was written to stretches that were packed already is packed at the end, so that all slices have one basis: a batch
that had ended when its stretch was packed is in the slice of the stretch, whole; of all others, which the basis of the
stretch tells, the rows in that stretch are still to be packed, or in the tail.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from seggql.packs.build import covered, in_time, milliseconds, of_batches, slice_end, slice_pieces
from seggql.packs.change import Change
from seggql.packs.moment import moment_of
from seggql.packs.pace import Pace
from seggql.packs.pieces import Piece, encoded_pieces
from seggql.packs.shape import Shape
from seggql.store.hub import Document, Hub
from seggql.store.packs import Basis
from seggql.store.tail import Tail, tail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time that is packed, from `low` (None: from the beginning) to where the next begins."""

    low: int | None
    basis: Basis


async def pack_all_slices(hub: Hub, shape: Shape, change: Change, paths: frozenset[str], pace: Pace) -> int:
    """Pack every interaction in place of all slices; returns how many slices there are then, 0 where it came to naught.

    That is where a writer who was taken for dead went on, so that nobody can tell which of its rows are packed: it is
    packed the next time. Raises: PackLost, UnavailableError.
    """
    change.remove(change.head.parts)
    stretches: list[Stretch] = []
    packed, low, is_end = 0, None, False
    while not is_end:
        moment = await moment_of(hub, shape)
        high = await slice_end(moment, shape, low)
        condition = covered(moment) | in_time(low, high)
        packed += await add_pieces(
            change, slice_pieces(moment, shape, paths, condition, are_most=True), moment.basis, pace
        )
        stretches.append(Stretch(low=low, basis=moment.basis))
        low, is_end = high, high is None
    written_since = await _pack_rest(hub, shape, change, paths, stretches, pace)
    if written_since is None:
        await change.discard()
        return 0
    return packed + written_since


async def add_pieces(change: Change, pieces: AsyncIterator[Piece], basis: Basis, pace: Pace) -> int:
    """Add parts, with rests in between; returns how many."""
    added = 0
    async for piece in pieces:
        for encoded in await asyncio.to_thread(encoded_pieces, piece):
            await change.add(encoded, basis)
            added += 1
        await pace.rest()
    return added


async def _pack_rest(
    hub: Hub, shape: Shape, change: Change, paths: frozenset[str], stretches: Sequence[Stretch], pace: Pace
) -> int | None:
    """What has ended since its stretch was packed; how many slices that makes, None where it cannot be told."""
    moment = await moment_of(hub, shape, [stretch.basis for stretch in stretches])
    tails = [tail_of(stretch.basis, moment.batches) for stretch in stretches]
    if any(tail.is_torn for tail in tails):
        return None
    change.advance(change.parts, moment.basis)
    settled = {batch for tail in tails for batch in tail.ids} - moment.basis.open
    if not settled:
        return 0
    is_missing = _Missing(stretches, tails)
    pieces = slice_pieces(moment, shape, paths, of_batches(settled), only=is_missing)
    return await add_pieces(change, pieces, moment.basis, pace)


class _Missing:
    """Whether a document is of a batch that its stretch does not cover."""

    def __init__(self, stretches: Sequence[Stretch], tails: Sequence[Tail]) -> None:
        self._lows = [stretch.low for stretch in stretches[1:] if stretch.low is not None]
        self._batches = [frozenset(tail.ids) for tail in tails]

    def __call__(self, document: Document) -> bool:
        return document["b"] in self._batches[bisect_right(self._lows, milliseconds(document["t"]))]
