"""One instant of a hub, as packing sees it: a snapshot, and which batches were open or have ended of late in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.errors import InvariantError, UnavailableError
from seggql.packs.shape import Shape, shapes_of
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.packs import Basis, PackHead, head_of, head_pipeline, packs_collection
from seggql.store.snapshot import Snapshot, SnapshotSources, take_snapshot
from seggql.store.tail import BATCHES, WrittenBatch, batch_of, open_in, tail_pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant: what is read from, what a part that is made of it covers, and the batches that others may not."""

    sources: SnapshotSources
    basis: Basis
    batches: tuple[WrittenBatch, ...]


async def newest_sources(hub: Hub) -> SnapshotSources:
    """What is read from at the newest instant. Raises: UnavailableError."""
    return SnapshotSources(hub, await take_snapshot(hub), _no_members)


async def moment_of(hub: Hub, shape: Shape, bases: Iterable[Basis] = ()) -> Moment:
    """The newest instant, with the batches of who writes to `shape`, open or in the tail of a part on one of `bases`.

    Raises: UnavailableError, also where types were defined or extended since the shape was made: neither what these
    hold nor who writes them is in it.
    """
    snapshot = await take_snapshot(hub)
    await _refuse_outdated(hub, shape)
    return await _moment(SnapshotSources(hub, snapshot, _no_members), snapshot, shape, bases)


async def moment_of_pack(hub: Hub, shape: Shape) -> tuple[Moment, PackHead]:
    """The newest instant, and the pack of `shape` as it is in it; raises what `moment_of` raises."""
    snapshot = await take_snapshot(hub)
    await _refuse_outdated(hub, shape)
    sources = SnapshotSources(hub, snapshot, _no_members)
    head = head_of([row async for row in sources.aggregate(packs_collection(shape.collection), head_pipeline())])
    return await _moment(sources, snapshot, shape, [part.basis for part in head.parts]), head


async def _refuse_outdated(hub: Hub, shape: Shape) -> None:
    """The catalog is read after the snapshot was taken: whoever wrote what is in that has seen no more types."""
    if shapes_of(await load_catalog(hub)).get(shape.collection) != shape:
        raise UnavailableError(f"The types around {shape.collection} were changed meanwhile. Try again.")


async def _moment(sources: SnapshotSources, snapshot: Snapshot, shape: Shape, bases: Iterable[Basis]) -> Moment:
    pipeline = tail_pipeline(shape.writers, set(bases))
    batches = tuple([batch_of(row) async for row in sources.aggregate(BATCHES, pipeline)])
    return Moment(sources=sources, basis=Basis(snapshot=snapshot, open=open_in(batches)), batches=batches)


async def _no_members(segment: str) -> BitMap:
    raise InvariantError("packs are made of records, not of segments")
