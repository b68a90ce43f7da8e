"""Version 4: every type has a collection for its packs, with a head that names nothing."""

from seggql.store.catalog import load_catalog
from seggql.store.collections import collection_of, make_pack
from seggql.store.hub import Hub


async def give_every_type_a_pack(hub: Hub) -> None:
    """The collections that types get when they are defined from now on."""
    catalog = await load_catalog(hub)
    for types in (catalog.profile_types, catalog.relationship_types, catalog.interaction_types):
        for record_type in types.values():
            await make_pack(hub, collection_of(record_type))
