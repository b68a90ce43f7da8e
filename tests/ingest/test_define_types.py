import asyncio

import pytest

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType
from seggql.errors import RequestError
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub

CITY = Attribute(name="City", type=AttributeType.STRING, is_indexed=True, display_name="Town")
AGE = Attribute(name="Age", type=AttributeType.INT)
CONTACT = ProfileType(name="Contact", display_name="Contacts", attributes=(CITY, AGE))
STORE = ProfileType(name="Store")
AMOUNT = Attribute(name="Amount", type=AttributeType.DOUBLE, is_indexed=True)
PURCHASE = InteractionType(
    name="Purchase", links=(Link(name="Buyer", profile_type="Contact"),), attributes=(AMOUNT,), is_activity=True
)


async def index_keys(hub: Hub, collection: str) -> set[tuple[str, ...]]:
    found = await hub.collection(collection).index_information()
    return {tuple(field for field, _ in index["key"]) for index in found.values()}


async def test_an_empty_hub_has_an_empty_catalog(hub: Hub) -> None:
    catalog = await load_catalog(hub)
    assert not catalog.profile_types
    assert not catalog.interaction_types


async def test_a_defined_type_is_in_the_catalog_as_it_was_given(hub: Hub) -> None:
    assert await define_profile_type(hub, CONTACT) == CONTACT
    await define_profile_type(hub, STORE)
    await define_interaction_type(hub, PURCHASE)
    visits = RelationshipType(name="Visits", source="Contact", target="Store", attributes=(AGE,))
    await define_relationship_type(hub, visits)
    catalog = await load_catalog(hub)
    assert catalog.profile_types == {"Contact": CONTACT, "Store": STORE}
    assert catalog.interaction_types == {"Purchase": PURCHASE}
    assert catalog.relationship_types == {"Visits": visits}


async def test_a_type_has_its_collections_and_indexes_before_its_first_row(hub: Hub) -> None:
    await define_profile_type(hub, CONTACT)
    await define_interaction_type(hub, PURCHASE)
    await define_relationship_type(hub, RelationshipType(name="Knows", source="Contact", target="Contact"))
    assert {"keys.Contact", "profiles.Contact"} <= set(await hub.database.list_collection_names())
    assert await index_keys(hub, "profiles.Contact") == {("_id",), ("b",), ("a.City", "_id")}
    assert await index_keys(hub, "interactions.Purchase") == {
        ("_id",),
        ("b",),
        ("t", "l.Buyer", "a.Amount"),
        ("l.Buyer", "t", "a.Amount"),
    }
    assert await index_keys(hub, "relationships.Knows") == {("_id",), ("b",), ("f", "t"), ("t", "f")}


async def test_an_extension_builds_the_indexes_it_adds(hub: Hub) -> None:
    await define_profile_type(hub, CONTACT)
    await define_profile_type(hub, STORE)
    await define_interaction_type(hub, PURCHASE)
    zip_code = Attribute(name="Zip", type=AttributeType.STRING, is_indexed=True)
    address = Attribute(name="Address", type=AttributeType.OBJECT, attributes=(zip_code,))
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(address,)))
    assert ("a.Address.Zip", "_id") in await index_keys(hub, "profiles.Contact")
    quantity = Attribute(name="Quantity", type=AttributeType.INT, is_indexed=True)
    shop = Link(name="Shop", profile_type="Store")
    extended = await define_interaction_type(
        hub, InteractionType(name="Purchase", links=(shop,), attributes=(quantity,))
    )
    assert extended.is_activity
    numbers = ("a.Amount", "a.Quantity")
    assert await index_keys(hub, "interactions.Purchase") == {
        ("_id",),
        ("b",),
        *(("t", f"l.{link}", *numbers) for link in ("Buyer", "Shop")),
        *((f"l.{link}", "t", *numbers) for link in ("Buyer", "Shop")),
    }


async def test_a_refused_change_leaves_the_type_as_it_was(hub: Hub) -> None:
    await define_profile_type(hub, CONTACT)
    with pytest.raises(RequestError, match="cannot become"):
        await define_profile_type(
            hub, ProfileType(name="Contact", attributes=(Attribute(name="Age", type=AttributeType.STRING),))
        )
    assert (await load_catalog(hub)).profile_types == {"Contact": CONTACT}


async def test_a_link_to_no_profile_type_is_refused_with_the_nearest_name(hub: Hub) -> None:
    await define_profile_type(hub, CONTACT)
    with pytest.raises(RequestError, match="Did you mean Contact") as refusal:
        await define_interaction_type(
            hub, InteractionType(name="Visit", links=(Link(name="Who", profile_type="Contct"),))
        )
    assert (refusal.value.code, refusal.value.field) == ("NOT_FOUND", ("links", "0", "profileType"))
    with pytest.raises(RequestError) as refusal:
        await define_relationship_type(hub, RelationshipType(name="Owns", source="Contact", target="Car"))
    assert refusal.value.field == ("target",)


async def test_definitions_at_the_same_time_all_count(hub: Hub) -> None:
    await asyncio.gather(
        *(
            define_profile_type(
                hub,
                ProfileType(name="Contact", attributes=(Attribute(name=f"a{n}", type=AttributeType.INT),)),
            )
            for n in range(8)
        )
    )
    names = {attribute.name for attribute in (await load_catalog(hub)).profile_types["Contact"].attributes}
    assert names == {f"a{n}" for n in range(8)}
