"""A query evaluated here and now, for the one-time query of a static segment."""

from datetime import datetime

from pyroaring import BitMap

from seggql.evaluation.listing import listed_members
from seggql.query.bound import BoundQuery
from seggql.segments.members import readable_members
from seggql.segments.planning import Surroundings, plan_query
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources, take_snapshot_with_deleted
from seggql.store.statistics import RecordCounts


async def live_sources(hub: Hub, counts: RecordCounts | None = None) -> SnapshotSources:
    """The data as they are now, held still for one evaluation; `counts` where they have just been read."""

    async def members_of(name: str) -> BitMap:
        return await readable_members(hub, name)

    snapshot, deleted = await take_snapshot_with_deleted(hub)
    return SnapshotSources(hub, snapshot, members_of, counts.by_collection if counts else None, deleted)


async def find_once(hub: Hub, surroundings: Surroundings, query: BoundQuery, as_of: datetime) -> BitMap:
    """Who belongs to `query` at `as_of`; a listing takes its part of them."""
    plan = await plan_query(hub, surroundings, query, as_of)
    sources = await live_sources(hub, surroundings.counts)
    return await listed_members(plan, sources, surroundings.catalog, surroundings.settings)
