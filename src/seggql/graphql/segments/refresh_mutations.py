"""Mutations that queue refreshes."""

from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, user_errors
from seggql.graphql.jobs import JobsPayload, job_node
from seggql.graphql.noun import Noun
from seggql.graphql.segments.bulk import EACH, refusals_of
from seggql.graphql.segments.inputs import SegmentIdsInput, asked_ids
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh_of_all, request_refreshes
from seggql.store.job import Job


@strawberry.type
class RefreshMutation:
    """Refreshes asked for by hand."""

    @strawberry.mutation(
        description=f"Refresh segments together, on one instant: a job for each; inactive ones are skipped. {EACH}"
    )
    async def refresh_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> JobsPayload:
        context = info.context
        try:
            ids = asked_ids(input.ids)
            jobs, outcome = await request_refreshes(context.hub, context.queue, ids, request_instant())
        except REFUSALS as error:
            return JobsPayload(jobs=[], errors=user_errors(error))
        return JobsPayload(jobs=[job_node(job) for job in jobs], errors=refusals_of(outcome))

    @strawberry.mutation(description="Refresh every active dynamic segment, on one instant.")
    async def refresh_all_segments(self, info: Info) -> JobsPayload:
        try:
            return _queued(await request_refresh_of_all(info.context.hub, info.context.queue, request_instant()))
        except REFUSALS as error:
            return JobsPayload(jobs=[], errors=user_errors(error))


def _queued(jobs: list[Job]) -> JobsPayload:
    return JobsPayload(jobs=[job_node(job) for job in jobs], errors=[])


NOUN = Noun(mutation=RefreshMutation)
