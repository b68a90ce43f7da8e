"""The most memory that a worker takes for a full refresh, of many profiles against five times as many."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.contest import ours
from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.load import load
from benchmarks.hub import environment_of, hub_on
from seggql.dev.mongod import Mongod

TIMES = 5
"""How many times the profiles; interactions stay as many."""


async def measure_peak(arena: Arena) -> int:
    """The most bytes of a worker that refreshes all segments of the arena."""
    await ours.forget(arena.hub, arena.names)
    run = await ours.store(arena.hub, arena.names, datetime.now(UTC))
    arguments = ["-m", "benchmarks.contest.worker", arena.settings.mongodb_uri, arena.settings.database, run]
    worker = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env=environment_of(arena.settings)
    )
    printed, _ = await worker.communicate()
    assert worker.returncode == 0
    await ours.require_success(arena.hub, run)
    return int(printed)


async def measure_memory(mongod: Mongod, arena: Arena, peak: int) -> Figure:
    """Measure in a hub of its own, against the `peak` of the arena's."""
    larger = replace(arena.scale, people=TIMES * arena.scale.people)
    async with hub_on(mongod, "larger") as (hub, settings):
        await load(hub, larger)
        await ours.define(hub, settings, arena.segments, packed=True)
        most = await measure_peak(replace(arena, hub=hub, settings=settings, scale=larger))
        await hub.client.drop_database("larger")
    return Figure(
        what=f"peak memory of a worker, {arena.scale.people:,} to {larger.people:,} profiles",
        ratio=most / peak,
        asked=1.3,
        bound="most",
        numbers={"peak_bytes": peak, "larger_peak_bytes": most},
    )
