"""Version 3: intervals are kept, so that each segment with one has the date when it is due."""

from seggql.store.hub import Hub


async def give_intervals_a_due_date(hub: Hub) -> None:
    """Active segments whose interval nothing has acted on until now are due now."""
    waiting = {
        "kind": "DYNAMIC",
        "state": "ACTIVE",
        "interval_minutes": {"$gt": 0},
        "due_at": {"$exists": False},
    }
    await hub.collection("segments").update_many(waiting, [{"$set": {"due_at": "$$NOW"}}])
