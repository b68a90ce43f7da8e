"""What the refreshes of a run cost, compared with each other."""

from seggql.store.hub import Hub
from seggql.store.job import RunId


async def settle_shares(hub: Hub, run: RunId) -> None:
    """Note on every segment that the run refreshed last which part of the run's evaluation time was its own."""
    segments = hub.collection("segments")
    summed = {"$group": {"_id": None, "ms": {"$sum": "$cost.elapsed_ms"}, "n": {"$sum": 1}}}
    async for total in await segments.aggregate([{"$match": {"cost.run": run}}, summed]):
        if total["n"] == 1:  # it has all, as the commit noted
            return
        part = {"$divide": ["$cost.elapsed_ms", total["ms"]]} if total["ms"] else 1 / total["n"]
        await segments.update_many({"cost.run": run}, [{"$set": {"cost.share": part}}])
