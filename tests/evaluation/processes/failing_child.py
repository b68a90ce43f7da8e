"""A process beside a worker that fails at every share."""

from pyroaring import BitMap

from seggql.evaluation.packed.shares import Share
from seggql.evaluation.processes import child
from seggql.evaluation.run import Run


async def fail(share: Share, run: Run) -> list[BitMap]:
    """Raises: MemoryError."""
    raise MemoryError("too much")


if __name__ == "__main__":
    vars(child)["evaluate_share"] = fail
    child.main()
