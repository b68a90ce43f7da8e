"""Scans: the profiles of a type for which a predicate holds."""

from pyroaring import BitMap

from seggql.evaluation.access import scan_hint
from seggql.evaluation.records import document_test
from seggql.evaluation.restrictions import restrictions
from seggql.evaluation.run import Run
from seggql.mongo.pipeline import Hint, Pipeline
from seggql.mongo.scan import demanded_keys, render_keys_lookup, render_scan
from seggql.query.plan import Scan
from seggql.query.predicate import Never

BY_ORDINAL: Hint = {"_id": 1}


async def scan(plan: Scan, run: Run, universe: BitMap | None) -> BitMap:
    """The profiles for which the predicate holds, of those in `universe`."""
    if isinstance(plan.predicate, Never):
        return BitMap()
    keys = demanded_keys(plan.predicate)
    if keys is not None:
        named = await run.ordinals(render_keys_lookup(plan.profile_type, keys), "o")
        universe = named if universe is None else named & universe
    if universe is None:
        return await _found(render_scan(plan, None, await scan_hint(plan, run)), run)
    found = BitMap()
    for restriction in restrictions(universe):
        found |= await _found(render_scan(plan, restriction, BY_ORDINAL), run)
    return found & universe


async def _found(pipeline: Pipeline, run: Run) -> BitMap:
    """The ordinals that `pipeline` yields, or of its candidates those that its residue holds for."""
    if pipeline.residue is None:
        return await run.ordinals(pipeline)
    holds = document_test(pipeline.residue)
    return BitMap([row["_id"] async for row in run.rows(pipeline) if holds(row)])
