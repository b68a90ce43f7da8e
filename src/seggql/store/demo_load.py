"""What a hub remembers of its demo: by how many days its dates were moved, and whether it is complete."""

from dataclasses import dataclass

from seggql.store.hub import Hub

COLLECTION = "demo"
_ID = "complete-journey"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLoad:
    """A load that was begun; one that was interrupted goes on with the same `days_moved`, so that no row differs."""

    days_moved: int
    is_complete: bool = False
    exported_to: str | None = None
    """Where the demo's export is, once it is complete."""

    exported_members: int = 0


async def find_demo_load(hub: Hub) -> DemoLoad | None:
    """The hub's demo, or None where it never had one."""
    stored = await hub.collection(COLLECTION).find_one({"_id": _ID}, {"_id": 0})
    return DemoLoad(**stored) if stored else None


async def begin_demo_load(hub: Hub, days_moved: int) -> DemoLoad:
    """Remember that the demo is being loaded; one that was begun before keeps its dates."""
    await hub.collection(COLLECTION).update_one({"_id": _ID}, {"$setOnInsert": {"days_moved": days_moved}}, upsert=True)
    return await find_demo_load(hub) or DemoLoad(days_moved=days_moved)


async def complete_demo_load(hub: Hub, exported_to: str, exported_members: int) -> DemoLoad:
    """Remember that everything of the demo is there."""
    complete = {"is_complete": True, "exported_to": exported_to, "exported_members": exported_members}
    stored = await hub.collection(COLLECTION).find_one_and_update(
        {"_id": _ID}, {"$set": complete}, {"_id": 0}, return_document=True
    )
    return DemoLoad(**(stored or {}))
