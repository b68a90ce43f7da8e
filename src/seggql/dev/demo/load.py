"""Loads the Complete Journey into a hub, as any caller would: types, then rows in batches. Safe to repeat."""

import asyncio
from collections.abc import Awaitable, Callable

import polars as pl
from rich.progress import Progress

from seggql.dev.demo.journey import KEY, Journey
from seggql.dev.demo.model import INTERACTION_TYPES, PROFILE_TYPES, RELATIONSHIP_TYPES
from seggql.errors import InvariantError
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.ingest.interaction_columns import record_interaction_columns
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.store.hub import Hub

BATCH_ROWS = 10_000
WRITERS = 3
"""Batches that are written at once: while MongoDB writes some, we read the next ones."""

Row = dict[str, object]
Write = Callable[[Hub, str, pl.DataFrame], Awaitable[IngestOutcome]]


async def define_types(hub: Hub) -> None:
    """Define the demo's types; those that are there already stay as they are."""
    for profile_type in PROFILE_TYPES:
        await define_profile_type(hub, profile_type, builds_indexes=True)
    for relationship_type in RELATIONSHIP_TYPES:
        await define_relationship_type(hub, relationship_type, builds_indexes=True)
    for interaction_type in INTERACTION_TYPES:
        await define_interaction_type(hub, interaction_type, builds_indexes=True)


async def load_journey(hub: Hub, journey: Journey, progress: Progress) -> None:
    """Load every table; rows that are there already change nothing."""
    await _load(hub, progress, "Household", journey.households(), write_profiles)
    await _load(hub, progress, "Campaign", journey.campaigns(), write_profiles)
    await _load(hub, progress, "Product", journey.products(), write_profiles)
    await _load(hub, progress, "ReceivedCampaign", journey.received_campaigns(), write_edges)
    await _load(hub, progress, "CouponRedemption", journey.coupon_redemptions(), record_interaction_columns)
    await _load(hub, progress, "Purchase", journey.purchases(), record_interaction_columns)


async def write_profiles(hub: Hub, profile_type: str, table: pl.DataFrame) -> IngestOutcome:
    """Upsert the rows of a table: the column `key`, and attributes."""
    return await upsert_profiles(hub, profile_type, _rows(table.select(KEY), table.select(pl.exclude(KEY))))


async def write_edges(hub: Hub, relationship_type: str, table: pl.DataFrame) -> IngestOutcome:
    """Relate the profiles of a table: the columns `source` and `target`, and fields."""
    ends = ("source", "target")
    return await relate_profiles(hub, relationship_type, _rows(table.select(ends), table.select(pl.exclude(ends))))


def _rows(own: pl.DataFrame, attributes: pl.DataFrame) -> list[Row]:
    rows = own.to_dicts()
    for row, values in zip(rows, attributes.iter_rows(named=True), strict=True):
        row["attributes"] = values
    return rows


async def _load(hub: Hub, progress: Progress, type_: str, table: pl.DataFrame, write: Write) -> None:
    bar = progress.add_task(type_, total=table.height)
    batches = table.iter_slices(BATCH_ROWS)

    async def writer() -> None:
        for batch in batches:
            outcome = await write(hub, type_, batch)
            if outcome.rejected:
                raise InvariantError(f"rows of the demo were rejected: {outcome.rejections[0]}")
            progress.advance(bar, batch.height)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
