"""Refreshes after few writes and after none, against a full one; what they find is checked by pipelines."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

import numpy as np

from benchmarks.contest import tables
from benchmarks.contest.arena import Arena, require_equal
from benchmarks.contest.figure import Figure
from benchmarks.contest.mix import draw_sample
from benchmarks.contest.ours import Refreshed
from benchmarks.contest.rivals import Pipelines
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.segments.untouched import LOOK
from seggql.store.hub import Document

CHANGED_SHARE = 1_000
"""One profile in so many is changed."""

AT_ONCE = 10
"""Refreshes one upon the other, after each write."""

CHECKED_EVERY = 40
"""Pipelines find the members of at most one segment in so many, for that is what takes long."""


async def measure_changes(arena: Arena) -> list[Figure]:
    """Measure after each of some writes; after none, once the clock has moved on; at once again; from nothing.

    With many interactions a window moves past one every moment. Nothing has changed where no window has, so that no
    segment had to be looked at.
    """
    await arena.refresh_all()
    changed, later, at_once = [], [], []
    for round_ in range(arena.rounds):
        await _write(arena, round_)
        changed.append(await arena.refresh_all())
        await _check(arena, changed[-1], round_)
        later.append(await arena.refresh_all())
        at_once += [await arena.refresh_all() for _ in range(AT_ONCE)]
    full = [await arena.refresh_all_anew() for _ in range(arena.rounds)]
    idle = [each for each in at_once if all(job.steps[0].name == LOOK for job in each.jobs)]
    whole, some, clock, again = (_median(runs) for runs in (full, changed, later, at_once))
    none = _median(idle)
    numbers = {
        "full_s": whole,
        "changed_s": some,
        "only_the_clock_moved_s": clock,
        "at_once_again_s": again,
        "nothing_changed_s": none,
        "nothing_changed_runs": len(idle),
        "incremental": sum(bool(job.is_incremental) for job in changed[-1].jobs),
    }
    return [
        Figure(
            what="full refresh, against one after 0.1 % of the profiles changed with their interactions",
            ratio=whole / some,
            asked=10,
            bound="least",
            numbers=numbers,
        ),
        Figure(
            what="refresh where nothing changed, against a full one",
            ratio=none / whole,
            asked=0.01,
            bound="most",
            numbers=numbers,
        ),
    ]


def _median(runs: Sequence[Refreshed]) -> float:
    """Seconds; NaN where there are no such runs."""
    return median(each.seconds for each in runs) if runs else math.nan


async def _write(arena: Arena, round_: int) -> None:
    """Change the attributes of some people and record what they did, through ingest."""
    chance = np.random.default_rng([arena.scale.seed, 7, round_])
    count = max(1, arena.scale.people // CHANGED_SHARE)
    ordinals = sorted(chance.choice(arena.scale.people, count, replace=False).tolist())
    other = replace(arena.scale, seed=arena.scale.seed + 1_000 + round_, people=max(count, 1_000))
    drawn = next(tables.people(other)).head(count).drop("_id").to_dicts()
    rows: list[object] = [
        {"key": f"p{ordinal}", "attributes": _json(row)} for ordinal, row in zip(ordinals, drawn, strict=True)
    ]
    stored = await upsert_profiles(arena.hub, "Person", rows)
    assert stored.rejected == 0, stored.rejections[0]
    for interaction, link, prefix in (("Purchase", "Buyer", "np"), ("Visit", "Visitor", "nv")):
        acts: list[object] = list(_acts(arena, chance, ordinals, interaction, link, f"{prefix}{round_}-"))
        recorded = await record_interactions(arena.hub, interaction, acts)
        assert recorded.stored == len(acts), recorded.rejections[:1]


def _acts(
    arena: Arena, chance: np.random.Generator, ordinals: list[int], interaction: str, link: str, prefix: str
) -> Iterator[Document]:
    """Some interactions of each of these people, all over time, most of them new."""
    span = arena.scale.until - arena.scale.since
    for ordinal in ordinals:
        for number in range(int(chance.poisson(3 if interaction == "Purchase" else 7))):
            at = arena.scale.until - span * float(chance.random() ** 3)
            attributes = (
                {"Amount": round(float(chance.lognormal(3.2, 0.9)), 2), "Quantity": 1}
                if interaction == "Purchase"
                else {"Seconds": int(chance.geometric(0.012)), "Page": f"/page/{number}"}
            )
            keys = {link: f"p{ordinal}"}
            id_ = f"{prefix}{ordinal}-{number}"
            yield {"id": id_, "timestamp": at.isoformat(), "links": keys, "attributes": attributes}


async def _check(arena: Arena, refreshed: Refreshed, round_: int) -> None:
    """Compare some segments, others in each round, to what pipelines find now."""
    sample = draw_sample(arena.segments, max(arena.sample_every, CHECKED_EVERY), arena.scale.seed + 1 + round_)
    pipelines = Pipelines(arena.hub, arena.segments)
    await pipelines.merge(sample, refreshed.as_of)
    found = {segment.name: await pipelines.merged_members(segment) for segment in sample}
    require_equal("$merge, after changes,", found, await arena.members())


def _json(row: Document) -> Document:
    """A row as the API takes it: a missing value unsets what was there."""
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, dict):
        return {name: _json_value(inner) for name, inner in value.items() if inner is not None}
    return value
