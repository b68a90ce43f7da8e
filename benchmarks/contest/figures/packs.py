"""What packs take: of the rate of ingest while they are kept, and of the disk."""

from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.load import KINDS
from benchmarks.contest.packing import PACKS, has_packs, packs_bytes, stored_bytes


async def measure_packs(arena: Arena) -> list[Figure]:
    """Measure both."""
    documents = sum([await stored_bytes(arena.hub, kind.collection) for kind in KINDS])
    packs = await packs_bytes(arena.hub) if has_packs() else 0
    return [
        Figure(
            what="ingest with packing, against without",
            ratio=None,
            asked=0.8,
            bound="least",
            lacks=PACKS,
        ),
        Figure(
            what="packs on disk, against the documents that they come from",
            ratio=packs / documents if has_packs() else None,
            asked=0.2,
            bound="most",
            numbers={"packs_bytes": packs, "documents_bytes": documents},
            lacks=None if has_packs() else PACKS,
        ),
    ]
