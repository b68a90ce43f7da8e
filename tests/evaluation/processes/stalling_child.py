"""A process beside a worker that begins a share, says so in the file STALLED, and calculates for ever."""

import asyncio
import os
import time
from pathlib import Path

from pyroaring import BitMap

from seggql.evaluation.packed.shares import Share
from seggql.evaluation.processes import child
from seggql.evaluation.run import Run


async def stall(share: Share, run: Run) -> list[BitMap]:
    """Never answer; a thread is not interrupted by anything."""
    path = Path(os.environ["STALLED"])
    path.with_suffix(".new").write_text(str(os.getpid()))
    path.with_suffix(".new").rename(path)
    await asyncio.to_thread(time.sleep, 600)
    return []


if __name__ == "__main__":
    vars(child)["evaluate_share"] = stall
    child.main()
