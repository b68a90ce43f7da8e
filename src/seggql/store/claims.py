"""Claims: jobs of a run taken by lease, under a fencing token, by one worker at a time; many may share a run.

A job is PROCESSING while somebody holds a lease on it. A lease that ran out puts the job back into the queue, so that
whoever held it is fenced off by status and token alike.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from seggql.store.hub import Document, Hub
from seggql.store.job import UNFINISHED, Job, JobId, JobKind, JobStatus, Run, RunId, RunStatus
from seggql.store.job_document import job_value, run_value
from seggql.store.transaction import Session, in_transaction

RUNS, JOBS = "runs", "jobs"

ALONE_AFTER = 2
"""Leases of a job that ran out before it is claimed alone, so that it takes nobody with it."""

RACES = 5
"""How often a claim is made again because another run took one of its segments in the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Jobs of `run` that are ours; `token` is greater than those of all earlier claims of the run.

    `leaves_some` says whether jobs of the run were left in the queue.
    """

    run: Run
    token: int
    jobs: tuple[Job, ...]
    leaves_some: bool


async def claim_jobs(hub: Hub, run: RunId, owner: str, lease_s: float, *, most: int) -> Claim | None:
    """Take at most `most` jobs of a run that wait for nothing but each other, for `lease_s` by MongoDB's clock.

    The claim has no jobs where all are taken or have to wait; it is None where the run has ended or never was.
    """
    await expire_leases(hub)

    async def claim(session: Session) -> Claim | None:
        return await _claim(hub, run, owner, lease_s, most, session)

    for _ in range(RACES):
        try:
            return await in_transaction(hub, claim)
        except DuplicateKeyError:  # the index of jobs under way: another run has one of the segments since we looked
            continue
    return None


async def expire_leases(hub: Hub) -> int:
    """Put jobs whose lease ran out back into the queue; returns how many."""
    taken_over = {"$add": [{"$ifNull": ["$takeovers", 0]}, {"$cond": ["$is_begun", 1, 0]}]}
    result = await hub.collection(JOBS).update_many(
        {"status": JobStatus.PROCESSING.value, "$expr": {"$lt": ["$lease_until", "$$NOW"]}},
        [{"$set": {"takeovers": taken_over}}, {"$set": _UNCLAIMED}],
    )
    return result.modified_count


async def begin_job(hub: Hub, job: Job, at: datetime) -> Job | None:
    """Count an attempt at a job of our claim; None where it is ours no longer."""
    return (await begin_jobs(hub, [job], at)).get(job.id)


async def begin_jobs(hub: Hub, jobs: Sequence[Job], at: datetime) -> dict[JobId, Job]:
    """Count an attempt at each of some jobs of one claim; those that are ours no longer are left out."""
    if not jobs:
        return {}
    which = _ours(jobs[0].run, jobs[0].token) | {"_id": {"$in": [job.id for job in jobs]}}
    begun = {
        "attempts": {"$add": ["$attempts", 1]},
        "is_begun": True,
        "started_at": {"$ifNull": ["$started_at", at]},
    }
    result = await hub.collection(JOBS).update_many(which, [{"$set": begun}])
    if result.matched_count == len(jobs):
        return {job.id: _begun(job, at) for job in jobs}
    return {JobId(row["_id"]): job_value(row) async for row in hub.collection(JOBS).find(which | {"is_begun": True})}


def _begun(job: Job, at: datetime) -> Job:
    return replace(job, attempts=job.attempts + 1, started_at=job.started_at or at)


async def under_way(hub: Hub, subjects: Collection[str], session: Session | None = None) -> frozenset[str]:
    """Those of some segments, by id, that somebody refreshes at the moment."""
    which = {"kind": JobKind.REFRESH.value, "status": JobStatus.PROCESSING.value, "subject": {"$in": list(subjects)}}
    return frozenset(await hub.collection(JOBS).distinct("subject", which, session=session))


async def extend_leases(hub: Hub, claim: Claim, lease_s: float) -> None:
    """The heartbeat: keep what is still ours of a claim for another `lease_s` seconds."""
    until = {"$set": {"lease_until": _from_now(lease_s)}}
    await hub.collection(JOBS).update_many(_ours(claim.run.id, claim.token), [until])
    await hub.collection(RUNS).update_one({"_id": claim.run.id}, [{"$set": {"announce_at": _from_now(lease_s)}}])


async def jobs_still_ours(hub: Hub, claim: Claim) -> frozenset[JobId]:
    """Those jobs of a claim that have neither ended nor been canceled or taken over."""
    found = hub.collection(JOBS).find(_ours(claim.run.id, claim.token), {"_id": 1})
    return frozenset([JobId(row["_id"]) async for row in found])


async def hand_back(hub: Hub, claim: Claim, jobs: Collection[JobId] | None = None, *, note: str | None = None) -> bool:
    """Put unfinished jobs of a claim, all or those named, back into the queue, with a warning where there is a note.

    False where there was nothing to put back.
    """
    which = _ours(claim.run.id, claim.token) | ({"_id": {"$in": list(jobs)}} if jobs is not None else {})
    warned = {"warnings": {"$concatArrays": ["$warnings", [{"$literal": note}]]}} if note else {}
    result = await hub.collection(JOBS).update_many(which, [{"$set": _UNCLAIMED | warned}])
    if result.modified_count:
        soon: list[Document] = [{"$set": {"announce_at": "$$NOW"}}]
        await hub.collection(RUNS).update_one({"_id": claim.run.id}, soon)
    return result.modified_count > 0


_UNCLAIMED: Document = {"status": JobStatus.QUEUED.value, "owner": None, "lease_until": None, "is_begun": False}


async def _claim(hub: Hub, run: RunId, owner: str, lease_s: float, most: int, session: Session) -> Claim | None:
    """Claims of one run come one after another: each begins with a write to the run."""
    stored = await hub.collection(RUNS).find_one_and_update(
        {"_id": run, "status": {"$ne": RunStatus.FINISHED.value}},
        [
            {
                "$set": {
                    "status": RunStatus.PROCESSING.value,
                    "claims": {"$add": ["$claims", 1]},
                    "announce_at": _from_now(lease_s),
                    "announced": 0,
                }
            }
        ],
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if stored is None:
        return None
    picked, leaves_some = await _pick(hub, run_value(stored), most, session)
    held = {
        "status": JobStatus.PROCESSING.value,
        "token": stored["claims"],
        "owner": {"$literal": owner},
        "lease_until": _from_now(lease_s),
        "is_begun": False,
    }
    jobs = hub.collection(JOBS)
    if picked:
        await jobs.update_many({"_id": {"$in": picked}}, [{"$set": held}], session=session)
    found = {row["_id"]: job_value(row) async for row in jobs.find({"_id": {"$in": picked}}, session=session)}
    return Claim(
        run=run_value(stored),
        token=stored["claims"],
        jobs=tuple(found[id_] for id_ in picked),
        leaves_some=leaves_some,
    )


async def _pick(hub: Hub, run: Run, most: int, session: Session) -> tuple[list[str], bool]:
    """Which of the run's jobs to claim, in their order, and whether others stay in the queue.

    A segment that was changed while its refresh was stored waits for what it used before: where that waits for it by
    then, and nobody is at work, nobody waits any longer.
    """
    jobs = hub.collection(JOBS)
    unfinished = {"run": run.id, "status": {"$in": [status.value for status in UNFINISHED]}}
    fields = {"status": 1, "subject": 1, "waits_for": 1, "takeovers": 1}
    rows = [row async for row in jobs.find(unfinished, fields, session=session).sort("position", 1)]
    busy: frozenset[str] = frozenset()
    if run.kind is JobKind.REFRESH:
        busy = await under_way(hub, [row["subject"] for row in rows], session)
    queued = [row for row in rows if row["status"] == JobStatus.QUEUED.value]
    free = [row for row in queued if row["subject"] not in busy]
    picked = _ready(free, frozenset(row["_id"] for row in rows), most)
    if not picked and len(free) == len(rows):
        picked = [row["_id"] for row in free[:most]]
    return picked, len(picked) < len(queued)


def _ready(queued: Sequence[Document], unfinished: frozenset[str], limit: int) -> list[str]:
    """The first jobs that wait for none but those picked before them."""
    picked: list[str] = []
    for row in queued:
        if any(other in unfinished and other not in picked for other in row.get("waits_for", ())):
            continue
        if row.get("takeovers", 0) >= ALONE_AFTER:
            if picked:
                continue
            return [row["_id"]]
        picked.append(row["_id"])
        if len(picked) == limit:
            break
    return picked


def _ours(run: RunId, token: int) -> Document:
    return {"run": run, "token": token, "status": JobStatus.PROCESSING.value}


def _from_now(seconds: float) -> Document:
    return {"$add": ["$$NOW", round(seconds * 1000)]}
