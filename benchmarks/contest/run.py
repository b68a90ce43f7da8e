"""A whole contest, from an empty mongod to the report."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks.contest import ours
from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.figures.changes import measure_changes
from benchmarks.contest.figures.compound import measure_compound
from benchmarks.contest.figures.full import FullRefresh, measure_full
from benchmarks.contest.figures.growth import measure_growth_with_records, measure_growth_with_segments
from benchmarks.contest.figures.lifetime import measure_lifetime
from benchmarks.contest.figures.memory import measure_memory, measure_peak
from benchmarks.contest.figures.packs import measure_packs
from benchmarks.contest.figures.web import measure_web
from benchmarks.contest.load import load
from benchmarks.contest.machine import machine_facts
from benchmarks.contest.mix import draw_sample, draw_segments
from benchmarks.contest.packing import pack
from benchmarks.contest.report import Report
from benchmarks.contest.scale import Scale
from benchmarks.hub import benchmark_mongod, hub_on


async def hold_contest(scale: Scale, *, sample_every: int, rounds: int, requests: int) -> Report:
    """Measure every figure; raises AssertionError where contenders find different members."""
    segments = draw_segments(scale)
    with tempfile.TemporaryDirectory(prefix="seggql-contest-") as folder, benchmark_mongod() as mongod:
        async with hub_on(mongod) as (hub, settings):
            arena = Arena(
                hub=hub,
                settings=settings,
                scale=scale,
                parquet=Path(folder),
                segments=segments,
                sample_every=sample_every,
                rounds=rounds,
            )
            machine = await machine_facts(hub, scale.until)
            with _told("loading") as clock:
                await load(hub, scale, arena.parquet)
            loaded_s = clock[0]
            full, figures = await measure_anew(arena)
            with _told("peak memory"):
                peak = await measure_peak(arena)
            with _told("half of the data", figures):
                figures.append(await measure_growth_with_records(mongod, arena))
            figures += await measure_changed(arena)
            with _told("more segments", figures):
                growth, more = await measure_growth_with_segments(arena)
                figures.append(growth)
            with _told("what packs take", figures):
                figures += await measure_packs(more)
        with _told("answers over HTTP", figures):
            figures += await measure_web(mongod, more, requests)
        with _told("five times the profiles", figures):
            figures.append(await measure_memory(mongod, arena, peak))
    return Report(
        scale=scale,
        machine=machine,
        figures=figures,
        contenders=full.contenders,
        sampled=len(draw_sample(segments, sample_every, scale.seed)),
        loaded_s=loaded_s,
    )


async def measure_anew(arena: Arena) -> tuple[FullRefresh, list[Figure]]:
    """The figures of the loaded hub as it is, its packs new."""
    with _told("defining segments, and their first refresh"):
        by_pipelines = await ours.define(arena.hub, arena.settings, arena.segments, packed=False)
    with _told("packing"):
        await pack(arena.hub, arena.settings)
    figures: list[Figure] = []
    with _told("full refreshes", figures):
        full = await measure_full(arena, by_pipelines)
        figures += full.figures
    with _told("a count over all time", figures):
        figures.append(await measure_lifetime(arena))
    return full, figures


async def measure_changed(arena: Arena) -> list[Figure]:
    """The figures that change what is in it."""
    figures: list[Figure] = []
    with _told("changes", figures):
        figures += await measure_changes(arena)
    with _told("a compound", figures):
        figures.append(await measure_compound(arena))
    return figures


@contextmanager
def _told(what: str, figures: Sequence[Figure] = ()) -> Iterator[list[float]]:
    """Say what was done, how long it took (the seconds are then in the list), and the figures that came of it."""
    seconds: list[float] = []
    before, began = len(figures), time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - began)
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"{what}: {seconds[0]:.1f} s")
    for figure in figures[before:]:
        numbers = ", ".join(f"{name} {number:,.4g}" for name, number in figure.numbers.items())
        console.print(f"  {figure.what}: {figure.measured} of {figure.asked_for} ({numbers})")
