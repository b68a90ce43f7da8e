"""What packs take: of the rate of ingest while they are kept, and of space."""

import time
from contextlib import nullcontext
from dataclasses import replace
from statistics import median

import polars as pl

from benchmarks.contest import tables
from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.load import KINDS
from benchmarks.contest.packing import being_packed, pack, weigh, weigh_packs
from seggql.ingest.interaction_columns import record_interaction_columns
from seggql.store.pack_writes import read_head

PART = 20
"""One visit in so many comes once more, new, in each measurement."""

INGEST_ROUNDS = 2
"""Rounds of ingest for one of other figures, for its rates differ most."""


async def measure_packs(arena: Arena) -> list[Figure]:
    """Measure both; sizes are those of the documents as BSON, and on disk among the numbers."""
    await pack(arena.hub, arena.settings)
    heads = {kind.collection: await read_head(arena.hub, kind.collection) for kind in KINDS}
    documents = await weigh(arena.hub, [collection for collection, head in heads.items() if head.parts])
    packs = await weigh_packs(arena.hub)
    return [
        Figure(
            what="size of packs, against the documents that they come from",
            ratio=packs.bson / documents.bson if documents.bson else float("nan"),
            asked=0.2,
            bound="most",
            numbers={
                "packs_bytes": packs.bson,
                "documents_bytes": documents.bson,
                "packs_disk_bytes": packs.disk,
                "documents_disk_bytes": documents.disk,
            },
        ),
        await _ingest(arena),
    ]


async def _ingest(arena: Arena) -> Figure:
    """Record new visits, in turns while a process keeps the packs and while none does.

    The more there is the slower it goes: which of the two comes first changes from round to round, and ratios are those
    of rounds.
    """
    alone: list[float] = []
    beside: list[float] = []
    for round_ in range(INGEST_ROUNDS * arena.rounds):
        turns = (alone, beside) if round_ % 2 == 0 else (beside, alone)
        for turn, rates in enumerate(turns):
            async with being_packed(arena.settings) if rates is beside else nullcontext():
                rates.append(await _rate(arena, 2 * round_ + turn))
    return Figure(
        what="rate of ingest while packs are kept, against without",
        ratio=median(with_packs / without for with_packs, without in zip(beside, alone, strict=True)),
        asked=0.8,
        bound="least",
        numbers={"rows_per_s_beside_packing": median(beside), "rows_per_s": median(alone)},
    )


async def _rate(arena: Arena, number: int) -> float:
    """Rows a second."""
    table = _new_visits(arena, number)
    began = time.perf_counter()
    outcome = await record_interaction_columns(arena.hub, "Visit", table)
    elapsed = time.perf_counter() - began
    assert outcome.stored == table.height, outcome.rejections[:1]
    return table.height / elapsed


def _new_visits(arena: Arena, number: int) -> pl.DataFrame:
    """Visits as they are imported, with ids and times of their own."""
    count = max(1_000, arena.scale.visits // PART)
    scale = replace(arena.scale, interactions=2 * count, seed=arena.scale.seed + 2_000 + number)
    drawn = pl.concat(list(tables.visits(scale))).head(count)
    return drawn.select(
        (pl.lit(f"again{number}-") + pl.col("_id")).alias("id"),
        pl.col("t").dt.replace_time_zone("UTC").alias("timestamp"),
        (pl.lit("p") + pl.col("Visitor").cast(pl.String)).alias("Visitor"),
        "Seconds",
        "Page",
    )
