"""The noun Job: one segment's refresh, or one delivery of an export."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from seggql.graphql.context import Context, Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.ids import from_global_id, to_global_id
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.pages import After, Connection, First, allowed, connection, decode_cursor, page_size
from seggql.segments.cancel import cancel_job
from seggql.segments.planning import request_instant
from seggql.store import job as values
from seggql.store import jobs as store
from seggql.store.hub import Hub
from seggql.store.job import JobId, JobKind, JobStatus, JobTrigger

if TYPE_CHECKING:
    from seggql.graphql.exports.export import Export
    from seggql.graphql.segments.segment import Segment

LazySegment = Annotated["Segment", strawberry.lazy("seggql.graphql.segments.segment")]
"""Segments lead to this noun too."""

KIND = "Job"

strawberry.enum(JobKind, description="What a job does.")
strawberry.enum(JobStatus, description="How far a job has come; the last four are final.")
strawberry.enum(JobTrigger, description="Why there is a job.")


@strawberry.type(description="Part of a job's work.")
class JobStep:
    """The GraphQL form of `store.job.JobStep`."""

    name: str = strawberry.field(description="What is done.")
    status: JobStatus = strawberry.field(description="How far it has come.")
    elapsed_ms: int | None = strawberry.field(description="How long it took, in milliseconds.")
    detail: str | None = strawberry.field(description="What is worth saying about it.")


@strawberry.type(description="Work that takes time: a refresh of a segment, or a delivery of an export.")
class Job(Node):
    """The GraphQL form of `store.job.Job`."""

    stored: strawberry.Private[values.Job]
    kind: JobKind = strawberry.field(description="What it does.")
    status: JobStatus = strawberry.field(description="How far it has come.")
    trigger: JobTrigger = strawberry.field(description="Why it is there.")
    run_id: strawberry.ID | None = strawberry.field(description="Jobs of one run share an instant and a snapshot.")
    done: int = strawberry.field(description="How much is done, of `total`.")
    total: int | None = strawberry.field(description="How much there is to do; null until that is known.")
    attempts: int = strawberry.field(description="How often workers began it.")
    error: str | None = strawberry.field(description="Why it failed.")
    error_code: str | None = strawberry.field(description="Why it failed, for programs.")
    warnings: list[str] = strawberry.field(description="What went less well.")
    skipped_because: str | None = strawberry.field(description="Why it was skipped.")
    queued_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When a worker first began it.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    elapsed_ms: int | None = strawberry.field(description="From start to end, in milliseconds.")
    as_of: datetime | None = strawberry.field(description="Refresh: the instant that the query was evaluated for.")
    member_count: int | None = strawberry.field(description="Refresh: members afterwards. Export: members read.")
    entered: int | None = strawberry.field(description="Refresh: members who entered.")
    exited: int | None = strawberry.field(description="Refresh: members who left.")
    is_incremental: bool | None = strawberry.field(description="Refresh: whether only what changed was evaluated.")
    steps: list[JobStep] = strawberry.field(description="The parts of the work so far.")

    @strawberry.field(description="The segment that it refreshes or delivers; null once that has been deleted.")
    async def segment(self, info: Info) -> LazySegment | None:
        from seggql.graphql.segments.segment import read_segment

        return await read_segment(info.context, self.stored.subject)

    @strawberry.field(description="The export that it runs; null for other kinds, and once it has been deleted.")
    async def export(self, info: Info) -> Annotated["Export", strawberry.lazy("seggql.graphql.exports.export")] | None:
        from seggql.graphql.exports.export import read_export

        return await read_export(info.context, self.stored.export) if self.stored.export else None


@strawberry.type(description="A job, or why there is none.")
class JobPayload:
    """What cancelJob answers."""

    job: Job | None = strawberry.field(description="The job; null where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type(description="Jobs that were queued, or why none were.")
class JobsPayload:
    """What mutations that queue work answer."""

    jobs: list[Job] = strawberry.field(description="A job for each segment.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


Id = Annotated[strawberry.ID, strawberry.argument(description="The job's id.")]


@strawberry.type
class JobQuery:
    """Jobs."""

    @strawberry.field(description="A job by its id; null where there is none.")
    async def job(self, info: Info, id: Id) -> Job | None:
        return await read_job(info.context, from_global_id(id, KIND))

    @strawberry.field(description="Jobs, newest first.")
    async def jobs(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        statuses: Annotated[
            list[JobStatus] | None,
            strawberry.argument(description="Only jobs that are one of these; of an empty list none, of null all."),
        ] = None,
        kinds: Annotated[
            list[JobKind] | None, strawberry.argument(description="Only jobs of these kinds, as `statuses`.")
        ] = None,
        segment_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only jobs of this segment.")
        ] = None,
    ) -> Connection[Job]:
        subject = from_global_id(segment_id, "Segment") if segment_id is not None else None
        which = store.JobFilter(statuses=allowed(statuses), kinds=allowed(kinds), subject=subject)
        return await page_of_jobs(info.context.hub, "jobs", which, page_size(first), after)


@strawberry.type
class JobMutation:
    """Changes of jobs."""

    @strawberry.mutation(description="End a job that has not ended yet; the members stay as they are.")
    async def cancel_job(self, info: Info, id: Id) -> JobPayload:
        try:
            job = await cancel_job(info.context.hub, JobId(from_global_id(id, KIND)), request_instant())
        except REFUSALS as error:
            return JobPayload(job=None, errors=user_errors(error))
        return JobPayload(job=job_node(job), errors=[])


def job_node(stored: values.Job) -> Job:
    """The GraphQL form of a stored job."""
    return Job(
        id=to_global_id(KIND, stored.id),
        stored=stored,
        kind=stored.kind,
        status=stored.status,
        trigger=stored.trigger,
        run_id=to_global_id("Run", stored.run),
        done=stored.done,
        total=stored.total,
        attempts=stored.attempts,
        error=stored.error,
        error_code=stored.error_code,
        warnings=list(stored.warnings),
        skipped_because=stored.skipped_because,
        queued_at=stored.queued_at,
        started_at=stored.started_at,
        finished_at=stored.finished_at,
        elapsed_ms=stored.elapsed_ms,
        as_of=stored.as_of,
        member_count=stored.member_count,
        entered=stored.entered,
        exited=stored.exited,
        is_incremental=stored.is_incremental,
        steps=[_step_node(step) for step in stored.steps],
    )


async def page_of_jobs(
    hub: Hub, list_name: str, which: store.JobFilter, size: int, after: str | None
) -> Connection[Job]:
    """A page of the jobs that a filter lets through."""
    start = JobId(decode_cursor(list_name, after, str)) if after else None
    return connection(
        list_name,
        await store.page_of_jobs(hub, which, after=start, limit=size + 1),
        size,
        after=after,
        position=lambda job: job.id,
        node=job_node,
        count=lambda: store.count_jobs(hub, which),
    )


async def jobs_by_id(hub: Hub, ids: list[str]) -> Sequence[Job | None]:
    """Jobs for a loader, in the order of `ids`."""
    found = await store.find_jobs(hub, [JobId(id_) for id_ in ids])
    return [job_node(found[JobId(id_)]) if JobId(id_) in found else None for id_ in ids]


async def read_job(context: Context, raw: str) -> Job | None:
    """The job that storage knows as `raw`."""
    return await context.loaders.of(jobs_by_id).load(raw)


def _step_node(stored: values.JobStep) -> JobStep:
    return JobStep(name=stored.name, status=stored.status, elapsed_ms=stored.elapsed_ms, detail=stored.detail)


NOUN = Noun(query=JobQuery, mutation=JobMutation, nodes={KIND: read_job})
