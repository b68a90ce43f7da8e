"""Finds who had an interaction in one of many stretches of time: those of one link by one reading of the time index."""

from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seggql.columns.bitmaps import bitmap_of
from seggql.columns.column import milliseconds
from seggql.evaluation.access import by_time
from seggql.evaluation.run import Run
from seggql.mongo.aggregate import render_moments
from seggql.query.plan import Aggregate, Interval


async def find_moments(probes: Iterable[Aggregate], run: Run) -> None:
    """Find what `probes`, aggregates without any condition but their interval, find; `run` knows it then.

    Raises: UnavailableError, SnapshotExpired.
    """
    by_link: dict[tuple[str, str], list[Aggregate]] = {}
    for probe in dict.fromkeys(probes):
        if probe not in run.shared:
            by_link.setdefault((probe.interaction, probe.link), []).append(probe)
    for together in by_link.values():
        await _find(together, run)


async def _find(probes: list[Aggregate], run: Run) -> None:
    ordinals, times = await _read(probes, run)
    deleted = await run.sources.deleted(probes[0].profile_type)
    for probe in probes:
        assert probe.interval is not None, "a probe is of a stretch of time"
        run.shared[probe] = bitmap_of(ordinals[_within(times, probe.interval)]) - deleted


async def _read(probes: list[Aggregate], run: Run) -> "tuple[NDArray[Any], NDArray[Any]]":
    parts = []
    async with aclosing(run.columns(render_moments(probes, by_time(probes[0], run)), "p", "t")) as batches:
        async for batch in batches:
            parts.append(batch)
    if not parts:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    ordinals, times = zip(*parts, strict=True)
    return np.concatenate(ordinals), np.concatenate(times)


def _within(times: NDArray[Any], interval: Interval) -> "NDArray[np.bool_]":
    inside = np.ones(len(times), dtype=bool)
    if interval.low is not None:
        low = milliseconds(interval.low)
        inside &= times > low if interval.excludes_low else times >= low
    if interval.high is not None:
        inside &= times <= milliseconds(interval.high)
    return inside
