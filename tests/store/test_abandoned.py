"""A transaction of a process that died holds nobody up."""

import asyncio

import pytest
from pymongo.errors import PyMongoError

from seggql.settings import Settings
from seggql.store.abandoned import end_abandoned_transactions
from seggql.store.hub import Hub, open_hub


async def test_a_transaction_that_nobody_goes_on_with_is_ended_and_others_are_not(hub: Hub, settings: Settings) -> None:
    runs = hub.collection("runs")
    await runs.insert_many([{"_id": "left"}, {"_id": "fresh"}])
    dead = open_hub(settings)
    async with dead.client.start_session() as left, dead.client.start_session() as fresh:
        await left.start_transaction()
        await dead.collection("runs").update_one({"_id": "left"}, {"$set": {"by": "dead"}}, session=left)
        await asyncio.sleep(0.4)
        await fresh.start_transaction()
        await dead.collection("runs").update_one({"_id": "fresh"}, {"$set": {"by": "living"}}, session=fresh)
        assert await end_abandoned_transactions(hub, idle_s=0.3) == 1
        async with asyncio.timeout(10):
            await runs.update_one({"_id": "left"}, {"$set": {"by": "another"}})
        await fresh.commit_transaction()
        with pytest.raises(PyMongoError) as refused:
            await left.commit_transaction()
        assert refused.value.has_error_label("TransientTransactionError"), "so that the living would begin again"
    await dead.close()
    assert [row["by"] async for row in runs.find().sort("_id", 1)] == ["living", "another"]


async def test_nothing_is_ended_where_nothing_waits(hub: Hub) -> None:
    assert await end_abandoned_transactions(hub, idle_s=0.0) == 0
