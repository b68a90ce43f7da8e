"""Queries that are not saved: what is wrong with one, how it would run, whom it would find."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from seggql.errors import QueryError, QueryProblem
from seggql.evaluation.listing import list_profiles
from seggql.evaluation.previews import first_matches
from seggql.evaluation.run import Run
from seggql.evaluation.told_access import told_access
from seggql.query.explain import plan_text
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.plan import Plan, QueryPlan
from seggql.query.planning.estimates import Statistics
from seggql.query.printer import print_document
from seggql.segments.once import live_sources
from seggql.segments.pipelines import Plain, shown_pipelines
from seggql.segments.planning import (
    Surroundings,
    in_time,
    plan_with,
    read_statistics,
    read_surroundings,
    request_instant,
)
from seggql.segments.query_draft import QueryDraft, plan_draft
from seggql.settings import Settings
from seggql.store.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What is to be said of a query; `canonical` is there whenever the text parses, a plan when it is right."""

    canonical: str | None = None
    profile_type: str | None = None
    depends_on: tuple[str, ...] = ()
    errors: tuple[QueryProblem, ...] = ()
    warnings: tuple[QueryProblem, ...] = ()
    plan: str | None = None
    pipelines: tuple[dict[str, Plain], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Some of the profiles that a query finds, in its order.

    `selected` holds their attributes where the query selects some; `total` is how many there are where that is known.
    """

    profile_type: str
    ordinals: tuple[int, ...]
    selected: Mapping[int, Mapping[str, object]] | None
    total: int | None
    as_of: datetime
    elapsed_ms: int


async def validate_query(hub: Hub, settings: Settings, draft: QueryDraft) -> Validation:
    """Everything that can be said of a query without running it."""
    try:
        document = await in_time(settings, draft.text, lambda: parse(draft.text, Limits.of(settings)))
    except QueryError as error:
        return Validation(errors=error.problems)
    surroundings = await read_surroundings(hub, settings, text=draft.text)
    try:
        query = await surroundings.bind_parsed(
            document, draft.text, output_type=draft.profile_type, allows_listing=draft.allows_listing
        )
    except QueryError as error:
        return Validation(canonical=print_document(document), errors=error.problems)
    statistics = await read_statistics(hub, surroundings, query.depends_on)
    planned = await plan_with(settings, query, draft.as_of or request_instant(), statistics)
    return Validation(
        canonical=print_document(query.document),
        profile_type=query.profile_type,
        depends_on=tuple(sorted(query.depends_on)),
        warnings=query.warnings,
        plan=plan_text(planned, statistics, await _access(hub, surroundings, planned, statistics)),
        pipelines=tuple(shown_pipelines(planned.root)),
    )


async def _access(hub: Hub, surroundings: Surroundings, planned: QueryPlan, statistics: Statistics) -> dict[Plan, str]:
    """How a refresh of everybody would answer each operator, as packs are now."""
    sources = await live_sources(hub)
    run = Run(sources=sources, catalog=surroundings.catalog, settings=surroundings.settings)
    return await told_access(planned.root, run, statistics)


async def preview_query(hub: Hub, settings: Settings, draft: QueryDraft, limit: int) -> Preview:
    """The first `limit` profiles that the query finds, without finding more than it must.

    Raises: QueryError; RequestError where it uses a segment that has no members; UnavailableError.
    """
    start = monotonic()
    drafted = await plan_draft(hub, settings, draft)
    planned, surroundings, sources = drafted.plan, drafted.surroundings, drafted.sources
    selected: dict[int, Mapping[str, object]] | None = None
    if planned.listing:
        listed = await list_profiles(planned, sources, surroundings.catalog, settings, at_most=limit)
        ordinals = tuple(profile.ordinal for profile in listed)
        if planned.listing.select is not None:
            selected = {profile.ordinal: profile.attributes for profile in listed}
        is_whole = len(ordinals) < limit and planned.listing.take is None and not planned.listing.skip
        total = len(ordinals) if is_whole else None
    else:
        matches = await first_matches(planned.root, sources, surroundings.catalog, settings, limit, drafted.statistics)
        ordinals, total = tuple(matches.first), matches.total
    return Preview(
        profile_type=planned.profile_type,
        ordinals=ordinals,
        selected=selected,
        total=total,
        as_of=planned.as_of,
        elapsed_ms=_since(start),
    )


def _since(start: float) -> int:
    return round((monotonic() - start) * 1000)
