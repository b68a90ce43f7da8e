"""Listings: members in order, from SKIP to TAKE, with the attributes that SELECT names."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.evaluation.evaluate import find
from seggql.evaluation.records import plain
from seggql.evaluation.run import Run
from seggql.evaluation.sources import Sources
from seggql.mongo.listing import render_order, render_profiles
from seggql.query.bound import Field, KeyField, Listing, OrderedBy
from seggql.query.plan import QueryPlan
from seggql.settings import Settings

BATCH = 10_000
"""Members ordered by one pipeline, and profiles read by one."""

EVERYTHING = Listing()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProfile:
    """A profile of a listing; `attributes` are the selected ones, nested as they are stored, without missing ones."""

    ordinal: int
    key: str
    attributes: Mapping[str, object]


async def list_profiles(
    query: QueryPlan, sources: Sources, catalog: Catalog, settings: Settings, *, at_most: int
) -> list[ListedProfile]:
    """The profiles that `query` lists, in its order (by key where it has none), at most `at_most` of them."""
    run = Run(sources=sources, catalog=catalog, settings=settings)
    listing = query.listing or EVERYTHING
    ordinals: list[int] = []
    async with aclosing(_listed(query, listing, run)) as listed:
        async for ordinal in listed:
            if len(ordinals) == at_most:
                break
            ordinals.append(ordinal)
    return [profile async for profile in _profiles(query.profile_type, ordinals, listing.select, run)]


async def listed_members(query: QueryPlan, sources: Sources, catalog: Catalog, settings: Settings) -> BitMap:
    """The members of a one-time query: all that it finds, or where it takes or skips, those that it lists."""
    run = Run(sources=sources, catalog=catalog, settings=settings)
    listing = query.listing or EVERYTHING
    if listing.take is None and not listing.skip:
        return await find(query.root, run)
    return BitMap([ordinal async for ordinal in _listed(query, listing, run)])


async def _listed(query: QueryPlan, listing: Listing, run: Run) -> AsyncGenerator[int, None]:
    """Ordinals in order, from SKIP on and no more than TAKE."""
    members = await find(query.root, run)
    end = None if listing.take is None else listing.skip + listing.take
    position = 0
    async with aclosing(_ordered(query.profile_type, members, listing.order, end, run)) as ordered:
        async for ordinal in ordered:
            if position == end:
                break
            if position >= listing.skip:
                yield ordinal
            position += 1


async def _ordered(
    profile_type: str, members: BitMap, order: Sequence[OrderedBy], end: int | None, run: Run
) -> AsyncGenerator[int, None]:
    """The members in order, or the first `end` of them.

    A short beginning is kept while batches of members pass by; otherwise MongoDB orders all profiles, on its disk
    where they are many, and those that are members are picked from the stream.
    """
    if (end is not None and end <= BATCH) or len(members) <= BATCH:
        first: list[int] = []
        for start in range(0, len(members), BATCH):
            batch = [*first, *members[start : start + BATCH]]
            pipeline = render_order(profile_type, order, batch, len(batch) if end is None else max(end, 1))
            first = [row["_id"] async for row in run.rows(pipeline)]
        for ordinal in first:
            yield ordinal
        return
    async for (column,) in run.columns(render_order(profile_type, order, None, None), "_id"):
        for ordinal in column.tolist():
            if ordinal in members:
                yield ordinal


async def _profiles(
    profile_type: str, ordinals: list[int], select: Sequence[Field | KeyField] | None, run: Run
) -> AsyncGenerator[ListedProfile, None]:
    """The profiles of `ordinals`, in their order."""
    for start in range(0, len(ordinals), BATCH):
        batch = ordinals[start : start + BATCH]
        rows = {row["_id"]: row async for row in run.rows(render_profiles(profile_type, batch, select))}
        for ordinal in batch:
            if row := rows.get(ordinal):
                attributes = plain(row.get("a") or {})
                yield ListedProfile(ordinal=ordinal, key=row["key"], attributes=attributes)
