"""Jobs in MongoDB: listed newest first, moved on under the fencing token of the claim that works on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from seggql.store.hub import Document, Hub
from seggql.store.job import UNFINISHED, Job, JobId, JobKind, JobStatus, JobStep, JobTrigger, RunId
from seggql.store.job_document import job_value
from seggql.store.shallow import fields_of
from seggql.store.transaction import Session

COLLECTION = "jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows; None takes all, an empty tuple none."""

    statuses: tuple[JobStatus, ...] | None = None
    kinds: tuple[JobKind, ...] | None = None
    subject: str | None = None


async def find_jobs(hub: Hub, ids: Iterable[JobId]) -> dict[JobId, Job]:
    """Those of the jobs that are there, by id."""
    cursor = hub.collection(COLLECTION).find({"_id": {"$in": list(ids)}})
    return {JobId(stored["_id"]): job_value(stored) for stored in await cursor.to_list()}


async def triggers_of(hub: Hub, run: RunId, session: Session) -> frozenset[JobTrigger]:
    """Why there are the jobs of a run."""
    found = await hub.collection(COLLECTION).distinct("trigger", {"run": run}, session=session)
    return frozenset(map(JobTrigger, found))


async def page_of_jobs(hub: Hub, which: JobFilter, *, after: JobId | None, limit: int) -> list[Job]:
    """At most `limit` jobs, newest first, from behind the job `after`."""
    query = _query(which) | ({"_id": {"$lt": after}} if after else {})
    cursor = hub.collection(COLLECTION).find(query).sort("_id", -1).limit(limit)
    return [job_value(stored) for stored in await cursor.to_list()]


async def count_jobs(hub: Hub, which: JobFilter) -> int:
    """How many jobs the filter lets through."""
    return await hub.collection(COLLECTION).count_documents(_query(which))


async def move_job(hub: Hub, job: Job, changes: Mapping[str, Any]) -> bool:
    """Set fields of a job that is being worked on under its token; False where it was canceled or claimed anew."""
    result = await hub.collection(COLLECTION).update_one(
        {"_id": job.id, "token": job.token, "status": JobStatus.PROCESSING.value}, {"$set": job_fields(changes)}
    )
    return result.matched_count == 1


async def move_jobs(hub: Hub, jobs: Sequence[Job], changes: Mapping[str, Any]) -> None:
    """Set the same fields of jobs of one claim, of those that are still being worked on under its token."""
    if jobs:
        ours = {"_id": {"$in": [job.id for job in jobs]}, "token": jobs[0].token, "status": JobStatus.PROCESSING.value}
        await hub.collection(COLLECTION).update_many(ours, {"$set": job_fields(changes)})


async def end_job(
    hub: Hub, job: Job, status: JobStatus, changes: Mapping[str, Any], *, session: Session | None = None
) -> bool:
    """End a job that is worked on under its token, and the steps under way with it; False where it is not ours."""
    ours = {"_id": job.id, "token": job.token, "status": JobStatus.PROCESSING.value}
    fields = {name: {"$literal": value} for name, value in job_fields(changes).items()}
    result = await hub.collection(COLLECTION).update_one(ours, [*_ended(status), {"$set": fields}], session=session)
    return result.matched_count == 1


async def cancel_job(hub: Hub, job: JobId, at: datetime) -> Job | None:
    """End a job that has not ended yet; None where it has, or never was."""
    stored = await hub.collection(COLLECTION).find_one_and_update(
        {"_id": job, "status": {"$in": [status.value for status in UNFINISHED]}},
        [*_ended(JobStatus.CANCELED), {"$set": {"finished_at": at}}],
        return_document=ReturnDocument.AFTER,
    )
    return job_value(stored) if stored else None


async def cancel_jobs_of_export(hub: Hub, export: str, at: datetime) -> None:
    """End the jobs of an export that have not ended yet."""
    await hub.collection(COLLECTION).update_many(
        {"export": export, "status": {"$in": [status.value for status in UNFINISHED]}},
        [*_ended(JobStatus.CANCELED), {"$set": {"finished_at": at}}],
    )


def job_fields(changes: Mapping[str, Any]) -> Document:
    """Fields of a job as they are stored."""
    return {name: _stored(value) for name, value in changes.items()}


def _ended(status: JobStatus) -> list[Document]:
    """The job is over, and so is whatever step of it was under way."""
    is_under_way = {"$eq": ["$$step.status", JobStatus.PROCESSING.value]}
    over = {"$mergeObjects": ["$$step", {"$cond": [is_under_way, {"status": status.value}, {}]}]}
    steps = {"$map": {"input": "$steps", "as": "step", "in": over}}
    return [{"$set": {"status": status.value, "steps": steps}}]


def _stored(value: Any) -> Any:
    match value:
        case JobStatus():
            return value.value
        case JobStep():
            return fields_of(value) | {"status": value.status.value}
        case str():
            return value
        case Sequence():
            return [_stored(item) for item in value]
        case _:
            return value


def _query(which: JobFilter) -> Document:
    query: Document = {}
    if which.statuses is not None:
        query["status"] = {"$in": [status.value for status in which.statuses]}
    if which.kinds is not None:
        query["kind"] = {"$in": [kind.value for kind in which.kinds]}
    if which.subject is not None:
        query["subject"] = which.subject
    return query
