"""Due dates in MongoDB: each is taken by one scheduler, in the transaction that stores what it asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from seggql.store.hub import CODEC_OPTIONS, Document, Hub
from seggql.store.job import UNFINISHED, JobKind
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
        ONLY | {"is_enabled": True, "due_at": due.due_at}, {"$set": {"due_at": following}}, session=session
    )
    return result.modified_count == 1


async def find_due_segments(hub: Hub, now: datetime, limit: int) -> list[Segment]:
    """Active segments whose own schedule was due by `now`, the longest overdue first."""
    due = {"state": SegmentState.ACTIVE.value, "kind": SegmentKind.DYNAMIC.value, "due_at": {"$lte": now}}
    return await _find(hub, due, limit, sort="due_at")


async def take_due(hub: Hub, segment: Segment, following: datetime | None, session: Session) -> bool:
    """Move the segment's due date on to `following`; False where somebody else did, or changed the schedule."""
    result = await hub.collection("segments").update_one(
        {"_id": segment.id, "state": SegmentState.ACTIVE.value, "due_at": segment.due_at},
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


async def find_forgotten(hub: Hub, now: datetime, age: timedelta, limit: int) -> list[Segment]:
    """Active segments that wait for a first refresh which nobody has asked for since they were changed."""
    waiting = {
        "state": SegmentState.ACTIVE.value,
        "kind": SegmentKind.DYNAMIC.value,
        "updated_at": {"$lte": now - age},
        "$or": [{"pointer": None}, {"pointer.cause": ChangeCause.DEACTIVATION.value}],
    }
    found = await _find(hub, waiting, limit)
    jobs = hub.collection("jobs").find(
        {"kind": JobKind.REFRESH.value, "subject": {"$in": [segment.id for segment in found]}},
        {"subject": 1, "queued_at": 1},
    )
    asked: dict[str, datetime] = {}
    async for job in jobs:
        asked[job["subject"]] = max(job["queued_at"], asked.get(job["subject"], job["queued_at"]))
    return [segment for segment in found if segment.id not in asked or asked[segment.id] < segment.updated_at]


async def refreshing(hub: Hub, segments: Iterable[SegmentId], session: Session) -> frozenset[SegmentId]:
    """Those of the segments for which a refresh is queued or under way."""
    which: Document = {
        "kind": JobKind.REFRESH.value,
        "status": {"$in": [status.value for status in UNFINISHED]},
        "subject": {"$in": list(segments)},
    }
    return frozenset(map(SegmentId, await hub.collection("jobs").distinct("subject", which, session=session)))


async def _find(hub: Hub, query: Document, limit: int, *, sort: str = "_id") -> list[Segment]:
    cursor = hub.collection("segments").find(query).sort(sort, 1).limit(limit)
    return [segment_value(stored) async for stored in cursor]


def _system(stored: Document) -> SystemSchedule:
    fields = {name: value for name, value in stored.items() if name != "_id"}
    return SystemSchedule(**fields | {name: _tuple(fields[name]) for name in ("days", "times")})


def _tuple(values: Sequence[object]) -> tuple[object, ...]:
    return tuple(values)
