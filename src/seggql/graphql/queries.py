"""Queries that are not saved: validated, previewed, estimated."""

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Annotated

import strawberry

from seggql.errors import QueryError
from seggql.graphql.catalog.types import ProfileType, read_profile_type
from seggql.graphql.context import Context, Info
from seggql.graphql.errors import QueryProblem, query_problem
from seggql.graphql.noun import Noun
from seggql.graphql.pages import First, page_size
from seggql.graphql.profiles.profile import Profile, profile_node
from seggql.graphql.scalars import JSON, to_json
from seggql.graphql.segments.segment import Segment, segments_by_name
from seggql.segments import estimates, queries
from seggql.segments.planning import request_instant
from seggql.segments.query_draft import QueryDraft
from seggql.store.profiles import profiles_of
from seggql.store.segment import SegmentKind


@strawberry.input(description="A query that is not saved.")
class QueryInput:
    """What validateQuery, previewQuery and estimateQuery take."""

    query: str = strawberry.field(description="The text.")
    profile_type: str | None = strawberry.field(default=None, description="Type that it must end at; any if left out.")
    kind: SegmentKind | None = strawberry.field(
        default=SegmentKind.DYNAMIC, description="STATIC allows a listing (ORDERBY, SKIP, TAKE, SELECT) at the end."
    )
    as_of: datetime | None = strawberry.field(default=None, description="Moves the clock of the query, not the data.")


@strawberry.type(description="What is to be said of a query without running it.")
class QueryValidation:
    """The GraphQL form of `segments.queries.Validation`."""

    is_valid: bool = strawberry.field(description="Whether it can be used.")
    canonical: str | None = strawberry.field(
        description="The text as it would be stored; null where it cannot be read."
    )
    profile_type: ProfileType | None = strawberry.field(description="The type that it ends at.")
    depends_on: list[Segment] = strawberry.field(description="The segments that it uses.")
    errors: list[QueryProblem] = strawberry.field(description="What is wrong with it.")
    warnings: list[QueryProblem] = strawberry.field(description="What is suspicious in it.")
    plan: str | None = strawberry.field(description="How it would run, as an indented text.")
    pipelines: list[JSON] = strawberry.field(description="The aggregation pipelines that it would run.")


@strawberry.type(description="Some of the profiles that a query finds.")
class Preview:
    """The GraphQL form of `segments.queries.Preview`."""

    profiles: list[Profile] = strawberry.field(
        description="The first profiles, in the query's order; SELECT limits their attributes."
    )
    total_count: int | None = strawberry.field(description="All matches where that is known, else null.")
    as_of: datetime = strawberry.field(description="The instant that it was evaluated for.")
    elapsed_ms: int = strawberry.field(description="How long it took, in milliseconds.")
    errors: list[QueryProblem] = strawberry.field(description="What is wrong with the query.")


@strawberry.type(
    description="How many profiles a query finds: counted where that is expected to take less than a second, else "
    "estimated from profiles of the type that are drawn at random: as many as make the bounds at most 1 percent of the "
    "type's size wide to either side, whatever the answer, or as the time of SEGGQL_ESTIMATE_TIMEOUT_S allows. "
    "Data are those of one moment; of segments that the query uses the present members count."
)
class Estimate:
    """The GraphQL form of `segments.estimates.Estimate`."""

    estimated_size: int | None = strawberry.field(
        description="How many, those that SKIP and TAKE leave; null where the query is faulty."
    )
    standard_error: float | None = strawberry.field(
        description="Standard error of the number, as it is before SKIP and TAKE; 0 where it was counted."
    )
    confidence_level: float = strawberry.field(
        description="How sure the bounds are: so often, of many estimates, the true number lies between them."
    )
    lower_bound: int | None = strawberry.field(
        description="At least so many (Wilson's interval, corrected for the number of all profiles)."
    )
    upper_bound: int | None = strawberry.field(description="At most so many.")
    profiles_read: int | None = strawberry.field(description="Profiles that were looked at; all, where it was counted.")
    profiles_matched: int | None = strawberry.field(description="Those of them that the query finds.")
    total_profiles: int | None = strawberry.field(
        description="All profiles of the type; past 100,000 the number that MongoDB keeps of them."
    )
    is_exact: bool | None = strawberry.field(description="Whether it was counted rather than estimated.")
    elapsed_ms: int = strawberry.field(description="How long it took, in milliseconds.")
    errors: list[QueryProblem] = strawberry.field(description="What is wrong with the query.")


Query = Annotated[QueryInput, strawberry.argument(description="The query.")]


@strawberry.type
class QueryQuery:
    """Queries that are not saved."""

    @strawberry.field(description="What is wrong with a query, and how it would run; nothing is evaluated.")
    async def validate_query(self, info: Info, input: Query) -> QueryValidation:
        context = info.context
        return await _validation(context, await queries.validate_query(context.hub, context.settings, _draft(input)))

    @strawberry.field(description="The first profiles that a query finds, without finding more than it must.")
    async def preview_query(self, info: Info, input: Query, first: First = 100) -> Preview:
        context, limit = info.context, page_size(first)
        try:
            return await _preview(
                context, await queries.preview_query(context.hub, context.settings, _draft(input), limit)
            )
        except QueryError as error:
            as_of = input.as_of or request_instant()
            return Preview(profiles=[], total_count=None, as_of=as_of, elapsed_ms=0, errors=_problems(error))

    @strawberry.field(description="How many profiles a query finds, and how sure that is.")
    async def estimate_query(
        self,
        info: Info,
        input: Query,
        confidence_level: Annotated[
            float | None,
            strawberry.argument(description="How sure the bounds are to be, between 0 and 1: 0.95 for 95 percent."),
        ] = 0.95,
    ) -> Estimate:
        context, level = info.context, 0.95 if confidence_level is None else confidence_level
        try:
            return _estimate(
                await estimates.estimate_query(context.hub, context.settings, _draft(input), level, Random())
            )
        except QueryError as error:
            return _no_estimate(level, _problems(error))


def _draft(wanted: QueryInput) -> QueryDraft:
    return QueryDraft(
        text=wanted.query,
        profile_type=wanted.profile_type,
        allows_listing=wanted.kind is SegmentKind.STATIC,
        as_of=wanted.as_of,
    )


async def _validation(context: Context, found: queries.Validation) -> QueryValidation:
    used = await context.loaders.of(segments_by_name).load_many(list(found.depends_on))
    return QueryValidation(
        is_valid=not found.errors,
        canonical=found.canonical,
        profile_type=await read_profile_type(context, found.profile_type) if found.profile_type else None,
        depends_on=[segment for segment in used if segment is not None],
        errors=[query_problem(problem) for problem in found.errors],
        warnings=[query_problem(problem) for problem in found.warnings],
        plan=found.plan,
        pipelines=[to_json(pipeline) for pipeline in found.pipelines],
    )


async def _preview(context: Context, found: queries.Preview) -> Preview:
    return Preview(
        profiles=await _profiles(context, found),
        total_count=found.total,
        as_of=found.as_of,
        elapsed_ms=found.elapsed_ms,
        errors=[],
    )


async def _profiles(context: Context, found: queries.Preview) -> list[Profile]:
    """The profiles in their order, with no more attributes than were selected."""
    stored = await profiles_of(context.hub, found.profile_type, found.ordinals)
    if found.selected is not None:
        stored = {ordinal: replace(p, held=found.selected[ordinal]) for ordinal, p in stored.items()}
    return [profile_node(found.profile_type, stored[ordinal]) for ordinal in found.ordinals if ordinal in stored]


def _estimate(found: estimates.Estimate) -> Estimate:
    return Estimate(
        estimated_size=found.size,
        standard_error=found.standard_error,
        confidence_level=found.level,
        lower_bound=found.lower,
        upper_bound=found.upper,
        profiles_read=found.read,
        profiles_matched=found.matched,
        total_profiles=found.total,
        is_exact=found.is_exact,
        elapsed_ms=found.elapsed_ms,
        errors=[],
    )


def _no_estimate(level: float, errors: list[QueryProblem]) -> Estimate:
    return Estimate(
        estimated_size=None,
        standard_error=None,
        confidence_level=level,
        lower_bound=None,
        upper_bound=None,
        profiles_read=None,
        profiles_matched=None,
        total_profiles=None,
        is_exact=None,
        elapsed_ms=0,
        errors=errors,
    )


def _problems(error: QueryError) -> list[QueryProblem]:
    return [query_problem(problem) for problem in error.problems]


NOUN = Noun(query=QueryQuery)
