"""Evaluates the operators of many plans together: each once, those over the same columns in one pass over packs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.evaluation.packed.opening import open_profiles
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_packed, scan_paths
from seggql.evaluation.run import Run
from seggql.mongo.scan import demanded_keys
from seggql.query.plan import Plan, Scan, parts_of
from seggql.query.predicate import Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Operators that one reading of a pack answers."""

    pack: OpenPack
    operators: tuple[Scan, ...]


async def plan_passes(plans: Iterable[Plan], run: Run) -> list[Pass]:
    """The passes that answer what packs can of the operators in `plans`; those known already are left out."""
    operators = dict.fromkeys(part for plan in plans for part in parts_of(plan) if part not in run.shared)
    scans: dict[str, list[Scan]] = {}
    for operator in operators:
        if isinstance(operator, Scan):
            scans.setdefault(operator.profile_type, []).append(operator)
    passes = [await _pass_of_scans(profile_type, of_type, run) for profile_type, of_type in scans.items()]
    return [made for made in passes if made is not None]


async def evaluate_passes(passes: Sequence[Pass], run: Run) -> None:
    """Make the passes; whoever evaluates a plan in `run` then knows what they found.

    Raises: UnavailableError, SnapshotExpired.
    """
    for made in passes:
        found = await scan_packed(made.operators, run, made.pack)
        for operator, bitmap in found.items():
            run.shared[operator] = await _without_deleted(bitmap, operator.profile_type, run)


async def _pass_of_scans(profile_type: str, scans: Sequence[Scan], run: Run) -> Pass | None:
    pack = await open_profiles(run, profile_type)
    if pack is None:
        return None
    chosen = tuple(scan for scan in scans if _is_for_packs(scan, pack))
    return Pass(pack=pack, operators=chosen) if chosen else None


def _is_for_packs(scan: Scan, pack: OpenPack) -> bool:
    is_by_key = demanded_keys(scan.predicate) is not None
    return not isinstance(scan.predicate, Never) and not is_by_key and pack.has(scan_paths([scan]))


async def _without_deleted(bitmap: BitMap, profile_type: str, run: Run) -> BitMap:
    deleted = await run.sources.deleted(profile_type)
    return bitmap - deleted if deleted else bitmap
