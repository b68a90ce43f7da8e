"""Shares of a pass over a pack: some profiles each, so that what is held at once is bounded and processes share it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.evaluation.packed.interactions import aggregate_ranges, aggregate_some, parts_needed
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_ranges, scan_some
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate, Scan
from seggql.store.packs import Range

Operator = Scan | Aggregate
"""What a pass answers."""

READ_US, SCAN_US, AGGREGATE_US = 0.03, 0.0035, 0.001
"""Microseconds of one core for a packed row: to read it, and for each scan or aggregate (53 scans of 400,000 profiles
took 0.085 s, 43 aggregates of 2.8 million interactions 0.18 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Operators of one kind over a pack, for profiles whose ordinals are in `some`, or for all."""

    pack: OpenPack
    operators: tuple[Operator, ...]
    some: Range | None


def expected_s(operators: Sequence[Operator], pack: OpenPack) -> float:
    """About how many seconds of one core it takes to find what the operators find in the pack."""
    aggregates = [one for one in operators if isinstance(one, Aggregate)]
    scans = len(operators) - len(aggregates)
    rows = pack.head.rows if scans else sum(part.rows for part in parts_needed(aggregates, pack))
    return rows * (READ_US + SCAN_US * scans + AGGREGATE_US * len(aggregates)) / 1e6


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
