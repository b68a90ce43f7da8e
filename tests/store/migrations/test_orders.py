"""Version 5: segments of an older seggql lose the indexes that every refresh would have to keep."""

from seggql.store.hub import Hub
from seggql.store.migrations.orders import DROPPED
from seggql.store.models import open_models


async def test_old_indexes_are_gone_after_the_upgrade(hub: Hub) -> None:
    segments = hub.collection("segments")
    for name in DROPPED:
        await segments.create_index([("order.members", 1), (name, 1)], name=name)
    await hub.collection("schema").delete_many({})

    await open_models(hub)
    await open_models(hub)

    left = set(await segments.index_information())
    assert not left.intersection(DROPPED)
    assert {"name", "created_at", "updated_at"} <= left
