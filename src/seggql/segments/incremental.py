"""Refreshing what changed: whom a refresh must look at again, given what the last one of the segment has seen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bson import ObjectId
from pyroaring import BitMap

from seggql.evaluation.changes import Since, changed
from seggql.evaluation.run import Run as Evaluation
from seggql.query.plan import Plan
from seggql.store import ledger
from seggql.store.collections import interactions_collection, profiles_collection, relationships_collection
from seggql.store.hub import Hub
from seggql.store.job import Instant
from seggql.store.packs import Basis
from seggql.store.segment import ChangeCause, Pointer, RefreshBasis, Segment, SegmentId, UsedGeneration
from seggql.store.snapshot import Snapshot
from seggql.store.tail import BATCHES, WrittenBatch, batch_of, open_in, tail_of, tail_pipeline

AUDIT_AFTER = timedelta(days=7)
"""How long refreshes of a segment may look only at what changed; then one looks at everybody and compares."""

COMPARED_FOR = timedelta(days=7)
"""How long it is asked what was written since a refresh; later everybody is looked at, and batches are forgotten."""

MovedSince = Callable[[str, UsedGeneration], Awaitable[BitMap | None]]
"""Whose membership of a segment, by name, differs from a generation of it; None where that is not known."""


class WrittenSince:
    """The batches written since the refreshes that some segments had last, as one snapshot has them."""

    def __init__(self, instant: Instant, batches: Sequence[WrittenBatch]) -> None:
        self.instant = instant
        self._batches = batches

    def basis(
        self, uses: Mapping[str, UsedGeneration], whole_at: datetime | None, still_until: datetime | None
    ) -> RefreshBasis:
        """What a refresh of this snapshot has seen; `whole_at` None is one of everybody."""
        return RefreshBasis(
            seconds=self.instant.seconds,
            increment=self.instant.increment,
            whole_at=whole_at or self.instant.as_of,
            still_until=still_until,
            open=tuple(sorted(str(batch) for batch in open_in(self._batches))),
            uses=uses,
        )

    async def candidates(
        self, segment: Segment, before: Plan, after: Plan, evaluation: Evaluation, moved: MovedSince
    ) -> BitMap | None:
        """Who may have entered or left since the last refresh of `segment`; None where that can be anybody.

        `before` and `after` are plans of its query, at the instant of that refresh and now.
        """
        basis = segment.pointer.basis if segment.pointer else None
        assert basis is not None, "is_comparable says so"
        moves: dict[str, BitMap] = {}
        for name, used in basis.uses.items():
            difference = await moved(name, used)
            if difference is not None:
                moves[name] = difference
        tail = tail_of(_basis(basis), self._batches)
        return await changed(before, after, Since(tail=tail, moved=moves), evaluation)


async def read_written_since(evaluation: Evaluation, instant: Instant, segments: Sequence[Segment]) -> WrittenSince:
    """What was written since the last refreshes of `segments`, and what is being written."""
    bases = {_basis(s.pointer.basis) for s in segments if s.pointer and s.pointer.basis and is_comparable(s, instant)}
    rows = evaluation.sources.aggregate(BATCHES, tail_pipeline(_collections(evaluation), bases))
    return WrittenSince(instant, [batch_of(dict(row)) async for row in rows])


class Refreshed(Protocol):
    """A segment, as far as it says what its last refresh has seen."""

    @property
    def definition(self) -> int:
        """The version of its query."""

    @property
    def pointer(self) -> Pointer | None:
        """Where its members stand."""


def is_audit_due(segment: Refreshed, instant: Instant) -> bool:
    """Whether everybody should be looked at, to see that looking at what changed has been enough."""
    whole_at = segment.pointer.basis.whole_at if segment.pointer and segment.pointer.basis else None
    return whole_at is None or abs(instant.as_of - whole_at) > AUDIT_AFTER


def is_comparable(segment: Refreshed, instant: Instant) -> bool:
    """Whether its members are those that its query had, so that looking at what changed is enough.

    Of long ago that is not known: batches are forgotten.
    """
    pointer = segment.pointer
    return (
        pointer is not None
        and pointer.basis is not None
        and pointer.as_of is not None
        and pointer.definition == segment.definition
        and pointer.cause is not ChangeCause.DEACTIVATION
        and not has_seen_more(segment, instant)
        and instant.seconds - pointer.basis.seconds <= COMPARED_FOR.total_seconds()
    )


def has_seen_more(segment: Refreshed, instant: Instant) -> bool:
    """Whether its last refresh has seen later writes than one at `instant` would."""
    basis = segment.pointer.basis if segment.pointer else None
    return basis is not None and (basis.seconds, basis.increment) > (instant.seconds, instant.increment)


async def moved_between(hub: Hub, segment: SegmentId, earlier: int, later: int) -> BitMap | None:
    """Who entered or left with the generations from `earlier` (excluded) to `later`; None where not all are kept."""
    if earlier == later:
        return BitMap()
    before, after = hub.members.get(segment, earlier), hub.members.get(segment, later)
    if before is not None and after is not None:
        return before ^ after
    if earlier > later or await ledger.find_entry(hub, segment, earlier) is None:
        return None
    moved = BitMap()
    async for _, change in ledger.differences(hub, segment, earlier, later):
        moved |= change.entered | change.exited
    return moved


def _collections(evaluation: Evaluation) -> list[str]:
    catalog = evaluation.catalog
    return [
        *map(profiles_collection, catalog.profile_types),
        *map(interactions_collection, catalog.interaction_types),
        *map(relationships_collection, catalog.relationship_types),
    ]


def _basis(basis: RefreshBasis) -> Basis:
    snapshot = Snapshot(seconds=basis.seconds, increment=basis.increment)
    return Basis(snapshot=snapshot, open=frozenset(ObjectId(id_) for id_ in basis.open))
