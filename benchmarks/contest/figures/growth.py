"""How the time of a full refresh grows: with twice the data, and with five times the segments; measured in turns."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from benchmarks.contest import ours
from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.load import load
from benchmarks.contest.mix import draw_segments
from benchmarks.contest.questions import Asked
from benchmarks.hub import hub_on
from benchmarks.measuring import Contender, in_turns, ratio
from seggql.dev.mongod import Mongod

TIMES = 5
"""How many times the segments."""


async def measure_growth_with_records(mongod: Mongod, arena: Arena) -> Figure:
    """What twice the profiles and interactions take, against a hub with half of everything; packs are new in both."""
    scale = arena.scale
    half = replace(
        scale, people=scale.people // 2, interactions=scale.interactions // 2, households=scale.households // 2
    )
    async with hub_on(mongod, "half") as (hub, settings):
        settings = settings.model_copy(update={"pack_after": arena.settings.pack_after // 2})
        await load(hub, half)
        await ours.define(hub, settings, arena.segments, packed=True)
        smaller = replace(arena, hub=hub, settings=settings, scale=half)
        seconds = await in_turns({"whole": _anew(arena), "half": _anew(smaller)}, arena.rounds)
        await hub.client.drop_database("half")
    return Figure(
        what="growth: twice the profiles and interactions",
        ratio=ratio(seconds["whole"], seconds["half"]),
        asked=2.1,
        bound="most",
        numbers={f"{name}_s": median(values) for name, values in seconds.items()},
    )


async def measure_growth_with_segments(arena: Arena) -> tuple[Figure, Arena]:
    """What five times the segments take, and the arena that has them all."""
    fewer = len(arena.segments)
    further = draw_segments(
        replace(arena.scale, segments=(TIMES - 1) * fewer, seed=arena.scale.seed + 1), prefix="Further"
    )
    await ours.define(arena.hub, arena.settings, further, packed=True)
    more = replace(arena, segments=_numbered([*arena.segments, *further]))
    seconds = await in_turns({"fewer": _anew(arena), "more": _anew(more)}, arena.rounds)
    figure = Figure(
        what=f"growth: {fewer:,} to {len(more.segments):,} segments",
        ratio=ratio(seconds["more"], seconds["fewer"]),
        asked=3,
        bound="most",
        numbers={f"{name}_s": median(values) for name, values in seconds.items()},
    )
    return figure, more


def _anew(arena: Arena) -> Contender:
    async def refresh() -> float:
        return (await arena.refresh_all_anew()).seconds

    return refresh


def _numbered(segments: Sequence[Asked]) -> list[Asked]:
    return [replace(segment, number=number) for number, segment in enumerate(segments)]
