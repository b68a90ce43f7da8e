"""What is noted of a refresh that did not come to a commit: on its job and, where it failed, on the segment."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from seggql.store.hub import Document, Hub
from seggql.store.job import Job, JobId, JobStatus, JobStep
from seggql.store.jobs import end_job
from seggql.store.transaction import in_transaction

RETRY_FIRST_S, RETRY_LONGEST_S = 60.0, 6 * 3600.0
"""How soon a failed refresh is tried again by itself; the wait doubles with each failure, up to the longest."""

GIVEN_UP = "GIVEN_UP"
"""The code of a job that ended every worker that took it."""


async def record_failure(
    hub: Hub, job: Job, error: str, error_code: str, at: datetime, steps: Sequence[JobStep] = ()
) -> bool:
    """End the job as FAILED and count the failure on its segment, together; False where the job is no longer ours.

    `steps`, where they are given, take the place of those that were told before.
    """
    outcome = {"error": error, "error_code": error_code, "finished_at": at} | ({"steps": steps} if steps else {})

    async def write(session: AsyncClientSession) -> bool:
        if not await end_job(hub, job, JobStatus.FAILED, outcome, session=session):
            return False
        noted: Document = {
            "last_refresh": job.id,
            "last_error": {"$literal": error},
            "consecutive_failures": {"$add": ["$consecutive_failures", 1]},
            "failing_since": {"$ifNull": ["$failing_since", at]},
            "retry_at": _later(error_code),
        }
        await hub.collection("segments").update_one({"_id": job.subject}, [{"$set": noted}], session=session)
        return True

    return await in_transaction(hub, write)


async def record_skip(hub: Hub, job: Job, reason: str, at: datetime) -> bool:
    """End the job as SKIPPED; False where it is no longer ours."""
    return await end_job(hub, job, JobStatus.SKIPPED, {"skipped_because": reason, "finished_at": at})


def success(job: JobId, at: datetime) -> dict[str, object]:
    """What the segment of a successful refresh notes."""
    return {
        "last_refresh": job,
        "last_refreshed_at": at,
        "last_error": None,
        "consecutive_failures": 0,
        "failing_since": None,
        "retry_at": None,
    }


def _later(error_code: str) -> Document:
    """When the segment is tried again; later with each failure in a row, and at the latest where it ends workers."""
    doubled = {"$multiply": [RETRY_FIRST_S, {"$pow": [2, {"$min": ["$consecutive_failures", 20]}]}]}
    wait_s = RETRY_LONGEST_S if error_code == GIVEN_UP else {"$min": [doubled, RETRY_LONGEST_S]}
    return {"$add": ["$$NOW", {"$multiply": [1000, wait_s]}]}
