"""Mutations that queue refreshes."""

from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, user_errors
from seggql.graphql.jobs import JobsPayload, job_node
from seggql.graphql.noun import Noun
from seggql.graphql.segments.inputs import SegmentIdsInput, raw_ids
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh, request_refresh_of_all
from seggql.store.job import Job


@strawberry.type
class RefreshMutation:
    """Refreshes asked for by hand."""

    @strawberry.mutation(description="Refresh segments together, on one instant: a job for each.")
    async def refresh_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> JobsPayload:
        context = info.context
        try:
            return _queued(await request_refresh(context.hub, context.queue, raw_ids(input.ids), request_instant()))
        except REFUSALS as error:
            return JobsPayload(jobs=[], errors=user_errors(error))

    @strawberry.mutation(description="Refresh every active dynamic segment, on one instant.")
    async def refresh_all_segments(self, info: Info) -> JobsPayload:
        try:
            return _queued(await request_refresh_of_all(info.context.hub, info.context.queue, request_instant()))
        except REFUSALS as error:
            return JobsPayload(jobs=[], errors=user_errors(error))


def _queued(jobs: list[Job]) -> JobsPayload:
    return JobsPayload(jobs=[job_node(job) for job in jobs], errors=[])


NOUN = Noun(mutation=RefreshMutation)
