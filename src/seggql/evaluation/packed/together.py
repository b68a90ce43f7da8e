"""Evaluates the operators of many plans together: each once, those over the same columns in one pass over packs."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.columns.encoding import ColumnUnreadable
from seggql.columns.groups import is_columnar
from seggql.evaluation.packed.interactions import aggregate_documents, aggregate_paths
from seggql.evaluation.packed.opening import do_without, open_interactions, open_profiles
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_documents, scan_paths
from seggql.evaluation.packed.shares import Operator
from seggql.evaluation.processes.division import find_in_shares
from seggql.evaluation.run import Run, Within
from seggql.mongo.scan import demanded_keys
from seggql.query.plan import Aggregate, Plan, Scan, parts_of
from seggql.query.predicate import Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Operators over one collection that one reading answers: of its pack, or of the documents of `universe`."""

    pack: OpenPack | None
    universe: BitMap | None
    operators: tuple[Operator, ...]


async def plan_passes(plans: Iterable[Plan], run: Run) -> list[Pass]:
    """The passes over packs that answer what these can of the operators in `plans`; known ones are left out."""
    passes = []
    asked = _by_collection(plans, run)
    packs = await asyncio.gather(*(pack_of(operators[0], run) for operators in asked))
    for operators, pack in zip(asked, packs, strict=True):
        chosen = tuple(operator for operator in operators if pack and is_for_packs(operator, pack))
        if chosen:
            passes.append(Pass(pack=pack, universe=None, operators=chosen))
    return passes


def plan_passes_within(plans: Sequence[tuple[Plan, BitMap]], run: Run) -> list[Pass]:
    """The passes over documents that answer the operators in `plans`, of each for the profiles beside it."""
    universes: dict[str, BitMap] = {}
    for plan, universe in plans:
        universes[plan.profile_type] = universes.get(plan.profile_type, BitMap()) | universe
    passes = []
    for operators in _by_collection((plan for plan, _ in plans), run):
        for of_one_link in _by_link(operators):
            within = universes.get(of_one_link[0].profile_type)
            chosen = tuple(one for one in of_one_link if isinstance(one, Scan) or is_columnar(one))
            if within and chosen:
                passes.append(Pass(pack=None, universe=within, operators=chosen))
    return passes


async def evaluate_passes(passes: Sequence[Pass], run: Run) -> None:
    """Make the passes; whoever evaluates a plan in `run` then knows what they found.

    What a pack does not tell that cannot be read, nobody knows then: it is found by pipelines.

    Raises: UnavailableError, SnapshotExpired.
    """
    for made in passes:
        try:
            answers = await _made(made, run)
        except ColumnUnreadable as error:
            assert made.pack, "columns are those of packs"
            do_without(made.pack, run, error)
            continue
        for found in answers:
            for operator, bitmap in found.items():
                existing = await without_deleted(bitmap, operator.profile_type, run)
                if made.universe is None:
                    run.shared[operator] = existing
                else:
                    run.within[operator] = Within(universe=made.universe, found=existing)


async def without_deleted(bitmap: BitMap, profile_type: str, run: Run) -> BitMap:
    """`bitmap` without the deleted profiles of the type."""
    deleted = await run.sources.deleted(profile_type)
    return bitmap - deleted if deleted else bitmap


async def pack_of(operator: Operator, run: Run) -> OpenPack | None:
    """The pack of what the operator reads, where there is one that can be used."""
    if isinstance(operator, Scan):
        return await open_profiles(run, operator.profile_type)
    return await open_interactions(run, operator.interaction)


def is_for_packs(operator: Operator, pack: OpenPack) -> bool:
    """Whether the pack has what the operator reads, and its columns can say it; what asks for keys has an index."""
    if isinstance(operator, Scan):
        return demanded_keys(operator.predicate) is None and pack.has(scan_paths([operator]))
    return is_columnar(operator) and pack.has(aggregate_paths([operator]))


async def _made(
    made: Pass, run: Run
) -> list[Mapping[Operator, BitMap] | Mapping[Scan, BitMap] | Mapping[Aggregate, BitMap]]:
    if made.pack:
        return [await find_in_shares(made.operators, made.pack, run)]
    scans = [one for one in made.operators if isinstance(one, Scan)]
    aggregates = [one for one in made.operators if isinstance(one, Aggregate)]
    found: list[Mapping[Operator, BitMap] | Mapping[Scan, BitMap] | Mapping[Aggregate, BitMap]] = []
    if made.universe:
        found += [await scan_documents(scans, run, made.universe)] if scans else []
        found += [await aggregate_documents(aggregates, run, made.universe)] if aggregates else []
    return found


def _by_collection(plans: Iterable[Plan], run: Run) -> list[list[Operator]]:
    """Each operator once that nobody knows yet, with the others over the same collection."""
    found: dict[tuple[type, str], list[Operator]] = {}
    for operator in dict.fromkeys(part for plan in plans for part in parts_of(plan)):
        if (
            operator in run.shared
            or not isinstance(operator, Scan | Aggregate)
            or isinstance(operator.predicate, Never)
        ):
            continue
        name = operator.profile_type if isinstance(operator, Scan) else operator.interaction
        found.setdefault((type(operator), name), []).append(operator)
    return list(found.values())


def _by_link(operators: Iterable[Operator]) -> list[list[Operator]]:
    """Aggregates apart by the link that they group by: that is how documents of some profiles are found."""
    found: dict[str | None, list[Operator]] = {}
    for operator in operators:
        found.setdefault(operator.link if isinstance(operator, Aggregate) else None, []).append(operator)
    return list(found.values())
