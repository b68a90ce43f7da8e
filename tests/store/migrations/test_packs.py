"""Version 4: types that an older seggql made get collections for their packs."""

from seggql.store.hub import Hub
from seggql.store.models import open_models
from seggql.store.pack_writes import leased_pack, read_head
from seggql.store.packs import PackHead
from tests.ingest.world import define_world

PACKED = ("profiles.Contact", "interactions.Purchase", "relationships.Knows")


async def test_old_types_can_be_packed_after_the_upgrade(hub: Hub) -> None:
    await define_world(hub)
    for collection in PACKED:
        await hub.database.drop_collection(f"packs.{collection}")
    await hub.collection("schema").delete_many({})

    await open_models(hub)
    await open_models(hub)

    for collection in PACKED:
        assert await read_head(hub, collection) == PackHead(version=0)
        async with leased_pack(hub, collection, "me", 10) as lease:
            assert lease
