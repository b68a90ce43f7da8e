"""Takes deleted profiles out of a pack: their rows, their edges, and their links in interactions."""

import asyncio
from collections.abc import Mapping

import numpy as np
from pyroaring import BitMap

from seggql.columns.column import Mask, Numbers
from seggql.columns.frame import Frame
from seggql.packs.change import Change
from seggql.packs.frames import frame_of
from seggql.packs.moment import newest_sources
from seggql.packs.shape import Shape
from seggql.store.hub import Hub
from seggql.store.packs import Part
from seggql.store.snapshot import SnapshotSources


async def erase(hub: Hub, shape: Shape, change: Change, deleted: Mapping[str, BitMap]) -> int:
    """Write anew what holds a profile of `deleted` (ordinals by type), and put that in force; returns how many parts.

    What is erased stays erased: whoever packs these documents later finds the profiles gone there too. Nothing of
    the replaced columns is left when this returns. Raises: PackLost, UnavailableError.
    """
    gone = {path: deleted[type_] for path, type_ in shape.profile_types.items() if deleted.get(type_)}
    sources = await newest_sources(hub)
    rewritten = 0
    for part in change.head.parts:
        paths = gone.keys() & part.columns.keys()
        if await _erase(sources, shape, change, part, {path: gone[path] for path in paths}):
            rewritten += 1
    await change.flip()
    return rewritten


async def _erase(
    sources: SnapshotSources, shape: Shape, change: Change, part: Part, gone: Mapping[str, BitMap]
) -> bool:
    """Whether the part held some of it."""
    if not gone:
        return False
    ends = await frame_of(sources, shape, part, list(gone))
    hits = {path: hit for path, ordinals in gone.items() if (hit := _are_in(ends, path, ordinals)).any()}
    if not hits:
        return False
    if shape.near:
        kept = ~np.logical_or.reduce(list(hits.values()))
        frame = (await frame_of(sources, shape, part)).filtered(kept)
    else:
        frame = Frame(rows=ends.rows, columns={path: _without(ends, path, hit) for path, hit in hits.items()})
    encoded = await asyncio.to_thread(lambda: {path: frame.encode(path) for path in frame.paths})
    await change.rewrite(part, frame.rows, encoded)
    return True


def _are_in(frame: Frame, path: str, ordinals: BitMap) -> Mask:
    values, present = frame.numbers(path)
    return present & np.isin(values, ordinals.to_array())


def _without(frame: Frame, path: str, hit: Mask) -> Numbers:
    """The column with nothing where `hit` is true; what stood there is overwritten too."""
    values, present = frame.numbers(path)
    column = frame.column(path)
    assert isinstance(column, Numbers), "ordinals are numbers"
    return Numbers(storage=column.storage, values=np.where(hit, 0, values).astype(values.dtype), present=present & ~hit)
