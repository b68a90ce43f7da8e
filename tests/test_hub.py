from seggql.store.hub import Hub


async def test_a_hub_writes_and_reads(hub: Hub) -> None:
    await hub.collection("things").insert_one({"_id": 1})
    assert await hub.collection("things").find_one() == {"_id": 1}
