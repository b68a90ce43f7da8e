"""The noun Segment: a named, living set of profiles."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from pyroaring import BitMap

from seggql.exporter import FileFormat
from seggql.graphql.catalog.types import ProfileType, require_profile_type_node
from seggql.graphql.context import Context, Info
from seggql.graphql.errors import QueryProblem, query_problem
from seggql.graphql.ids import to_global_id
from seggql.graphql.jobs import Job, page_of_jobs, read_job
from seggql.graphql.node import Node
from seggql.graphql.pages import After, Connection, First, page_size
from seggql.graphql.profiles.profile import Profile
from seggql.graphql.scalars import Long
from seggql.graphql.segments.members import (
    read_changes_page,
    read_members_at_page,
    read_members_page,
    read_trend,
)
from seggql.graphql.segments.types import MemberCount, MembershipChange, RefreshCost, SegmentSchedule, SegmentUsage
from seggql.segments.dependencies import usages_of
from seggql.store import segment as values
from seggql.store import segments as store
from seggql.store.holdings import segments_holding
from seggql.store.hub import Hub
from seggql.store.job import JobKind
from seggql.store.jobs import JobFilter
from seggql.store.members import count_members
from seggql.store.schedules import find_system_schedule
from seggql.store.segment import SegmentId, SegmentKind, SegmentOrigin, SegmentState

if TYPE_CHECKING:
    from seggql.graphql.exports.export import Export

KIND = "Segment"

strawberry.enum(FileFormat, description="Formats of a file of members.")


@strawberry.type(description="A named set of profiles of one type.")
class Segment(Node):
    """The GraphQL form of `store.segment.Segment`."""

    stored: strawberry.Private[values.Segment]
    name: str = strawberry.field(description="Identifier that queries use: SEGMENT(name). Never changes.")
    display_name: str = strawberry.field(description="What people read; renameSegment changes it.")
    description: str | None = strawberry.field(description="What it is for.")
    tags: list[str] = strawberry.field(description="Words to find it by.")
    kind: SegmentKind = strawberry.field(description="Whether it follows its query or changes by hand.")
    origin: SegmentOrigin = strawberry.field(description="Who made it.")
    state: SegmentState = strawberry.field(description="Whether it is refreshed and has members.")
    query: str | None = strawberry.field(description="The definition, or of a static one its last one-time query.")
    warnings: list[QueryProblem] = strawberry.field(description="What is suspicious in the query.")
    generation: int | None = strawberry.field(
        description="Number of the members in force; null until the first refresh."
    )
    consecutive_failures: int = strawberry.field(description="How many refreshes in a row have failed.")
    last_error: str | None = strawberry.field(description="Why the last refresh failed; null where it did not.")
    failing_since: datetime | None = strawberry.field(description="When the first of these failures was.")
    created_at: datetime = strawberry.field(description="When it was made.")
    created_by: str | None = strawberry.field(description="Who made it, where that is known.")
    updated_at: datetime = strawberry.field(description="When somebody last changed it; refreshes do not count.")
    updated_by: str | None = strawberry.field(description="Who last changed it, where that is known.")

    @strawberry.field(description="The type of its members.")
    async def profile_type(self, info: Info) -> ProfileType:
        return await require_profile_type_node(info.context, self.stored.profile_type)

    @strawberry.field(description="How many members it has; null until the first refresh.")
    async def member_count(self, info: Info) -> int | None:
        return await info.context.loaders.of(member_counts).load(self.stored)

    @strawberry.field(description="The job of the last refresh that succeeded or failed.")
    async def last_refresh(self, info: Info) -> Job | None:
        return await read_job(info.context, self.stored.last_refresh) if self.stored.last_refresh else None

    @strawberry.field(description="When it is refreshed, activated and deactivated by itself; null where it never is.")
    def schedule(self) -> SegmentSchedule | None:
        stored = self.stored
        if not any((stored.interval_minutes, stored.cron, stored.activate_at, stored.deactivate_at)):
            return None
        return SegmentSchedule(
            interval_minutes=stored.interval_minutes,
            cron=stored.cron,
            time_zone=stored.time_zone,
            activate_at=stored.activate_at,
            deactivate_at=stored.deactivate_at,
        )

    @strawberry.field(
        description="When it is refreshed next by its own schedule, the system's or its planned activation, or tried "
        "again after a failure; null where none of them is due before it is inactive."
    )
    async def next_refresh_at(self, info: Info) -> datetime | None:
        stored = self.stored
        if stored.kind is SegmentKind.STATIC:
            return None
        if stored.state is SegmentState.INACTIVE:
            return stored.activate_at
        system = await info.context.loaders.of(system_due).load("system")
        soonest = min((due for due in (stored.due_at, system, stored.retry_at) if due is not None), default=None)
        if soonest is not None and stored.deactivate_at is not None and stored.deactivate_at <= soonest:
            return stored.activate_at if stored.activate_at and stored.activate_at > stored.deactivate_at else None
        return soonest

    @strawberry.field(description="What the last refresh that evaluated it cost; null where there was none.")
    def cost(self) -> RefreshCost | None:
        cost = self.stored.cost
        if cost is None:
            return None
        return RefreshCost(
            documents=Long(cost.documents),
            keys=Long(cost.keys),
            bytes=Long(cost.bytes),
            elapsed_ms=cost.elapsed_ms,
            share=cost.share,
        )

    @strawberry.field(description="The segments that its query uses.")
    async def depends_on(self, info: Info) -> list["Segment"]:
        found = await info.context.loaders.of(segments_by_name).load_many(list(self.stored.depends_on))
        return [segment for segment in found if segment is not None]

    @strawberry.field(description="The segments whose queries use it.")
    async def dependents(self, info: Info) -> list["Segment"]:
        return await info.context.loaders.of(dependents_of).load(self.stored.name)

    @strawberry.field(description="Campaigns and exports that use it.")
    async def usages(self, info: Info) -> list[SegmentUsage]:
        return await info.context.loaders.of(usages_of_segments).load(self.stored)

    @strawberry.field(
        description="Whether its query may not be changed, nor it be deleted: it is predefined, or a scheduled export "
        "or an active campaign uses it; see `usages`."
    )
    async def is_locked(self, info: Info) -> bool:
        usages = await info.context.loaders.of(usages_of_segments).load(self.stored)
        return self.stored.is_locked or any(usage.is_active for usage in usages)

    @strawberry.field(description="Its members, without those deleted.")
    async def members(self, info: Info, first: First = 100, after: After = None) -> Connection[Profile]:
        return await read_members_page(info.context.hub, self.stored, page_size(first), after)

    @strawberry.field(
        description="Its members at an earlier instant, without those deleted since; as far back as history is kept."
    )
    async def members_at(
        self,
        info: Info,
        at: Annotated[datetime, strawberry.argument(description="The instant.")],
        first: First = 100,
        after: After = None,
    ) -> Connection[Profile]:
        return await read_members_at_page(info.context.hub, self.stored, at, page_size(first), after)

    @strawberry.field(description="How the number of members moved, oldest first; as far back as history is kept.")
    async def trend(
        self,
        info: Info,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="From when on; from the beginning if null.")
        ] = None,
        to: Annotated[datetime | None, strawberry.argument(description="Until when; until now if null.")] = None,
    ) -> list[MemberCount]:
        return await read_trend(info.context.hub, self.stored, from_, to)

    @strawberry.field(description="Everyone who entered or left, oldest first; keep the cursor to read on.")
    async def changes(self, info: Info, first: First = 1000, after: After = None) -> Connection[MembershipChange]:
        return await read_changes_page(info.context.hub, self.stored, page_size(first), after)

    @strawberry.field(description="Its refreshes, newest first.")
    async def refreshes(self, info: Info, first: First = 20, after: After = None) -> Connection[Job]:
        which = JobFilter(kinds=(JobKind.REFRESH,), subject=self.stored.id)
        return await page_of_jobs(info.context.hub, f"refreshes:{self.stored.id}", which, page_size(first), after)

    @strawberry.field(description="The exports that deliver it.")
    async def exports(self, info: Info) -> list[Annotated["Export", strawberry.lazy("seggql.graphql.exports.export")]]:
        from seggql.graphql.exports.export import exports_of_segments

        return await info.context.loaders.of(exports_of_segments).load(self.stored.id)

    @strawberry.field(description="Address of the members as a file, streamed.")
    def download_url(
        self,
        info: Info,
        format: Annotated[FileFormat, strawberry.argument(description="Format of the file.")] = FileFormat.CSV,
        expires_in_minutes: Annotated[
            int | None,
            strawberry.argument(description="How long the address is good for; without access control, for ever."),
        ] = 15,
    ) -> str:
        return f"{info.context.base_url}/segments/{self.stored.name}/members.{format.value.lower()}"


def segment_node(stored: values.Segment) -> Segment:
    """The GraphQL form of a stored segment."""
    return Segment(
        id=to_global_id(KIND, stored.id),
        stored=stored,
        name=stored.name,
        display_name=stored.display_name,
        description=stored.description,
        tags=list(stored.tags),
        kind=stored.kind,
        origin=stored.origin,
        state=stored.state,
        query=stored.query,
        warnings=[query_problem(warning) for warning in stored.warnings],
        generation=stored.pointer.generation if stored.pointer else None,
        consecutive_failures=stored.consecutive_failures,
        last_error=stored.last_error,
        failing_since=stored.failing_since,
        created_at=stored.created_at,
        created_by=stored.created_by,
        updated_at=stored.updated_at,
        updated_by=stored.updated_by,
    )


async def segments_by_id(hub: Hub, ids: list[str]) -> Sequence[Segment | None]:
    """Segments for a loader, in the order of `ids`."""
    found = await store.find_segments(hub, [SegmentId(id_) for id_ in ids])
    return [segment_node(found[SegmentId(id_)]) if SegmentId(id_) in found else None for id_ in ids]


async def segments_by_name(hub: Hub, names: list[str]) -> Sequence[Segment | None]:
    """Segments for a loader, in the order of `names`."""
    found = await store.find_segments_named(hub, names)
    return [segment_node(found[name]) if name in found else None for name in names]


async def dependents_of(hub: Hub, names: list[str]) -> Sequence[list[Segment]]:
    """The segments that use each of `names`, for a loader."""
    by_name: defaultdict[str, list[Segment]] = defaultdict(list)
    for stored in await store.find_dependants(hub, names):
        for name in stored.depends_on:
            by_name[name].append(segment_node(stored))
    return [by_name[name] for name in names]


async def system_due(hub: Hub, keys: list[str]) -> list[datetime | None]:
    """When the system schedule is due next, for a loader; None where it is off."""
    system = await find_system_schedule(hub)
    return [system.due_at if system.is_enabled else None for _ in keys]


async def member_counts(hub: Hub, segments: list[values.Segment]) -> Sequence[int | None]:
    """The member count of each segment, for a loader."""
    counts = await count_members(hub, segments)
    return [counts[segment.id] for segment in segments]


async def usages_of_segments(hub: Hub, segments: list[values.Segment]) -> Sequence[list[SegmentUsage]]:
    """What uses each segment, for a loader."""
    usages = await usages_of(hub, segments)
    return [
        [SegmentUsage(kind=usage.kind, name=usage.name, is_active=usage.is_active) for usage in usages[segment.id]]
        for segment in segments
    ]


async def segments_of_profiles(hub: Hub, profiles: list[tuple[str, int]]) -> Sequence[list[Segment]]:
    """The segments that each profile, by type and ordinal, belongs to now, for a loader."""
    ordinals: defaultdict[str, BitMap] = defaultdict(BitMap)
    for name, ordinal in profiles:
        ordinals[name].add(ordinal)
    holding = {name: await segments_holding(hub, name, wanted) for name, wanted in ordinals.items()}
    ids = {id_ for by_ordinal in holding.values() for held in by_ordinal.values() for id_ in held}
    nodes = {id_: segment_node(segment) for id_, segment in (await store.find_segments(hub, ids)).items()}
    held_by = [frozenset(holding[name][ordinal]) for name, ordinal in profiles]
    return [[node for id_, node in nodes.items() if id_ in held] for held in held_by]


async def read_segment(context: Context, raw: str) -> Segment | None:
    """The segment that storage knows as `raw`."""
    return await context.loaders.of(segments_by_id).load(raw)
