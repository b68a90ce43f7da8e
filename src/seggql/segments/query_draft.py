"""Queries that are not saved, from their texts to their plans."""

from dataclasses import dataclass
from datetime import datetime

from seggql.query.plan import QueryPlan
from seggql.query.planning.estimates import Statistics
from seggql.segments.planning import Surroundings, plan_with, read_statistics, read_surroundings, request_instant
from seggql.settings import Settings
from seggql.store.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDraft:
    """A query that is not saved; `as_of` moves the clock, not the data."""

    text: str
    profile_type: str | None = None
    allows_listing: bool = False
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDraft:
    """How to find what a draft means, and what that was planned by."""

    plan: QueryPlan
    surroundings: Surroundings
    statistics: Statistics


async def plan_draft(hub: Hub, settings: Settings, draft: QueryDraft) -> PlannedDraft:
    """How to find what `draft` means, a listing included.

    Raises: QueryError; RequestError (NOT_FOUND) where there is no such profile type.
    """
    surroundings = await read_surroundings(hub, settings)
    query = await surroundings.bind(draft.text, output_type=draft.profile_type, allows_listing=True)
    statistics = await read_statistics(hub, surroundings, query.depends_on)
    planned = await plan_with(settings, query, draft.as_of or request_instant(), statistics)
    return PlannedDraft(plan=planned, surroundings=surroundings, statistics=statistics)
