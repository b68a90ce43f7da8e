"""Queries that are not saved, from their texts to their plans."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from seggql.errors import ProblemCode, QueryError
from seggql.query.plan import QueryPlan
from seggql.query.planning.estimates import Statistics
from seggql.segments.once import live_sources
from seggql.segments.planning import (
    Surroundings,
    plan_with,
    read_statistics,
    read_surroundings,
    request_instant,
    words_of,
)
from seggql.settings import Settings
from seggql.stopping import cancel_for_certain
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDraft:
    """A query that is not saved; `as_of` moves the clock, not the data."""

    text: str
    profile_type: str | None = None
    allows_listing: bool = False
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDraft:
    """How to find what a draft means, what that was planned by, and the moment of the data to look at."""

    plan: QueryPlan
    surroundings: Surroundings
    statistics: Statistics
    sources: SnapshotSources


async def plan_draft(hub: Hub, settings: Settings, draft: QueryDraft) -> PlannedDraft:
    """How to find what `draft` means, a listing included.

    The snapshot is taken after the catalog was read, for it must hold all collections, and while the query is planned.
    Of segments those are read that the text may name; all of them where it names one that is not there, for a hint.

    Raises: QueryError; RequestError (NOT_FOUND) where there is no such profile type; UnavailableError.
    """
    surroundings = await read_surroundings(hub, settings, segments=words_of(draft.text))
    sources = asyncio.create_task(live_sources(hub, surroundings.counts))
    try:
        try:
            query = await surroundings.bind(draft.text, output_type=draft.profile_type, allows_listing=True)
        except QueryError as error:
            if all(problem.code is not ProblemCode.UNKNOWN_SEGMENT for problem in error.problems):
                raise
            surroundings = await read_surroundings(hub, settings)
            query = await surroundings.bind(draft.text, output_type=draft.profile_type, allows_listing=True)
        statistics = await read_statistics(hub, surroundings, query.depends_on)
        planned = await plan_with(settings, query, draft.as_of or request_instant(), statistics)
        return PlannedDraft(plan=planned, surroundings=surroundings, statistics=statistics, sources=await sources)
    finally:
        await cancel_for_certain([sources])
