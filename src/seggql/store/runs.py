"""Runs in MongoDB: stored with their jobs, announced until they end, given the instant and the snapshot all share."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import ReturnDocument

from seggql.store.hub import Document, Hub
from seggql.store.job import UNFINISHED, Instant, Job, JobId, JobKind, JobStatus, JobTrigger, Run, RunId, RunStatus
from seggql.store.job_document import job_value, run_value
from seggql.store.shallow import fields_of
from seggql.store.transaction import Session, in_transaction
from seggql.tracing import current_traceparent

RUNS, JOBS = "runs", "jobs"

ANNOUNCE_AGAIN_S = 10.0
"""How long an announced run may stay unclaimed before it is announced again; doubled each time, up to the longest."""

ANNOUNCE_LONGEST_S = 3600.0
"""The longest wait between two announcements of a run that nobody claims or finishes."""

Follow = Callable[[Run, Sequence[str], Session], Awaitable[Sequence[RunId]]]
"""Stores what comes after a run, given its successful subjects, in the transaction that ends it; returns the runs."""


async def store_run(
    hub: Hub,
    kind: JobKind,
    subjects: Sequence[tuple[str, JobTrigger]],
    at: datetime,
    *,
    export: str | None = None,
    after: Mapping[str, Collection[str]] | None = None,
    session: Session | None = None,
) -> tuple[Run, list[Job]]:
    """Store a run with a job for each subject (id of a segment), queued; announce it once that is committed.

    They are worked on in this order, and none before those subjects that it comes `after` have ended. `export` is the
    id of the export that delivers them, for jobs of that kind. With `session` all is stored in the caller's
    transaction.
    """
    run = Run(id=RunId(str(ObjectId())), kind=kind, status=RunStatus.QUEUED, queued_at=at, trace=current_traceparent())
    ids = {subject: JobId(str(ObjectId())) for subject, _ in subjects}
    jobs = [
        Job(
            id=ids[subject],
            run=run.id,
            kind=kind,
            status=JobStatus.QUEUED,
            trigger=trigger,
            subject=subject,
            export=export,
            waits_for=tuple(ids[other] for other in (after or {}).get(subject, ()) if other in ids),
            queued_at=at,
        )
        for subject, trigger in subjects
    ]

    async def write(session: Session) -> None:
        await hub.collection(RUNS).insert_one(_new_run(run), session=session)
        documents = [_new_job(job, position) for position, job in enumerate(jobs)]
        await hub.collection(JOBS).insert_many(documents, session=session)

    await (write(session) if session else in_transaction(hub, write))
    return run, jobs


async def find_run(hub: Hub, run: RunId, session: Session | None = None) -> Run | None:
    """The run with an id."""
    stored = await hub.collection(RUNS).find_one({"_id": run}, session=session)
    return run_value(stored) if stored else None


async def begin_run(hub: Hub, run: RunId) -> Run | None:
    """The run, begun: no further request joins it, so that whatever instant is settled now is late enough for all.

    None where it has ended or never was.
    """
    stored = await hub.collection(RUNS).find_one_and_update(
        {"_id": run, "status": {"$ne": RunStatus.FINISHED.value}},
        {"$set": {"status": RunStatus.PROCESSING.value}},
        return_document=ReturnDocument.AFTER,
    )
    return run_value(stored) if stored else None


async def share_instant(hub: Hub, run: Run, instant: Instant, session: Session | None = None) -> Run | None:
    """Give the run an instant in place of the one it is known to have; the run, begun with that, as it is then.

    Where another worker was faster, its instant stands. None where the run is gone.
    """
    stored = await hub.collection(RUNS).find_one_and_update(
        {"_id": run.id, "instants": run.instants},
        {"$set": {"instant": fields_of(instant), "status": RunStatus.PROCESSING.value}, "$inc": {"instants": 1}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return run_value(stored) if stored else await find_run(hub, run.id, session)


async def end_run(hub: Hub, run: RunId, at: datetime, follow: Follow | None = None) -> Sequence[RunId] | None:
    """End a run none of whose jobs is unfinished, together with storing what follows it; the runs that do.

    None where it goes on or has ended before.
    """

    async def write(session: Session) -> Sequence[RunId] | None:
        going = {"run": run, "status": {"$in": [status.value for status in UNFINISHED]}}
        if await hub.collection(JOBS).find_one(going, {"_id": 1}, session=session):
            return None
        stored = await hub.collection(RUNS).find_one_and_update(
            {"_id": run, "status": {"$ne": RunStatus.FINISHED.value}},
            {"$set": {"status": RunStatus.FINISHED.value, "finished_at": at}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if stored is None:
            return None
        return await follow(run_value(stored), await _successful(hub, run, session), session) if follow else ()

    return await in_transaction(hub, write)


async def has_queued_jobs(hub: Hub, run: RunId) -> bool:
    """Whether the run has jobs that nobody has taken."""
    queued = {"run": run, "status": JobStatus.QUEUED.value}
    return await hub.collection(JOBS).find_one(queued, {"_id": 1}) is not None


async def runs_waiting_for(hub: Hub, subjects: Sequence[str]) -> list[RunId]:
    """The runs in which refreshes of these segments are queued."""
    queued = {"kind": JobKind.REFRESH.value, "status": JobStatus.QUEUED.value, "subject": {"$in": list(subjects)}}
    return [RunId(run) for run in await hub.collection(JOBS).distinct("run", queued)]


async def find_joinable(hub: Hub, subjects: Sequence[str], trigger: JobTrigger) -> list[Job] | None:
    """The queued refreshes of these segments, of one run that nobody has begun; None where there are none.

    A request by hand is served by whatever is queued, others by their like. Such a run takes its instant later, so
    that it sees all that was written before this is asked.
    """
    queued: Document = {"kind": JobKind.REFRESH.value, "status": JobStatus.QUEUED.value}
    if trigger is not JobTrigger.MANUAL:
        queued["trigger"] = trigger.value
    found = hub.collection(JOBS).find(queued | {"subject": {"$in": list(subjects)}})
    by_run: dict[str, dict[str, Job]] = {}
    async for row in found:
        by_run.setdefault(row["run"], {})[row["subject"]] = job_value(row)
    complete = [run for run, jobs in by_run.items() if len(jobs) == len(subjects)]
    fresh = {"_id": {"$in": complete}, "status": RunStatus.QUEUED.value}
    run = await hub.collection(RUNS).find_one(fresh, {"_id": 1}) if complete else None
    return [by_run[run["_id"]][subject] for subject in subjects] if run else None


async def wait_for_uses(hub: Hub, subject: str, uses: Collection[str], session: Session) -> None:
    """Let the refreshes of a segment, which uses others from now on, wait for those of these in their runs.

    Also one under way: handed back it would still wait for what the segment used, which may wait for it by then.
    """
    jobs = hub.collection(JOBS)
    status = {"$in": [status.value for status in UNFINISHED]}
    unfinished: Document = {"kind": JobKind.REFRESH.value, "subject": subject, "status": status}
    for row in await jobs.find(unfinished, {"run": 1}, session=session).to_list():
        used = {"run": row["run"], "subject": {"$in": list(uses)}}
        waits_for = [other["_id"] async for other in jobs.find(used, {"_id": 1}, session=session)]
        await jobs.update_one({"_id": row["_id"]}, {"$set": {"waits_for": waits_for}}, session=session)


async def take_due_run(hub: Hub) -> RunId | None:
    """An unfinished run that is to be announced again: unclaimed for long, or a lease in it ran out.

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


async def _successful(hub: Hub, run: RunId, session: Session) -> list[str]:
    done = {"run": run, "status": JobStatus.SUCCESSFUL.value}
    return [row["subject"] async for row in hub.collection(JOBS).find(done, {"subject": 1}, session=session)]


def _new_run(run: Run) -> Document:
    return {
        "_id": run.id,
        "kind": run.kind.value,
        "status": run.status.value,
        "claims": 0,
        "instant": None,
        "instants": 0,
        "announce_at": run.queued_at + timedelta(seconds=ANNOUNCE_AGAIN_S),
        "announced": 0,
        "queued_at": run.queued_at,
        "finished_at": None,
        "trace": run.trace,
    }


def _new_job(job: Job, position: int) -> Document:
    fields = fields_of(job)
    del fields["id"]
    enums = {"kind": job.kind.value, "status": job.status.value, "trigger": job.trigger.value}
    unclaimed = {"owner": None, "lease_until": None, "is_begun": False}
    return {"_id": job.id, "position": position} | fields | enums | unclaimed
