"""From a segment's text to its plan: what a query may refer to, and what the store can say of the data."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from seggql.catalog.model import Catalog, InteractionType, ProfileType, TypeName
from seggql.catalog.names import did_you_mean, shown
from seggql.errors import ProblemCode, QueryError, RequestCode, RequestError
from seggql.query.ast import Document
from seggql.query.binder import bind
from seggql.query.bound import BoundQuery
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.plan import QueryPlan
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics, indexed_paths
from seggql.query.printer import print_document
from seggql.query.scope import RecordFacts, Scope, SegmentReference
from seggql.query.source import Source, Span
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.empty_attributes import find_empty_attributes
from seggql.store.hub import Hub
from seggql.store.segments import summarize_segments
from seggql.store.statistics import RecordCounts, member_counts, record_counts

T = TypeVar("T")

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_TEXT = 1_000_000
"""Characters of a text that is looked through for names; queries are far shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What texts are bound and planned in: the catalog, the segments and the counts at one moment."""

    catalog: Catalog
    segments: dict[str, SegmentReference]
    counts: RecordCounts
    settings: Settings
    empty_attributes: frozenset[tuple[TypeName, str]] = frozenset()

    async def bind(
        self, text: str, *, output_type: str | None, segment_name: str | None = None, allows_listing: bool = False
    ) -> BoundQuery:
        """What `text` means, settled off the event loop.

        Raises: QueryError; RequestError (NOT_FOUND) where there is no type `output_type`.
        """
        scope = self._scope(output_type, segment_name=segment_name, allows_listing=allows_listing)
        return await in_time(self.settings, text, lambda: compile_query(text, scope, Limits.of(self.settings)))

    async def bind_parsed(
        self, document: Document, text: str, *, output_type: str | None, allows_listing: bool = False
    ) -> BoundQuery:
        """The same, where `text` has been parsed into `document`."""
        scope = self._scope(output_type, allows_listing=allows_listing)
        return await in_time(self.settings, text, lambda: bind(document, Source(text), scope))

    def _scope(self, output_type: str | None, *, segment_name: str | None = None, allows_listing: bool) -> Scope:
        if output_type is not None:
            require_profile_type(self.catalog, output_type)
        return Scope(
            catalog=self.catalog,
            segments=self.segments,
            output_type=output_type,
            segment_name=segment_name,
            allows_listing=allows_listing,
            facts=RecordFacts(
                empty_attributes=self.empty_attributes,
                record_counts={
                    **{(ProfileType, name): count for name, count in self.counts.profiles.items()},
                    **{(InteractionType, name): count for name, count in self.counts.interactions.items()},
                },
            ),
        )


def require_profile_type(catalog: Catalog, name: str) -> None:
    """Raises: RequestError (NOT_FOUND) where there is no profile type of this name."""
    known = catalog.profile_types
    if name not in known:
        message = f"There is no profile type {shown(name)}.{did_you_mean(name, known)}"
        raise RequestError(RequestCode.NOT_FOUND, message, field=("profileType",))


def request_instant() -> datetime:
    """Now, to the millisecond: the `as_of` of whatever begins."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def read_surroundings(
    hub: Hub, settings: Settings, *, text: str | None = None, segments: Collection[str] | None = None
) -> Surroundings:
    """The surroundings as they are now: with what warnings about `text` need and, of segments, those called `segments`.

    Without `text` nothing is known for warnings, without `segments` all segments are there.
    """
    (catalog, counts), summaries = await asyncio.gather(_counted_catalog(hub), summarize_segments(hub, names=segments))
    return Surroundings(
        catalog=catalog,
        segments={
            name: SegmentReference(
                name=name, profile_type=summary.profile_type, depends_on=frozenset(summary.depends_on)
            )
            for name, summary in summaries.items()
        },
        counts=counts,
        settings=settings,
        empty_attributes=await find_empty_attributes(hub, catalog, words_of(text)) if text else frozenset(),
    )


async def _counted_catalog(hub: Hub) -> tuple[Catalog, RecordCounts]:
    catalog = await load_catalog(hub)
    return catalog, await record_counts(hub, catalog)


def words_of(text: str) -> frozenset[str]:
    """The words of a text that may be a query; one that is too long for that has none."""
    return frozenset(WORD.findall(text)) if len(text) <= MAX_TEXT else frozenset()


async def read_statistics(hub: Hub, surroundings: Surroundings, segments: Iterable[str]) -> Statistics:
    """What the planner may know, with the member counts of `segments`."""
    return Statistics(
        profiles=surroundings.counts.profiles,
        interactions=surroundings.counts.interactions,
        relationships=surroundings.counts.relationships,
        members=await member_counts(hub, segments),
        indexed=indexed_paths(surroundings.catalog),
        profile_cost_us=surroundings.settings.profile_cost_us,
        key_cost_us=surroundings.settings.key_cost_us,
    )


async def plan_query(hub: Hub, surroundings: Surroundings, query: BoundQuery, as_of: datetime) -> QueryPlan:
    """How to find what `query` means at `as_of`, planned off the event loop. Raises: QueryError."""
    statistics = await read_statistics(hub, surroundings, query.depends_on)
    return await plan_with(surroundings.settings, query, as_of, statistics)


async def plan_with(settings: Settings, query: BoundQuery, as_of: datetime, statistics: Statistics) -> QueryPlan:
    """The same, where `statistics` are at hand."""
    return await in_time(settings, query.document, lambda: plan(query, as_of, statistics))


async def in_time(settings: Settings, query: str | Document, work: Callable[[], T]) -> T:
    """What `work`, which reads or plans a query, returns. Raises: QueryError where it takes longer than it may."""
    try:
        async with asyncio.timeout(settings.query_plan_timeout_s):
            return await asyncio.to_thread(work)
    except TimeoutError:
        raise too_slow(settings, query if isinstance(query, str) else print_document(query)) from None


def too_slow(settings: Settings, text: str | None) -> QueryError:
    """Says that reading or planning `text` has taken longer than it may."""
    limit = f"{settings.query_plan_timeout_s:g} s (SEGGQL_QUERY_PLAN_TIMEOUT_S)"
    message = f"Planning this query takes longer than {limit}. Split it into segments that use each other."
    return QueryError((Source(text or "").problem(ProblemCode.QUERY_TOO_LARGE, message, Span(0, 1)),))
