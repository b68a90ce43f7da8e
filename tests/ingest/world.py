"""A small catalog for the tests of ingest, and what they look at in the hub."""

from collections.abc import Mapping
from typing import Any

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.store.hub import Hub

CONTACT = ProfileType(
    name="Contact",
    attributes=(
        Attribute(name="Name", type=AttributeType.STRING),
        Attribute(name="Age", type=AttributeType.INT, is_indexed=True),
        Attribute(name="Points", type=AttributeType.LONG),
        Attribute(name="Score", type=AttributeType.DOUBLE),
        Attribute(name="Balance", type=AttributeType.DECIMAL),
        Attribute(name="IsActive", type=AttributeType.BOOLEAN),
        Attribute(name="Born", type=AttributeType.DATETIME),
        Attribute(name="Token", type=AttributeType.GUID),
        Attribute(name="Tags", type=AttributeType.STRING, is_array=True),
        Attribute(
            name="Address",
            type=AttributeType.OBJECT,
            attributes=(
                Attribute(name="City", type=AttributeType.STRING),
                Attribute(name="Zip", type=AttributeType.INT),
            ),
        ),
    ),
)
STORE = ProfileType(name="Store", attributes=(Attribute(name="City", type=AttributeType.STRING),))
PURCHASE = InteractionType(
    name="Purchase",
    links=(Link(name="Buyer", profile_type="Contact"), Link(name="Shop", profile_type="Store")),
    attributes=(
        Attribute(name="Amount", type=AttributeType.DOUBLE, is_indexed=True),
        Attribute(name="Note", type=AttributeType.STRING),
    ),
)
KNOWS = RelationshipType(
    name="Knows",
    source="Contact",
    target="Contact",
    attributes=(
        Attribute(name="Since", type=AttributeType.INT),
        Attribute(name="Note", type=AttributeType.STRING),
    ),
)
VISITS = RelationshipType(name="Visits", source="Contact", target="Store")


async def define_world(hub: Hub) -> None:
    """Contact, Store, Purchase, Knows and Visits."""
    await define_profile_type(hub, CONTACT)
    await define_profile_type(hub, STORE)
    await define_interaction_type(hub, PURCHASE)
    await define_relationship_type(hub, KNOWS)
    await define_relationship_type(hub, VISITS)


def contact(key: str, **attributes: object) -> dict[str, object]:
    """A profile row."""
    return {"key": key, "attributes": attributes}


def purchase(id_: str | None, buyer: str, amount: float = 1.0, **more: object) -> dict[str, object]:
    """An interaction row."""
    row: dict[str, object] = {"timestamp": "2026-01-31T09:00:00Z", "links": {"Buyer": buyer}}
    return row | {"attributes": {"Amount": amount}} | ({"id": id_} if id_ else {}) | more


async def documents(hub: Hub, collection: str) -> list[dict[str, Any]]:
    """Every document of a collection, by `_id`."""
    return [document async for document in hub.collection(collection).find().sort("_id", 1)]


async def contacts(hub: Hub) -> Mapping[str, dict[str, Any]]:
    """The attributes of every contact, by key."""
    return {document["key"]: document["a"] for document in await documents(hub, "profiles.Contact")}


async def assert_keys_and_profiles_agree(hub: Hub, profile_type: str = "Contact") -> None:
    """Every key has its profile, every profile its key."""
    keys = {row["_id"]: row["o"] for row in await documents(hub, f"keys.{profile_type}")}
    profiles = {row["key"]: row["_id"] for row in await documents(hub, f"profiles.{profile_type}")}
    assert keys == profiles
