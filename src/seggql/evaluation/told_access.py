"""Tells how the operators of a plan would be answered: from packs, or by a pipeline, and why."""

from seggql.evaluation.packed.costs import paths_of
from seggql.evaluation.packed.edges import edge_paths
from seggql.evaluation.packed.opening import open_edges
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.together import pack_of
from seggql.evaluation.picking import Picked, pick
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate, Hop, Plan, Scan, parts_of
from seggql.query.planning.estimates import Statistics

PIPELINE, FROM_FEW = "pipeline", "from few profiles a pipeline"


async def told_access(plan: Plan, run: Run, statistics: Statistics) -> dict[Plan, str]:
    """How each operator in `plan` is answered, in a few words.

    How many profiles a hop comes from is not known before it is made: from few it asks for their edges alone.
    """
    picked = await pick([plan], run, statistics)
    return {part: await _told(part, run, picked) for part in parts_of(plan) if isinstance(part, Scan | Aggregate | Hop)}


async def _told(operator: Scan | Aggregate | Hop, run: Run, picked: Picked) -> str:
    match operator:
        case Hop():
            edges, paths = await open_edges(run, operator.relationship), edge_paths(operator)
            return f"{_packs(edges, paths)}; {FROM_FEW}" if edges and edges.has(paths) else PIPELINE
        case Scan() | Aggregate():
            told, pack = picked.told.get(operator), await pack_of(operator, run)
            if told is None or pack is None:
                return PIPELINE
            return f"{_packs(pack, paths_of(operator))}; {told.why}" if told.by_packs else f"{PIPELINE}; {told.why}"


def _packs(pack: OpenPack, paths: frozenset[str]) -> str:
    size = sum(part.columns[path].size for part in pack.head.parts for path in paths)
    return f"packs: columns {len(paths)}, parts {len(pack.head.parts)}, MB {size / 1e6:.1f}"
