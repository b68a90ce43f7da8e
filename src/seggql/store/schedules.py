"""Due dates in MongoDB: each is taken by one scheduler, in the transaction that stores what it asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from seggql.store.hub import CODEC_OPTIONS, Document, Hub
from seggql.store.job import UNFINISHED, JobKind, JobStatus, JobTrigger, RunStatus
from seggql.store.runs import JOBS, RUNS
from seggql.store.segment import ChangeCause, Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segment_document import segment_value
from seggql.store.transaction import Session

SYSTEM = "system_schedule"
ONLY = {"_id": "system"}
"""There is one system schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSchedule:
    """When everything is refreshed: at `times` (HH:MM) on `days` (1 is Monday) in a zone; `due_at` is the next time."""

    is_enabled: bool = False
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    times: tuple[str, ...] = ()
    time_zone: str = "UTC"
    due_at: datetime | None = None


async def now_in_mongodb(hub: Hub) -> datetime:
    """What MongoDB's clock says, so that schedulers whose own differ agree on what is due."""
    reply = await hub.database.command("hello", codec_options=CODEC_OPTIONS)
    now: datetime = reply["localTime"]
    return now


async def find_system_schedule(hub: Hub) -> SystemSchedule:
    """The schedule as it was set last; a disabled one where it never was."""
    stored = await hub.collection(SYSTEM).find_one(ONLY)
    return _system(stored) if stored else SystemSchedule()


async def write_system_schedule(hub: Hub, schedule: SystemSchedule) -> None:
    """Set it."""
    await hub.collection(SYSTEM).replace_one(ONLY, ONLY | asdict(schedule), upsert=True)


async def take_system_due(hub: Hub, due: SystemSchedule, following: datetime | None, session: Session) -> bool:
    """Move the due date on to `following`; False where somebody else did, or changed the schedule."""
    result = await hub.collection(SYSTEM).update_one(
        ONLY | asdict(due), {"$set": {"due_at": following}}, session=session
    )
    return result.modified_count == 1


async def find_due_segments(hub: Hub, now: datetime, limit: int) -> list[Segment]:
    """Active segments whose own schedule was due by `now`, the longest overdue first."""
    due = {"state": SegmentState.ACTIVE.value, "kind": SegmentKind.DYNAMIC.value, "due_at": {"$lte": now}}
    return await _find(hub, due, limit, sort="due_at")


async def take_due(hub: Hub, segment: Segment, following: datetime | None, session: Session) -> bool:
    """Move the segment's due date on to `following`; False where somebody else did, or changed the schedule."""
    result = await hub.collection("segments").update_one(
        {
            "_id": segment.id,
            "version": segment.version,
            "state": SegmentState.ACTIVE.value,
            "due_at": segment.due_at,
        },
        {"$set": {"due_at": following}},
        session=session,
    )
    return result.modified_count == 1


async def find_to_switch(hub: Hub, now: datetime, limit: int) -> list[Segment]:
    """Segments that were to be activated or deactivated by `now`."""
    return await _find(hub, {"$or": [{"activate_at": {"$lte": now}}, {"deactivate_at": {"$lte": now}}]}, limit)


async def strike_out(hub: Hub, segment: SegmentId, field: str, at: datetime, *, error: str | None = None) -> None:
    """Take back what was planned for `at` in one of these fields; nothing where it was planned anew."""
    changes = {field: None} | ({"last_error": error} if error else {})
    await hub.collection("segments").update_one({"_id": segment, field: at}, {"$set": changes})


async def find_forgotten(hub: Hub, changed_before: datetime, limit: int) -> list[Segment]:
    """Active segments that were never refreshed with their query, for which nobody has asked since they need it.

    Only those that nobody has changed since an instant; a refresh that was skipped does not count.
    """
    unrefreshed = {
        "state": SegmentState.ACTIVE.value,
        "kind": SegmentKind.DYNAMIC.value,
        "updated_at": {"$lt": changed_before},
        "$or": [
            {"pointer": None},
            {"pointer.cause": ChangeCause.DEACTIVATION.value},
            {"$expr": {"$ne": ["$pointer.definition", "$definition"]}},
        ],
    }
    found = [segment_value(stored) async for stored in hub.collection("segments").find(unrefreshed)]
    served = await _served(hub, found) if found else frozenset()
    return [segment for segment in found if segment.id not in served][:limit]


async def _served(hub: Hub, segments: Sequence[Segment], session: Session | None = None) -> frozenset[SegmentId]:
    """Those of the segments for which a refresh is unfinished, or was tried since they need it."""
    unfinished = [status.value for status in UNFINISHED]
    pipeline: list[Document] = [
        {
            "$match": {
                "kind": JobKind.REFRESH.value,
                "subject": {"$in": [segment.id for segment in segments]},
                "status": {"$ne": JobStatus.SKIPPED.value},
            }
        },
        {
            "$group": {
                "_id": "$subject",
                "last": {"$max": "$queued_at"},
                "is_unfinished": {"$max": {"$in": ["$status", unfinished]}},
            }
        },
    ]
    rows = {row["_id"]: row async for row in await hub.collection(JOBS).aggregate(pipeline, session=session)}
    return frozenset(
        segment.id
        for segment in segments
        if (row := rows.get(segment.id)) and (row["is_unfinished"] or row["last"] >= _in_need_since(segment))
    )


def _in_need_since(segment: Segment) -> datetime:
    return segment.in_need_since or (segment.pointer.at if segment.pointer else segment.created_at)


async def take_forgotten(hub: Hub, segment: Segment, at: datetime, session: Session) -> bool:
    """Let the segment be in need since `at` only; False where it has changed, or somebody else did so or asked."""
    if await _served(hub, [segment], session):
        return False
    as_read = {"_id": segment.id, "version": segment.version, "in_need_since": segment.in_need_since}
    result = await hub.collection("segments").update_one(as_read, {"$set": {"in_need_since": at}}, session=session)
    return result.matched_count == 1


async def find_retries(hub: Hub, now: datetime, limit: int) -> list[Segment]:
    """Active segments whose last refresh failed and is to be tried again by `now`, the longest overdue first."""
    due = {"state": SegmentState.ACTIVE.value, "kind": SegmentKind.DYNAMIC.value, "retry_at": {"$lte": now}}
    return await _find(hub, due, limit, sort="retry_at")


async def take_retry(hub: Hub, segment: Segment, session: Session) -> bool:
    """Strike the retry out; False where somebody else did, or the segment has changed."""
    as_read = {"_id": segment.id, "version": segment.version, "retry_at": segment.retry_at}
    result = await hub.collection("segments").update_one(as_read, {"$set": {"retry_at": None}}, session=session)
    return result.matched_count == 1


async def waiting_for_schedule(hub: Hub, segments: Iterable[SegmentId], session: Session) -> frozenset[SegmentId]:
    """Those of the segments that an earlier due date has queued in a run that nobody has begun.

    Such a run takes its instant later, so that it serves this due date too.
    """
    queued: Document = {
        "kind": JobKind.REFRESH.value,
        "status": JobStatus.QUEUED.value,
        "trigger": JobTrigger.SCHEDULE.value,
        "subject": {"$in": list(segments)},
    }
    jobs = [row async for row in hub.collection(JOBS).find(queued, {"run": 1, "subject": 1}, session=session)]
    fresh = {"_id": {"$in": [row["run"] for row in jobs]}, "status": RunStatus.QUEUED.value}
    runs = {row["_id"] async for row in hub.collection(RUNS).find(fresh, {"_id": 1}, session=session)}
    return frozenset(SegmentId(row["subject"]) for row in jobs if row["run"] in runs)


async def _find(hub: Hub, query: Document, limit: int, *, sort: str = "_id") -> list[Segment]:
    cursor = hub.collection("segments").find(query).sort(sort, 1).limit(limit)
    return [segment_value(stored) async for stored in cursor]


def _system(stored: Document) -> SystemSchedule:
    fields = {name: value for name, value in stored.items() if name != "_id"}
    return SystemSchedule(**fields | {name: _tuple(fields[name]) for name in ("days", "times")})


def _tuple(values: Sequence[object]) -> tuple[object, ...]:
    return tuple(values)
