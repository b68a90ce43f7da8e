"""A worker process of the contest: sees one run through and prints the most memory that it ever had, in bytes.

python -m benchmarks.contest.worker URI DATABASE RUN
"""

import asyncio
import resource
import sys
from pathlib import Path

from benchmarks.contest.ours import see_through
from seggql.garbage import collect_seldom
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.job import RunId
from seggql.store.models import open_models


async def work(uri: str, database: str, run: RunId) -> None:
    """Work on the run until it has ended."""
    settings = Settings(mongodb_uri=uri, database=database)
    hub = open_hub(settings)
    try:
        await open_models(hub)
        await see_through(hub, settings, run)
    finally:
        await hub.close()


def peak_bytes() -> int:
    """The most memory that this process has had; on Linux without that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(peak) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    collect_seldom()
    asyncio.run(work(sys.argv[1], sys.argv[2], RunId(sys.argv[3])))
    print(peak_bytes())
