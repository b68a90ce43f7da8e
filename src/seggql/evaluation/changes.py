"""Which profiles may have entered or left what a plan finds, since it was evaluated at an earlier snapshot and instant.

Only these are evaluated again. One too many does no harm; where nothing certain can be said, all are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyroaring import BitMap

from seggql.evaluation.evaluate import find
from seggql.evaluation.hops import reached_from
from seggql.evaluation.run import Run
from seggql.query.clock import flipped_scans, moved_aggregates, paired_operands
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan
from seggql.store.collections import interactions_collection, relationships_collection
from seggql.store.tail import Tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What came after an earlier evaluation: the batches written, and by segment whose membership changed.

    A segment that is not among `moved` may have changed in any way.
    """

    tail: Tail
    moved: Mapping[str, BitMap]


async def changed(before: Plan, after: Plan, since: Since, run: Run) -> BitMap | None:
    """Every profile that one of the two plans, of one query at two instants, may find and the other not.

    None where that can be any.
    """
    match before, after:
        case Scan(), Scan() if before.profile_type == after.profile_type:
            return await _probed(flipped_scans(before, after), since.tail.touched(after.profile_type), run)
        case Aggregate(), Aggregate():
            collection = interactions_collection(after.interaction)
            touched = since.tail.touched(after.profile_type, collection)
            return await _probed(moved_aggregates(before, after), touched, run)
        case Hop(), Hop():
            return await _by_hop(before, after, since, run)
        case Members(), Members() if before == after:
            return since.moved.get(after.segment)
        case Algebra(), Algebra():
            return await _by_algebra(before, after, since, run)
        case _:
            return None


async def _probed(probes: "list[Scan] | list[Aggregate] | None", touched: BitMap, run: Run) -> BitMap | None:
    """What was touched, and what the probes find."""
    if probes is None:
        return None
    for probe in probes:
        touched = touched | await find(probe, run)
    return touched


async def _by_hop(before: Hop, after: Hop, since: Since, run: Run) -> BitMap | None:
    """Both ends of whatever edge was written or removed are touched; and where the source changed, whom it leads to.

    The edges of a deleted profile go without that: its deletion tells whom they led to, or else it can be anybody.
    """
    if replace(before, source=after.source) != after:
        return None
    bereft = since.tail.bereft(after.profile_type, after.source_type)
    if bereft is None:
        return None
    moved = await changed(before.source, after.source, since, run)
    if moved is None:
        return None
    touched = since.tail.touched(after.profile_type, relationships_collection(after.relationship))
    return touched | bereft | await reached_from(after, run, moved)


async def _by_algebra(before: Algebra, after: Algebra, since: Since, run: Run) -> BitMap | None:
    pairs = paired_operands(before, after)
    if pairs is None:
        return None
    found = BitMap()
    for old, new in pairs:
        moved = await changed(old, new, since, run)
        if moved is None:
            return None
        found |= moved
    return found
