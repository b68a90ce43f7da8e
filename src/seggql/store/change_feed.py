"""Changes as they happen, in whatever process: MongoDB's change streams over jobs and segments."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

from seggql.store.hub import Document, Hub
from seggql.store.job import Job, JobId
from seggql.store.job_document import job_value
from seggql.store.segment import SegmentId


class SegmentEventKind(Enum):
    """What happened to a segment."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    REFRESHED = "REFRESHED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEvent:
    """Something that happened to one segment."""

    kind: SegmentEventKind
    segment: SegmentId


async def watch_job(hub: Hub, job: JobId) -> AsyncIterator[Job]:
    """The job as it is now, then after every change until it has ended; nothing where there is none."""
    match = [{"$match": {"documentKey._id": job, "operationType": {"$in": ["update", "replace"]}}}]
    async with await hub.collection("jobs").watch(match, full_document="updateLookup") as stream:
        stored = await hub.collection("jobs").find_one({"_id": job})
        while stored is not None:
            found = job_value(stored)
            yield found
            if found.status.is_final:
                return
            stored = (await stream.next())["fullDocument"]


async def watch_segments(hub: Hub) -> AsyncIterator[SegmentEvent]:
    """Every segment created, changed, refreshed or deleted from now on."""
    async with await hub.collection("segments").watch([{"$match": {"operationType": {"$ne": "invalidate"}}}]) as stream:
        async for change in stream:
            kind = _kind(change)
            if kind is not None:
                yield SegmentEvent(kind=kind, segment=SegmentId(change["documentKey"]["_id"]))


def _kind(change: Document) -> SegmentEventKind | None:
    """What a change of a document means; None for bookkeeping."""
    match change["operationType"]:
        case "insert":
            return SegmentEventKind.CREATED
        case "delete":
            return SegmentEventKind.DELETED
        case "update":
            fields = {name.split(".")[0] for name in change["updateDescription"]["updatedFields"]}
            if "version" in fields or "usages" in fields:
                return SegmentEventKind.UPDATED
            return SegmentEventKind.REFRESHED if fields & {"pointer", "last_refresh"} else None
        case _:
            return None
