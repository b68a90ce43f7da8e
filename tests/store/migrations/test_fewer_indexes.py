"""Version 5: collections of an older seggql lose the indexes that every refresh would have to keep."""

from seggql.store.hub import Hub
from seggql.store.migrations.fewer_indexes import DROPPED
from seggql.store.models import open_models


async def test_old_indexes_are_gone_after_the_upgrade(hub: Hub) -> None:
    for collection, indexes in DROPPED.items():
        for name in indexes:
            await hub.collection(collection).create_index([("queued_at", 1), (name, 1)], name=name)
    await hub.collection("schema").delete_many({})

    await open_models(hub)
    await open_models(hub)

    for collection, indexes in DROPPED.items():
        left = set(await hub.collection(collection).index_information())
        assert not left.intersection(indexes)
    assert {"name", "created_at", "updated_at"} <= set(await hub.collection("segments").index_information())
    assert {"under_way", "status", "run_position"} <= set(await hub.collection("jobs").index_information())
