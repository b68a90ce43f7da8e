"""Forgetting: ledgers and jobs past the time for which they are kept, a few documents at once."""

from dataclasses import asdict
from datetime import datetime

from seggql.store import ledger
from seggql.store.hub import Hub
from seggql.store.job import RunStatus
from seggql.store.segment import History, Segment

AT_ONCE = 1_000
"""Documents deleted by one command, so that others get their turn."""


async def prune_ledger(hub: Hub, segment: Segment, before: datetime) -> int:
    """Forget the generations that were no longer in force at an instant; returns how many documents that were.

    Those that the present members are made of stay. Where the ledger begins is noted first: who asks for what is being
    removed is told so.
    """
    kept = await ledger.entry_at(hub, segment.id, before)
    if kept and segment.pointer and kept.generation > segment.pointer.base:
        kept = await ledger.find_entry(hub, segment.id, segment.pointer.base)
    if kept is None or (segment.history and kept.generation <= segment.history.generation):
        return 0
    begins = asdict(History(generation=kept.generation, at=kept.at))
    await hub.collection("segments").update_one({"_id": segment.id}, {"$set": {"history": begins}})
    removed = 0
    while batch := await ledger.forget_before(hub, segment.id, kept.generation, AT_ONCE):
        removed += batch
    return removed


async def prune_runs(hub: Hub, before: datetime) -> int:
    """Forget runs that ended before an instant, with their jobs and deliveries; returns how many runs.

    The job of a segment's last refresh stays with the segment.
    """
    ended = {"status": RunStatus.FINISHED.value, "finished_at": {"$lt": before}}
    removed = 0
    while runs := [row["_id"] async for row in hub.collection("runs").find(ended, {"_id": 1}).limit(AT_ONCE // 10)]:
        jobs = [row["_id"] async for row in hub.collection("jobs").find({"run": {"$in": runs}}, {"_id": 1})]
        kept = await hub.collection("segments").distinct("last_refresh", {"last_refresh": {"$in": jobs}})
        await hub.collection("export_runs").delete_many({"job_id": {"$in": jobs}})
        await hub.collection("jobs").delete_many({"run": {"$in": runs}, "_id": {"$nin": kept}})
        removed += (await hub.collection("runs").delete_many({"_id": {"$in": runs}})).deleted_count
    return removed
