from collections.abc import Awaitable, Callable

from pyroaring import BitMap
from seggql.evaluation.run import Run
from seggql.query.plan import Hop, Plan

Find = Callable[[Plan, Run, BitMap | None], Awaitable[BitMap]]


async def hop(plan: Hop, run: Run, universe: BitMap | None, find: Find) -> BitMap:
    """Not yet."""
    raise NotImplementedError
