"""The tail of a part: the batches that it does not cover, whose rows are read from documents instead.

A part covers the batches that were CLOSED in the snapshot B of its basis, and no others. Whatever else is visible in
a later snapshot S belongs to a batch that in S is OPEN, or was closed after B, or was OPEN in B; for take any other
batch: it is CLOSED in S by a closing that began at `closed`, at B or earlier. Were it not there in B, it would have
been opened after B and closed after that; were it there and OPEN, the basis would name it. So it was CLOSED in B: all
its rows had been written before, are visible in B, and are in the part. A batch seen OPEN in B may carry a `closed`
before B, the closing having begun before and ended after; this is why the basis names the open ones. One batch too
many in the tail does no harm where rows replace those of the part, as profiles and edges do.

Interactions are added up, none may count twice. A part of them holds no row of a batch that was OPEN in B, so that a
batch is in the part or in the tail, never in both; but for one case. A writer that was taken for dead has its batch
closed by the sweep; should it go on all the same, some of its rows may be older than B and others younger. It closes
its batch once more, and marks it so: a tail with such a batch is torn, and the pack must not be used until it is
built again.

What deletion does to rows needs no tail: it takes profiles away under a batch of its own, and the ordinals of deleted
profiles are subtracted from whatever an evaluation finds, be it in packs or in documents.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bson import ObjectId
from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.store.batches import DELETION
from seggql.store.bitmaps import from_binary
from seggql.store.collections import interactions_collection, profiles_collection, relationships_collection
from seggql.store.hub import Document
from seggql.store.packs import Basis
from seggql.store.snapshot import Snapshot, snapshot_at

BATCHES = "batches"
"""The collection of batches."""

READ = ("type", "kind", "state", "closed", "late", "touched", "neighbours")
"""What is read of batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBatch:
    """A batch as it stood in a snapshot: `collection` is what it wrote to, `touched` ordinals by profile type.

    `closed` is None while it is OPEN; `is_late` says that its writer went on after a sweep had closed it. A deletion
    has `neighbours`, who had edges with the profiles that go, by profile type: None where that is not recorded yet,
    never will be because they are too many, or was not by the release that wrote the batch.
    """

    id: ObjectId
    collection: str
    closed: Snapshot | None
    touched: Mapping[str, BitMap] = field(hash=False)
    is_late: bool = False
    is_deletion: bool = False
    neighbours: Mapping[str, BitMap] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The batches that a part does not cover. `is_torn`: of one, some rows may be in the part and others not."""

    batches: tuple[WrittenBatch, ...]
    is_torn: bool

    @property
    def ids(self) -> list[ObjectId]:
        """What interactions of the tail carry as `b`."""
        return [batch.id for batch in self.batches]

    def touched(self, profile_type: str, collection: str | None = None) -> BitMap:
        """The profiles of a type that the batches, all or those that wrote to `collection`, may have touched."""
        batches = (batch for batch in self.batches if collection in (None, batch.collection))
        return BitMap.union(BitMap(), *(batch.touched.get(profile_type, BitMap()) for batch in batches))

    def bereft(self, profile_type: str, gone_type: str) -> BitMap | None:
        """The profiles of a type that had edges with deleted ones of `gone_type`; None where that is not known of all.

        An edge made after a deletion leads to nobody: who had one before is all that counts.
        """
        bereft = BitMap()
        for batch in self.batches:
            if batch.is_deletion and gone_type in batch.touched:
                if batch.neighbours is None:
                    return None
                bereft |= batch.neighbours.get(profile_type, BitMap())
        return bereft


def writers_of_profiles(catalog: Catalog, profile_type: str) -> list[str]:
    """The collections whose batches may make or change profiles of a type: interactions and edges make them too."""
    return [
        profiles_collection(profile_type),
        *(interactions_collection(type_.name) for type_ in catalog.interactions_of(profile_type)),
        *(relationships_collection(type_.name) for type_ in catalog.relationships_of(profile_type)),
    ]


def tail_pipeline(collections: Collection[str], bases: Iterable[Basis]) -> list[Document]:
    """Yields from BATCHES those that wrote to `collections` and may be in the tail of a part on one of `bases`.

    See `batch_of` and `tail_of`. Without bases, the batches that are OPEN.
    """
    bases = list(bases)
    of_types: Document = {"type": {"$in": sorted(collections)}}
    either: list[Document] = [of_types | {"state": "OPEN"}]
    if bases:
        oldest = min(basis.snapshot.cluster_time for basis in bases)
        either.append(of_types | {"closed": {"$gt": oldest}})
        either.append(of_types | {"_id": {"$in": sorted({batch for basis in bases for batch in basis.open})}})
    return [{"$match": {"$or": either}}, {"$project": dict.fromkeys(READ, 1)}]


def batch_of(row: Document) -> WrittenBatch:
    """A batch that `tail_pipeline` found."""
    is_open, neighbours = row["state"] == "OPEN", row.get("neighbours")
    return WrittenBatch(
        id=row["_id"],
        collection=row["type"],
        closed=None if is_open else snapshot_at(row["closed"]),
        touched=_bitmaps(row["touched"]),
        is_late=row.get("late", False),
        is_deletion=row.get("kind") == DELETION,
        neighbours=_bitmaps(neighbours) if isinstance(neighbours, Mapping) else None,
    )


def tail_of(basis: Basis, batches: Sequence[WrittenBatch]) -> Tail:
    """Which of `batches`, as they stood in a later snapshot, a part on `basis` does not cover."""
    tail = [batch for batch in batches if not _covers(basis, batch)]
    is_torn = any(batch.is_late and batch.id not in basis.open for batch in tail)
    return Tail(batches=tuple(tail), is_torn=is_torn)


def open_in(batches: Iterable[WrittenBatch]) -> frozenset[ObjectId]:
    """The batches that were OPEN: what a basis at their snapshot must name."""
    return frozenset(batch.id for batch in batches if batch.closed is None)


def _covers(basis: Basis, batch: WrittenBatch) -> bool:
    is_closed_by_then = batch.closed is not None and batch.closed.cluster_time <= basis.snapshot.cluster_time
    return is_closed_by_then and batch.id not in basis.open


def _bitmaps(bits: Mapping[str, bytes]) -> dict[str, BitMap]:
    return {name: from_binary(of_type) for name, of_type in bits.items()}
