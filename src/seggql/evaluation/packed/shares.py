"""Shares of a pass over a pack: some profiles each, so that what is held at once is bounded and processes share it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.evaluation.packed.interactions import aggregate_ranges, aggregate_some
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_ranges, scan_some
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate, Scan
from seggql.store.packs import Range

Operator = Scan | Aggregate
"""What a pass answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Operators of one kind over a pack, for profiles whose ordinals are in `some`, or for all."""

    pack: OpenPack
    operators: tuple[Operator, ...]
    some: Range | None


def shares_of(operators: Sequence[Operator], pack: OpenPack, processes: int) -> list[Share]:
    """The shares in which so many processes evaluate the operators; together they hold no more than one alone does."""
    shares = []
    if scans := [one for one in operators if isinstance(one, Scan)]:
        shares += [Share(pack=pack, operators=tuple(scans), some=some) for some in scan_ranges(pack, processes)]
    if aggregates := [one for one in operators if isinstance(one, Aggregate)]:
        for of_link, some in aggregate_ranges(aggregates, pack, processes):
            shares.append(Share(pack=pack, operators=tuple(of_link), some=some))
    return shares


async def evaluate_share(share: Share, run: Run) -> list[BitMap]:
    """What each operator of the share finds, in their order; deleted profiles may be among it.

    Raises: UnavailableError, SnapshotExpired.
    """
    scans = [one for one in share.operators if isinstance(one, Scan)]
    if scans:
        scanned = await scan_some(scans, run, share.pack, share.some)
        return [scanned[one] for one in scans]
    aggregates = [one for one in share.operators if isinstance(one, Aggregate)]
    grouped = await aggregate_some(aggregates, run, share.pack, share.some)
    return [grouped[one] for one in aggregates]
