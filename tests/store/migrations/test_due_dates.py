"""Version 3: an interval that the first release only stored is kept from now on."""

from seggql.segments.due import do_what_is_due
from seggql.segments.planning import request_instant
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.models import open_models
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, work_off

NEW_FIELDS = (
    "due_at",
    "cron",
    "time_zone",
    "activate_at",
    "deactivate_at",
    "in_need_since",
    "retry_at",
    "template",
    "history",
)


async def test_old_segments_with_an_interval_are_refreshed_from_the_upgrade_on(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    for name in ("Often", "Never", "Idle"):
        await dynamic(hub, settings, name, "PROFILE(Contact).FILTER(Age >= 40)")
    for name in ("runs", "jobs", "schema"):
        await hub.collection(name).delete_many({})
    segments = hub.collection("segments")
    await segments.update_many({}, {"$unset": dict.fromkeys(NEW_FIELDS, ""), "$set": {"interval_minutes": None}})
    await segments.update_many({"name": {"$in": ["Often", "Idle"]}}, {"$set": {"interval_minutes": 60}})
    await segments.update_one({"name": "Idle"}, {"$set": {"state": "INACTIVE"}})

    before = request_instant()
    await open_models(hub)
    queue = ListQueue()
    await do_what_is_due(hub, settings, queue)
    await work_off(hub, settings, queue)

    due = {row["name"]: row.get("due_at") async for row in segments.find()}
    assert due["Often"] is not None
    assert 3500 < (due["Often"] - before).total_seconds() < 3700
    assert (due["Never"], due["Idle"]) == (None, None)
    assert await keys_of(hub, "Often") == {"cleo", "dan"}
