"""How the time of a full refresh grows: with twice the data, and with five times the segments."""

from dataclasses import replace
from statistics import median

from benchmarks.contest import ours
from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.load import load
from benchmarks.contest.mix import draw_segments
from benchmarks.hub import hub_on
from seggql.dev.mongod import Mongod

TIMES = 5
"""How many times the segments."""


async def measure_half(mongod: Mongod, arena: Arena) -> float:
    """The seconds of a full refresh over half of everything, in a hub of its own."""
    scale = arena.scale
    half = replace(
        scale, people=scale.people // 2, interactions=scale.interactions // 2, households=scale.households // 2
    )
    async with hub_on(mongod, "half") as (hub, settings):
        await load(hub, half)
        await ours.define(hub, settings, arena.segments, packed=True)
        smaller = replace(arena, hub=hub, settings=settings, scale=half)
        runs = [await smaller.refresh_all_anew() for _ in range(arena.rounds + 1)]
        await hub.client.drop_database("half")
    return median(run.seconds for run in runs[1:])


def growth_with_records(whole_s: float, half_s: float) -> Figure:
    """What twice the profiles and interactions take."""
    return Figure(
        what="growth: twice the profiles and interactions",
        ratio=whole_s / half_s,
        asked=2.1,
        bound="most",
        numbers={"whole_s": whole_s, "half_s": half_s},
    )


async def measure_growth_with_segments(arena: Arena, fewer_s: float) -> tuple[Figure, Arena]:
    """What five times the segments take, and the arena that has them all."""
    segments = draw_segments(replace(arena.scale, segments=TIMES * arena.scale.segments, seed=arena.scale.seed + 1))
    for name in arena.names:
        await arena.hub.collection("segments").delete_one({"name": name})
    more = replace(arena, segments=segments)
    await ours.define(arena.hub, arena.settings, segments, packed=True)
    runs = [await more.refresh_all_anew() for _ in range(max(1, arena.rounds - 1))]
    many_s = median(run.seconds for run in runs)
    figure = Figure(
        what=f"growth: {len(arena.segments):,} to {len(segments):,} segments",
        ratio=many_s / fewer_s,
        asked=3,
        bound="most",
        numbers={"fewer_s": fewer_s, "many_s": many_s},
    )
    return figure, more
