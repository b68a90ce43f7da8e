from pyroaring import BitMap
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate


async def aggregate(plan: Aggregate, run: Run, universe: BitMap | None) -> BitMap:
    """Not yet."""
    raise NotImplementedError
