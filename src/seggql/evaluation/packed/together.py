"""Evaluates the operators of many plans together: each once, those over the same columns in one pass over packs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.evaluation.packed.opening import open_profiles
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_documents, scan_packed, scan_paths
from seggql.evaluation.run import Run, Within
from seggql.mongo.scan import demanded_keys
from seggql.query.plan import Plan, Scan, parts_of
from seggql.query.predicate import Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Operators that one reading answers: of a pack, or without one of the documents of `universe`."""

    pack: OpenPack | None
    universe: BitMap | None
    operators: tuple[Scan, ...]


async def plan_passes(plans: Iterable[Plan], run: Run) -> list[Pass]:
    """The passes over packs that answer what these can of the operators in `plans`; known ones are left out."""
    passes = []
    for profile_type, scans in _scans_by_type(plans, run).items():
        pack = await open_profiles(run, profile_type)
        chosen = tuple(scan for scan in scans if pack and _is_for_packs(scan, pack))
        if chosen:
            passes.append(Pass(pack=pack, universe=None, operators=chosen))
    return passes


def plan_passes_within(plans: Sequence[tuple[Plan, BitMap]], run: Run) -> list[Pass]:
    """The passes over documents that answer the operators in `plans`, of each for the profiles beside it."""
    universes: dict[str, BitMap] = {}
    for plan, universe in plans:
        universes[plan.profile_type] = universes.get(plan.profile_type, BitMap()) | universe
    return [
        Pass(pack=None, universe=universes[profile_type], operators=tuple(scans))
        for profile_type, scans in _scans_by_type((plan for plan, _ in plans), run).items()
        if profile_type in universes
    ]


async def evaluate_passes(passes: Sequence[Pass], run: Run) -> None:
    """Make the passes; whoever evaluates a plan in `run` then knows what they found.

    Raises: UnavailableError, SnapshotExpired.
    """
    for made in passes:
        if made.pack:
            for operator, bitmap in (await scan_packed(made.operators, run, made.pack)).items():
                run.shared[operator] = await without_deleted(bitmap, operator.profile_type, run)
        elif made.universe:
            for operator, bitmap in (await scan_documents(made.operators, run, made.universe)).items():
                found = await without_deleted(bitmap, operator.profile_type, run)
                run.within[operator] = Within(universe=made.universe, found=found)


async def without_deleted(bitmap: BitMap, profile_type: str, run: Run) -> BitMap:
    """`bitmap` without the deleted profiles of the type."""
    deleted = await run.sources.deleted(profile_type)
    return bitmap - deleted if deleted else bitmap


def _scans_by_type(plans: Iterable[Plan], run: Run) -> dict[str, list[Scan]]:
    """Each scan once that nobody knows yet."""
    scans: dict[str, list[Scan]] = {}
    for operator in dict.fromkeys(part for plan in plans for part in parts_of(plan)):
        if isinstance(operator, Scan) and operator not in run.shared and not isinstance(operator.predicate, Never):
            scans.setdefault(operator.profile_type, []).append(operator)
    return scans


def _is_for_packs(scan: Scan, pack: OpenPack) -> bool:
    return demanded_keys(scan.predicate) is None and pack.has(scan_paths([scan]))
