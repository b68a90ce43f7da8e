"""Runs in MongoDB: stored with their jobs, claimed by lease, kept by heartbeat, finished under the fencing token."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import ReturnDocument

from seggql.store.hub import Document, Hub
from seggql.store.job import UNFINISHED, Job, JobId, JobKind, JobStatus, JobTrigger, Run, RunId, RunStatus
from seggql.store.job_document import job_value, run_value
from seggql.store.transaction import Session, in_transaction

RUNS = "runs"
JOBS = "jobs"

ANNOUNCE_AGAIN_S = 30.0
"""How long an announced run may stay unclaimed before it is announced again; doubled each time, up to the longest."""

ANNOUNCE_LONGEST_S = 3600.0
"""The longest wait between two announcements of a run that nobody claims or finishes."""


async def store_run(
    hub: Hub,
    kind: JobKind,
    subjects: Sequence[tuple[str, JobTrigger]],
    at: datetime,
    *,
    export: str | None = None,
    session: Session | None = None,
) -> tuple[Run, list[Job]]:
    """Store a run with a job for each subject (id of a segment), queued; announce it once that is committed.

    `export` is the id of the export that delivers them, for jobs of that kind. With `session` they are stored in the
    caller's transaction.
    """
    run = Run(id=RunId(str(ObjectId())), kind=kind, status=RunStatus.QUEUED, token=0, queued_at=at)
    jobs = [
        Job(
            id=JobId(str(ObjectId())),
            run=run.id,
            kind=kind,
            status=JobStatus.QUEUED,
            trigger=trigger,
            subject=subject,
            export=export,
            queued_at=at,
        )
        for subject, trigger in subjects
    ]

    async def write(session: Session) -> None:
        await hub.collection(RUNS).insert_one(_new_run(run), session=session)
        await hub.collection(JOBS).insert_many([_new_job(job) for job in jobs], session=session)

    await (write(session) if session else in_transaction(hub, write))
    return run, jobs


async def claim_run(hub: Hub, run: RunId, owner: str, lease_s: float) -> Run | None:
    """Take a run that nobody owns, for `lease_s` seconds by MongoDB's clock, with the next fencing token.

    None where it is finished, unknown, or owned by somebody whose lease has not run out.
    """
    free = {"$expr": {"$lt": ["$lease_until", "$$NOW"]}}  # null, of a run that nobody owns, is less than any date
    stored = await hub.collection(RUNS).find_one_and_update(
        {"_id": run, "status": {"$ne": RunStatus.FINISHED.value}} | free,
        [
            {
                "$set": {
                    "status": RunStatus.PROCESSING.value,
                    "owner": {"$literal": owner},
                    "token": {"$add": ["$token", 1]},
                    "lease_until": _from_now(lease_s),
                    "announce_at": _from_now(lease_s),
                }
            }
        ],
        return_document=ReturnDocument.AFTER,
    )
    return run_value(stored) if stored else None


async def extend_lease(hub: Hub, run: Run, lease_s: float) -> bool:
    """The heartbeat: keep the run for another `lease_s` seconds; False where somebody else has it."""
    result = await hub.collection(RUNS).update_one(
        {"_id": run.id, "token": run.token, "status": RunStatus.PROCESSING.value},
        [{"$set": {"lease_until": _from_now(lease_s), "announce_at": _from_now(lease_s)}}],
    )
    return result.matched_count == 1


async def release_run(hub: Hub, run: Run) -> None:
    """Give an unfinished run back, so that another worker can claim it at once."""
    await hub.collection(RUNS).update_one(
        {"_id": run.id, "token": run.token, "status": RunStatus.PROCESSING.value},
        [{"$set": {"status": RunStatus.QUEUED.value, "owner": None, "lease_until": None, "announce_at": "$$NOW"}}],
    )


async def finish_run(hub: Hub, run: Run, at: datetime) -> bool:
    """Mark the run as finished; False where somebody else has it."""
    result = await hub.collection(RUNS).update_one(
        {"_id": run.id, "token": run.token, "status": RunStatus.PROCESSING.value},
        {"$set": {"status": RunStatus.FINISHED.value, "lease_until": None, "finished_at": at}},
    )
    return result.matched_count == 1


async def take_due_run(hub: Hub) -> RunId | None:
    """An unfinished run that is to be announced again: unclaimed for long, or its worker's lease ran out.

    Whoever takes it owns this announcement; the next one is due later each time.
    """
    again = {"$multiply": [ANNOUNCE_AGAIN_S, {"$pow": [2, {"$min": ["$announced", 10]}]}]}
    wait = {"$multiply": [{"$min": [again, ANNOUNCE_LONGEST_S]}, 1000]}
    stored = await hub.collection(RUNS).find_one_and_update(
        {"status": {"$ne": RunStatus.FINISHED.value}, "$expr": {"$lt": ["$announce_at", "$$NOW"]}},
        [{"$set": {"announce_at": {"$add": ["$$NOW", wait]}, "announced": {"$add": ["$announced", 1]}}}],
        sort=[("announce_at", 1)],
    )
    return RunId(stored["_id"]) if stored else None


async def find_run(hub: Hub, run: RunId) -> Run | None:
    """The run with an id."""
    stored = await hub.collection(RUNS).find_one({"_id": run})
    return run_value(stored) if stored else None


async def claim_jobs(hub: Hub, run: Run, at: datetime) -> list[Job]:
    """Put the claim's token on the unfinished jobs of a run; returns them, in the order they were asked for."""
    unfinished = {"run": run.id, "status": {"$in": [status.value for status in UNFINISHED]}}
    jobs = hub.collection(JOBS)
    await jobs.update_many(
        unfinished | {"token": {"$lt": run.token}},
        [
            {
                "$set": {
                    "token": run.token,
                    "status": JobStatus.PROCESSING.value,
                    "attempts": {"$add": ["$attempts", 1]},
                    "started_at": {"$ifNull": ["$started_at", at]},
                }
            }
        ],
    )
    cursor = jobs.find(unfinished | {"token": run.token}).sort("_id", 1)
    return [job_value(stored) async for stored in cursor]


def _from_now(seconds: float) -> Document:
    return {"$add": ["$$NOW", round(seconds * 1000)]}


def _new_run(run: Run) -> Document:
    return {
        "_id": run.id,
        "kind": run.kind.value,
        "status": run.status.value,
        "token": run.token,
        "owner": None,
        "lease_until": None,
        "announce_at": run.queued_at + timedelta(seconds=ANNOUNCE_AGAIN_S),
        "announced": 0,
        "queued_at": run.queued_at,
        "finished_at": None,
    }


def _new_job(job: Job) -> Document:
    fields = {name: value for name, value in asdict(job).items() if name != "id"}
    enums = {"kind": job.kind.value, "status": job.status.value, "trigger": job.trigger.value}
    return {"_id": job.id} | fields | enums
