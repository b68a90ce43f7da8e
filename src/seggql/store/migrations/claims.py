"""Version 2: leases are on jobs and no longer on runs, so that many workers may share a run."""

from collections.abc import Sequence
from graphlib import TopologicalSorter

from pymongo import UpdateOne
from pymongo.errors import OperationFailure

from seggql.store.hub import Document, Hub

INDEX_NOT_FOUND = 27
ONE_BATCH = 1_000


async def give_every_job_a_lease(hub: Hub) -> None:
    """Jobs get their place in the run, what they wait for, and a lease that nobody has; runs begin again."""
    jobs, runs = hub.collection("jobs"), hub.collection("runs")
    unfinished = {"position": {"$exists": False}, "status": {"$in": ["QUEUED", "PROCESSING"]}}
    for run in await jobs.distinct("run", unfinished):
        await _order(hub, await jobs.find({"run": run}).sort("_id", 1).to_list())
    await jobs.update_many({"position": {"$exists": False}}, {"$set": {"position": 0, "waits_for": []} | _UNCLAIMED})
    old = {"claims": {"$exists": False}}
    await runs.update_many(old | {"status": "PROCESSING"}, [{"$set": {"status": "QUEUED", "announce_at": "$$NOW"}}])
    await runs.update_many(
        old,
        [
            {"$set": {"claims": {"$ifNull": ["$token", 0]}, "instant": None, "instants": 0}},
            {"$unset": ["token", "owner", "lease_until"]},
        ],
    )
    try:
        await jobs.drop_index("run")  # one on run and position takes its place
    except OperationFailure as error:
        if error.code != INDEX_NOT_FOUND:
            raise


_UNCLAIMED: Document = {"owner": None, "lease_until": None, "is_begun": False, "takeovers": 0}


async def _order(hub: Hub, jobs: Sequence[Document]) -> None:
    """Put the jobs of a run behind those whose segments theirs use; what was under way is queued again."""
    by_subject = {job["subject"]: job for job in jobs}
    segments = [row async for row in hub.collection("segments").find({"_id": {"$in": list(by_subject)}})]
    ids = {segment["name"]: segment["_id"] for segment in segments}
    uses = {s["_id"]: [ids[name] for name in s["depends_on"] if name in ids] for s in segments}
    order = {subject: place for place, subject in enumerate(TopologicalSorter(uses).static_order())}
    writes = []
    for place, job in enumerate(jobs):
        waits_for = [by_subject[used]["_id"] for used in uses.get(job["subject"], ()) if job["kind"] == "REFRESH"]
        fields = {"position": order.get(job["subject"], place), "waits_for": waits_for} | _UNCLAIMED
        if job["status"] == "PROCESSING":
            fields["status"] = "QUEUED"
        writes.append(UpdateOne({"_id": job["_id"], "position": {"$exists": False}}, {"$set": fields}))
    for start in range(0, len(writes), ONE_BATCH):
        await hub.collection("jobs").bulk_write(writes[start : start + ONE_BATCH], ordered=False)
