"""From a segment's text to its plan: what a query may refer to, and what the store can say of the data."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from seggql.catalog.model import Catalog
from seggql.query.bound import BoundQuery
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.plan import QueryPlan
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics, indexed_paths
from seggql.query.scope import RecordFacts, Scope, SegmentReference
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.empty_attributes import find_empty_attributes
from seggql.store.hub import Hub
from seggql.store.segments import summarize_segments
from seggql.store.statistics import RecordCounts, member_counts, record_counts

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
    empty_attributes: frozenset[tuple[str, str]] = frozenset()

    def bind(
        self, text: str, *, output_type: str | None, segment_name: str | None = None, allows_listing: bool = False
    ) -> BoundQuery:
        """What `text` means. Raises: QueryError."""
        scope = Scope(
            catalog=self.catalog,
            segments=self.segments,
            output_type=output_type,
            segment_name=segment_name,
            allows_listing=allows_listing,
            facts=RecordFacts(
                empty_attributes=self.empty_attributes, record_counts=self.counts.profiles | self.counts.interactions
            ),
        )
        return compile_query(text, scope, Limits.of(self.settings))


def request_instant() -> datetime:
    """Now, to the millisecond: the `as_of` of whatever begins."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def read_surroundings(hub: Hub, settings: Settings, *, text: str | None = None) -> Surroundings:
    """The surroundings as they are now; with what warnings about `text` need, where one is given."""
    catalog = await load_catalog(hub)
    return Surroundings(
        catalog=catalog,
        segments={
            name: SegmentReference(
                name=name, profile_type=summary.profile_type, depends_on=frozenset(summary.depends_on)
            )
            for name, summary in (await summarize_segments(hub)).items()
        },
        counts=await record_counts(hub, catalog),
        settings=settings,
        empty_attributes=await find_empty_attributes(hub, catalog, _words(text)) if text else frozenset(),
    )


def _words(text: str) -> frozenset[str]:
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
    """How to find what `query` means at `as_of`."""
    return plan(query, as_of, await read_statistics(hub, surroundings, query.depends_on))
