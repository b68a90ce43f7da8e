"""What the refreshes of a run cost, compared with each other."""

from seggql.store.hub import Hub
from seggql.store.job import RunId


async def settle_shares(hub: Hub, run: RunId) -> None:
    """Note on every segment that the run refreshed last how long the run has evaluated so far, and how many segments.

    Both only grow: of two workers who do this at once the one that has seen more prevails.
    """
    subjects = [row["subject"] async for row in hub.collection("jobs").find({"run": run}, {"_id": 0, "subject": 1})]
    if len(subjects) == 1:
        return
    segments = hub.collection("segments")
    refreshed = {"_id": {"$in": subjects}, "cost.run": run}
    summed = {"$group": {"_id": None, "ms": {"$sum": "$cost.elapsed_ms"}, "n": {"$sum": 1}}}
    async for total in await segments.aggregate([{"$match": refreshed}, summed]):
        noted = {"cost.run_ms": total["ms"], "cost.run_segments": total["n"]}
        await segments.update_many(refreshed, {"$max": noted})
