"""Reads and writes of refreshes that end before anybody claims them, for nothing that they look at was touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne

from seggql.store.hub import Document, Hub
from seggql.store.job import JobId, JobStatus, JobStep, RunId
from seggql.store.jobs import job_fields
from seggql.store.refresh_outcomes import success
from seggql.store.segment import Pointer, SegmentId, SegmentKind, SegmentState
from seggql.store.segment_document import pointer_value
from seggql.store.snapshot import Snapshot, snapshot_at
from seggql.store.tail import BATCHES
from seggql.store.transaction import Session

JOBS, SEGMENTS = "jobs", "segments"

BY_ID = {"_id": 1}
"""One of several indexes would have to be chosen, for each write anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A job's place in its run: what it refreshes, which jobs come first, and how often it was begun."""

    job: JobId
    status: JobStatus
    subject: SegmentId
    waits_for: tuple[JobId, ...]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What says whether a segment has to be looked at again."""

    id: SegmentId
    name: str
    kind: SegmentKind
    state: SegmentState
    definition: int
    pointer: Pointer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWrite:
    """When the last batch of all was closed; None where none ever was. `is_under_way`: one is OPEN."""

    closed: Snapshot | None
    is_under_way: bool


async def places(hub: Hub, run: RunId) -> list[Place]:
    """The jobs of a run, each after those that it waits for."""
    fields = {"status": 1, "subject": 1, "waits_for": 1, "attempts": 1}
    rows = hub.collection(JOBS).find({"run": run}, fields).sort("position", 1)
    return [
        Place(
            job=JobId(row["_id"]),
            status=JobStatus(row["status"]),
            subject=SegmentId(row["subject"]),
            waits_for=tuple(row["waits_for"]),
            attempts=row["attempts"],
        )
        async for row in rows
    ]


async def standings(hub: Hub, *, ids: Sequence[SegmentId] = (), names: Sequence[str] = ()) -> list[Standing]:
    """How the segments stand that have one of these ids, or else names."""
    which: Document = {"_id": {"$in": list(ids)}} if ids else {"name": {"$in": list(names)}}
    fields = {"name": 1, "kind": 1, "state": 1, "definition": 1, "pointer": 1}
    return [
        Standing(
            id=SegmentId(row["_id"]),
            name=row["name"],
            kind=SegmentKind(row["kind"]),
            state=SegmentState(row["state"]),
            definition=row["definition"],
            pointer=pointer_value(row["pointer"]) if row["pointer"] else None,
        )
        async for row in hub.collection(SEGMENTS).find(which, fields)
    ]


async def last_write(hub: Hub) -> LastWrite:
    """The newest of all batches, by when they were closed."""
    batches = hub.collection(BATCHES)
    is_under_way = await batches.find_one({"state": "OPEN"}, {"_id": 1}) is not None
    newest = batches.find({"closed": {"$exists": True}}, {"closed": 1}).sort("closed", -1).limit(1)
    closed = [row["closed"] async for row in newest]
    return LastWrite(closed=snapshot_at(closed[0]) if closed else None, is_under_way=is_under_way)


class Overtaken(Exception):
    """Jobs or segments are no longer as they were read: nothing of what was meant for them is written."""


async def end_as_they_are(
    hub: Hub, jobs: Mapping[JobId, Standing], as_of: datetime, at: datetime, steps: Sequence[JobStep], session: Session
) -> None:
    """End the queued jobs of segments whose generation in force stands as of `as_of` too.

    Raises: Overtaken, where a job is queued no longer, or a segment has another query or state, or was refreshed.
    """
    ended = [_ended(job, standing, as_of, at, steps) for job, standing in jobs.items()]
    refreshed = [_refreshed(job, standing, as_of, at) for job, standing in jobs.items()]
    for collection, writes in ((JOBS, ended), (SEGMENTS, refreshed)):
        result = await hub.collection(collection).bulk_write(writes, ordered=False, session=session)
        if result.matched_count < len(writes):
            raise Overtaken(f"some {collection} have changed meanwhile")


def _ended(job: JobId, standing: Standing, as_of: datetime, at: datetime, steps: Sequence[JobStep]) -> UpdateOne:
    outcome = {
        "status": JobStatus.SUCCESSFUL,
        "started_at": at,
        "finished_at": at,
        "attempts": 1,
        "done": 1,
        "total": 1,
        "as_of": as_of,
        "member_count": standing.pointer.count if standing.pointer else None,
        "entered": 0,
        "exited": 0,
        "is_incremental": True,
        "steps": steps,
    }
    return UpdateOne({"_id": job, "status": JobStatus.QUEUED.value}, {"$set": job_fields(outcome)}, hint=BY_ID)


def _refreshed(job: JobId, standing: Standing, as_of: datetime, at: datetime) -> UpdateOne:
    as_read: Document = {"state": standing.state.value, "definition": standing.definition}
    if standing.pointer:  # of two refreshes that change nothing, each with its own basis, only `as_of` tells
        as_read |= {"pointer.generation": standing.pointer.generation, "pointer.as_of": standing.pointer.as_of}
    noted = success(job, at) | {"pointer.as_of": as_of, "order.refreshed": at}
    return UpdateOne({"_id": standing.id} | as_read, {"$set": noted}, hint=BY_ID)
