"""Timing contenders in turns and comparing them round by round, so that a machine that slows down slows all."""

import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import median

from rich.console import Console
from rich.table import Table

Contender = Callable[[], Awaitable[float | None]]
"""Does the work once; returns the seconds that count, or None where all of it counts."""


async def in_turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, list[float]]:
    """The seconds of each contender in each of `rounds`, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            began = time.perf_counter()
            measured = await contender()
            elapsed = time.perf_counter() - began
            if number:
                seconds[name].append(elapsed if measured is None else measured)
    return seconds


def ratio(seconds: list[float], against: list[float]) -> float:
    """How many times as long: the median of what each round says."""
    return median(one / other for one, other in zip(seconds, against, strict=True))


def difference(seconds: list[float], against: list[float]) -> float:
    """How many seconds longer: the median of what each round says."""
    return median(one - other for one, other in zip(seconds, against, strict=True))


def show(title: str, rows: list[tuple[str, str, str, bool]]) -> bool:
    """Print a row for each figure: what, measured, asked for, whether it holds; returns whether all hold."""
    table = Table("figure", "measured", "asked for", "", title=title, title_justify="left")
    for what, measured, asked, holds in rows:
        table.add_row(what, measured, asked, "holds" if holds else "MISSED")
    Console().print(table)
    return all(holds for *_, holds in rows)
