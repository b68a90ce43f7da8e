"""Tells how the operators of a plan would be answered: from packs, or by a pipeline."""

from seggql.evaluation.packed.edges import edge_paths
from seggql.evaluation.packed.interactions import aggregate_paths
from seggql.evaluation.packed.opening import open_edges
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_paths
from seggql.evaluation.packed.together import is_for_packs, pack_of
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate, Hop, Plan, Scan, parts_of

PIPELINE = "pipeline"


async def told_access(plan: Plan, run: Run) -> dict[Plan, str]:
    """How each operator in `plan` is answered, in a few words; a hop from few profiles asks for their edges alone."""
    return {part: await _told(part, run) for part in parts_of(plan) if isinstance(part, Scan | Aggregate | Hop)}


async def _told(operator: Scan | Aggregate | Hop, run: Run) -> str:
    match operator:
        case Hop():
            pack = await open_edges(run, operator.relationship)
            return _words(pack, edge_paths(operator)) if pack and pack.has(edge_paths(operator)) else PIPELINE
        case Scan() | Aggregate():
            pack = await pack_of(operator, run)
            paths = scan_paths([operator]) if isinstance(operator, Scan) else aggregate_paths([operator])
            return _words(pack, paths) if pack and is_for_packs(operator, pack) else PIPELINE


def _words(pack: OpenPack, paths: frozenset[str]) -> str:
    size = sum(part.columns[path].size for part in pack.head.parts for path in paths)
    return f"packs: columns {len(paths)}, parts {len(pack.head.parts)}, MB {size / 1e6:.1f}"
