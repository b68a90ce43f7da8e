"""Subscriptions: a job until it ends, and whatever happens to segments, from any process."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from seggql.errors import RequestCode, RequestError
from seggql.graphql.context import Info
from seggql.graphql.ids import from_global_id, to_global_id
from seggql.graphql.jobs import KIND as JOB
from seggql.graphql.jobs import Job, job_node
from seggql.graphql.noun import Noun
from seggql.graphql.segments.segment import KIND as SEGMENT
from seggql.graphql.segments.segment import Segment, read_segment
from seggql.store.change_feed import SegmentEventKind, watch_job, watch_segments
from seggql.store.job import JobId

strawberry.enum(SegmentEventKind, description="What happened to a segment.")


@strawberry.type(description="Something that happened to a segment.")
class SegmentEvent:
    """The GraphQL form of `store.change_feed.SegmentEvent`."""

    kind: SegmentEventKind = strawberry.field(description="What happened.")
    segment_id: strawberry.ID = strawberry.field(description="The segment's id, also once it has been deleted.")
    segment: Segment | None = strawberry.field(description="The segment as it is now; null once it has been deleted.")


@strawberry.type
class JobSubscription:
    """What can be watched."""

    @strawberry.subscription(description="A job's state now, then every change until it ends.")
    async def job(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The job's id.")]
    ) -> AsyncGenerator[Job, None]:
        raw = from_global_id(id, JOB)
        is_there = False
        async for job in watch_job(info.context.hub, JobId(raw)):
            is_there = True
            yield job_node(job)
        if not is_there:
            raise RequestError(RequestCode.NOT_FOUND, "There is no such job.", field=("id",))

    @strawberry.subscription(description="Any segment created, changed, refreshed or deleted.")
    async def segments(self, info: Info) -> AsyncGenerator[SegmentEvent, None]:
        async for event in watch_segments(info.context.hub):
            segment = await read_segment(info.context, event.segment)
            yield SegmentEvent(kind=event.kind, segment_id=to_global_id(SEGMENT, event.segment), segment=segment)


NOUN = Noun(subscription=JobSubscription)
