"""The facts of the machine that a contest took place on."""

import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from seggql.store.hub import Hub

PACKAGES = ("seggql", "duckdb", "numpy", "polars", "pyarrow", "pymongo", "pyroaring")


async def machine_facts(hub: Hub, at: datetime) -> dict[str, str | int | float]:
    """What readers of figures want to know: processor, memory, system, releases, date."""
    build = await hub.database.command("buildInfo")
    return {
        "date": f"{at:%Y-%m-%d %H:%M} UTC",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "mongodb": str(build["version"]),
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        names = [line.partition(":")[2] for line in facts.read_text().splitlines() if line.startswith("model name")]
        if names:
            return names[0].strip()
    return platform.processor() or platform.machine()
