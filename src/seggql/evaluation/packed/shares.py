"""Shares of a pass over a pack: some profiles each, so that what is held at once is bounded and processes share it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.evaluation.packed.interactions import aggregate_ranges, aggregate_some, rows_of_each
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_ranges, scan_some
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate, Scan
from seggql.store.packs import Range

Operator = Scan | Aggregate
"""What a pass answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Operators of one kind over a pack, for profiles whose ordinals are in `some`, or for all.

    `most_rows` are the interactions that may be held at once.
    """

    pack: OpenPack
    operators: tuple[Operator, ...]
    some: Range | None
    most_rows: int


def shares_of(operators: Sequence[Operator], pack: OpenPack, processes: int) -> list[Share]:
    """The shares in which so many processes evaluate the operators; together they hold no more than one alone does."""
    shares: list[Share] = []
    most_rows = rows_of_each(processes)

    def share(of_range: Sequence[Operator], some: Range | None) -> None:
        shares.append(Share(pack=pack, operators=tuple(of_range), some=some, most_rows=most_rows))

    if scans := [one for one in operators if isinstance(one, Scan)]:
        for some in scan_ranges(pack, processes):
            share(scans, some)
    if aggregates := [one for one in operators if isinstance(one, Aggregate)]:
        for of_link, some in aggregate_ranges(aggregates, pack, processes):
            share(of_link, some)
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
    grouped = await aggregate_some(aggregates, run, share.pack, share.some, share.most_rows)
    return [grouped[one] for one in aggregates]
