"""The command of the contest: `make bench` and `make bench-full`."""

import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.contest.report import write_report
from benchmarks.contest.run import hold_contest
from benchmarks.contest.scale import Scale
from seggql.garbage import collect_seldom

POSITIVE = typer.Option(min=1)


def main(
    people: Annotated[int, typer.Option(min=1_000)] = 100_000,
    interactions: Annotated[int, typer.Option(min=1_000)] = 1_000_000,
    households: Annotated[int, POSITIVE] = 10_000,
    segments: Annotated[int, typer.Option(min=20)] = 200,
    seed: int = 4,
    sample_every: Annotated[int, typer.Option(min=1, help="One pipeline is measured for so many segments.")] = 4,
    rounds: Annotated[int, POSITIVE] = 3,
    requests: Annotated[int, typer.Option(min=20)] = 200,
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("build/bench"),
) -> None:
    """Hold the contest and write its report; exits with 1 where a figure is missed."""
    collect_seldom()  # as workers do
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that mongod is stopped, too
    scale = Scale(
        people=people,
        interactions=interactions,
        households=households,
        segments=segments,
        seed=seed,
        until=datetime.now(UTC).replace(second=0, microsecond=0),
    )
    report = asyncio.run(hold_contest(scale, sample_every=sample_every, rounds=rounds, requests=requests))
    sys.exit(0 if write_report(report, out) else 1)


if __name__ == "__main__":
    typer.run(main)
