"""One instant of a hub, as packing sees it: a snapshot, and which batches were open or have ended of late in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.errors import InvariantError
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


async def moment_of(hub: Hub, writers: Collection[str], bases: Iterable[Basis] = ()) -> Moment:
    """The newest instant, with the batches of `writers` that are open or in the tail of a part on one of `bases`.

    Raises: UnavailableError.
    """
    snapshot = await take_snapshot(hub)
    return await _moment(SnapshotSources(hub, snapshot, _no_members), snapshot, writers, bases)


async def moment_of_pack(hub: Hub, collection: str, writers: Collection[str]) -> tuple[Moment, PackHead]:
    """The newest instant, and the pack of `collection` as it is in it; raises what `moment_of` raises."""
    snapshot = await take_snapshot(hub)
    sources = SnapshotSources(hub, snapshot, _no_members)
    head = head_of([row async for row in sources.aggregate(packs_collection(collection), head_pipeline())])
    return await _moment(sources, snapshot, writers, [part.basis for part in head.parts]), head


async def _moment(
    sources: SnapshotSources, snapshot: Snapshot, writers: Collection[str], bases: Iterable[Basis]
) -> Moment:
    pipeline = tail_pipeline(writers, set(bases))
    batches = tuple([batch_of(row) async for row in sources.aggregate(BATCHES, pipeline)])
    return Moment(sources=sources, basis=Basis(snapshot=snapshot, open=open_in(batches)), batches=batches)


async def _no_members(segment: str) -> BitMap:
    raise InvariantError("packs are made of records, not of segments")
