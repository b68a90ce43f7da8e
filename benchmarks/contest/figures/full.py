"""A full refresh of all segments, committed, against one pipeline each, MongoDB's count and DuckDB."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import mean, median

import duckdb
from pyroaring import BitMap

from benchmarks.contest import duck
from benchmarks.contest.arena import Arena, require_equal
from benchmarks.contest.figure import Figure, Numbers
from benchmarks.contest.mix import draw_sample
from benchmarks.contest.ours import Refreshed
from benchmarks.contest.questions import Acted, Kind
from benchmarks.contest.rivals import Pipelines
from benchmarks.measuring import Contender, in_turns

LOOKED_UP, QUESTIONS = 20_000, 6
"""How many profiles are asked one by one, and how many questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRefresh:
    """What a full refresh takes each contender, in seconds, by the name that the chart shows."""

    figures: tuple[Figure, ...]
    contenders: Numbers


async def measure_full(arena: Arena, by_pipelines: float) -> FullRefresh:
    """Measure all contenders; `by_pipelines` are our own seconds before there were packs."""
    seconds = await _in_turns_with_duckdb(arena)
    mongodb, long_share = await _mongodb(arena)
    ours = median(seconds["seggql"])
    contenders = {"seggql, from packs": ours, "seggql, by pipelines": by_pipelines}
    contenders |= {name: median(values) for name, values in seconds.items() if name != "seggql"}
    contenders |= mongodb
    duckdb_fastest = min(median(values) for name, values in seconds.items() if name != "seggql")
    merge = mongodb["one pipeline each, $merge"]
    numbers = {"ours_s": ours, "merge_s": merge, "duckdb_s": duckdb_fastest, "long_windows_share": long_share}
    count = len(arena.segments)
    figures = (
        Figure(
            what=f"full refresh of {count} segments, against one `$merge` pipeline each",
            ratio=merge / ours,
            asked=100,
            bound="least",
            numbers=numbers,
        ),
        Figure(
            what=f"full refresh of {count} segments, against DuckDB on Parquet, the fastest of four ways",
            ratio=duckdb_fastest / ours,
            asked=1,
            bound="least",
            numbers=numbers,
        ),
    )
    return FullRefresh(figures=figures, contenders=contenders)


async def _in_turns_with_duckdb(arena: Arena) -> dict[str, list[float]]:
    """Seconds of ours and of DuckDB, all four ways, each pass over all segments compared to the member."""
    latest: list[tuple[Refreshed, Mapping[str, BitMap]]] = []

    async def ours() -> float:
        refreshed = await arena.refresh_all_anew()
        latest[:] = [(refreshed, await arena.members())]
        return refreshed.seconds

    def duckdb_way(database: "duckdb.DuckDBPyConnection", is_shared: bool) -> Contender:
        async def fetch() -> float:
            refreshed, members = latest[0]
            found = duck.fetch_all(database, arena.segments, refreshed.as_of, is_shared=is_shared)
            require_equal("DuckDB", found.members, members)
            return found.seconds

        return fetch

    with ExitStack() as stack:
        views = stack.enter_context(duck.over_parquet(arena.parquet))
        tables = stack.enter_context(duck.over_tables(arena.parquet))

        contenders: dict[str, Contender] = {
            "seggql": ours,
            "DuckDB on Parquet, one by one": duckdb_way(views, False),
            "DuckDB on Parquet, passes shared": duckdb_way(views, True),
            "DuckDB loaded first, one by one": duckdb_way(tables, False),
            "DuckDB loaded first, passes shared": duckdb_way(tables, True),
        }
        return await in_turns(contenders, arena.rounds)


async def _mongodb(arena: Arena) -> tuple[Numbers, float]:
    """Seconds of MongoDB's contenders for all segments, from a sample of them where there are many.

    And the share of the counts that the long windows, a tenth of the segments, take.
    """
    refreshed = await arena.refresh_all()
    members = await arena.members()
    pipelines = Pipelines(arena.hub, arena.segments)
    sample = draw_sample(arena.segments, arena.sample_every, arena.scale.seed)
    merged = await pipelines.merge(sample, refreshed.as_of)
    found = {segment.name: await pipelines.merged_members(segment) for segment in sample}
    require_equal("$merge", found, members)
    counted, counts = await pipelines.count(sample, refreshed.as_of)
    wrong = [name for name, count in counts.items() if count != len(members[name])]
    assert not wrong, f"MongoDB counts other members in {wrong}"
    looked_up = [seconds async for seconds in _looked_up(arena, pipelines, refreshed, members)]
    windows = sum(segment.kind in (Kind.WINDOW, Kind.LONG_WINDOW) for segment in arena.segments)
    counted_s = counted.scaled(arena.segments)
    long = [segment for segment in arena.segments if segment.kind is Kind.LONG_WINDOW]
    contenders = {
        "one pipeline each, $merge": merged.scaled(arena.segments),
        "one pipeline each, only counted": counted_s,
        "$lookup from each profile, windows only": mean(looked_up) * windows if looked_up else float("nan"),
    }
    return contenders, counted.scaled(long) / counted_s


async def _looked_up(
    arena: Arena, pipelines: Pipelines, refreshed: Refreshed, members: Mapping[str, BitMap]
) -> AsyncIterator[float]:
    """The seconds that some windows take for all people, from what the first of these take."""
    questions = [(s.name, s.question) for s in arena.segments if isinstance(s.question, Acted)]
    last = min(LOOKED_UP, arena.scale.people) - 1
    for name, question in random.Random(arena.scale.seed).sample(questions, min(QUESTIONS, len(questions))):
        seconds, found = await pipelines.look_up(question, refreshed.as_of, 0, last)
        among = BitMap(range(last + 1))
        require_equal("$lookup", {name: found}, {name: members[name] & among})
        yield seconds * arena.scale.people / len(among)
