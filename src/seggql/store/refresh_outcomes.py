"""What is noted of a refresh that did not come to a commit: on its job and, where it failed, on the segment."""

from datetime import datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from seggql.store.hub import Document, Hub
from seggql.store.job import Job, JobId, JobStatus
from seggql.store.jobs import job_fields, move_job
from seggql.store.transaction import in_transaction


async def record_failure(hub: Hub, job: Job, error: str, error_code: str, at: datetime) -> bool:
    """End the job as FAILED and count the failure on its segment, together; False where the job is no longer ours."""
    outcome = {"status": JobStatus.FAILED, "error": error, "error_code": error_code, "finished_at": at}

    async def write(session: AsyncClientSession) -> bool:
        result = await hub.collection("jobs").update_one(_ours(job), {"$set": job_fields(outcome)}, session=session)
        if not result.matched_count:
            return False
        noted: Document = {
            "last_refresh": job.id,
            "last_error": {"$literal": error},
            "consecutive_failures": {"$add": ["$consecutive_failures", 1]},
            "failing_since": {"$ifNull": ["$failing_since", at]},
        }
        await hub.collection("segments").update_one({"_id": job.subject}, [{"$set": noted}], session=session)
        return True

    return await in_transaction(hub, write)


async def record_skip(hub: Hub, job: Job, reason: str, at: datetime) -> bool:
    """End the job as SKIPPED; False where it is no longer ours."""
    return await move_job(hub, job, {"status": JobStatus.SKIPPED, "skipped_because": reason, "finished_at": at})


def success(job: Job, at: datetime) -> dict[str, object]:
    """What the segment of a successful refresh notes."""
    return {
        "last_refresh": JobId(job.id),
        "last_refreshed_at": at,
        "last_error": None,
        "consecutive_failures": 0,
        "failing_since": None,
    }


def _ours(job: Job) -> Document:
    return {"_id": job.id, "token": job.token, "status": JobStatus.PROCESSING.value}
