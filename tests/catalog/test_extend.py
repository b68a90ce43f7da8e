import pytest

from seggql.catalog.extend import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_INDEXED,
    extend_interaction_type,
    extend_profile_type,
    extend_relationship_type,
)
from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType
from seggql.errors import RequestError

CONTACT = ProfileType(
    name="Contact",
    display_name="Contacts",
    attributes=(
        Attribute(name="City", type=AttributeType.STRING, display_name="Town", is_indexed=True),
        Attribute(name="Tags", type=AttributeType.STRING, is_array=True),
        Attribute(
            name="Address", type=AttributeType.OBJECT, attributes=(Attribute(name="Zip", type=AttributeType.STRING),)
        ),
    ),
)
PURCHASE = InteractionType(name="Purchase", links=(Link(name="Buyer", profile_type="Contact"),), is_activity=True)
KNOWS = RelationshipType(name="Knows", source="Contact", target="Contact")


def contact(*attributes: Attribute) -> ProfileType:
    return ProfileType(name="Contact", attributes=attributes)


def refusal_of(*attributes: Attribute) -> RequestError:
    with pytest.raises(RequestError) as refusal:
        extend_profile_type(CONTACT, contact(*attributes))
    return refusal.value


def test_what_an_extension_leaves_out_stays() -> None:
    extended = extend_profile_type(CONTACT, contact(Attribute(name="Age", type=AttributeType.INT)))
    assert extended.display_name == "Contacts"
    assert [attribute.name for attribute in extended.attributes] == ["City", "Tags", "Address", "Age"]


def test_an_empty_display_name_clears_it() -> None:
    city = Attribute(name="City", type=AttributeType.STRING, display_name="")
    extended = extend_profile_type(CONTACT, ProfileType(name="Contact", display_name="", attributes=(city,)))
    assert (extended.display_name, extended.attributes[0].display_name) == (None, None)


def test_defining_the_same_again_changes_nothing() -> None:
    assert extend_profile_type(CONTACT, CONTACT) == CONTACT
    assert extend_profile_type(CONTACT, contact(Attribute(name="City", type=AttributeType.STRING))) == CONTACT
    assert extend_interaction_type(PURCHASE, InteractionType(name="Purchase", links=PURCHASE.links)) == PURCHASE
    assert extend_relationship_type(KNOWS, KNOWS) == KNOWS


def test_nested_attributes_are_added_to_an_object() -> None:
    street = Attribute(name="Street", type=AttributeType.STRING)
    extended = extend_profile_type(
        CONTACT, contact(Attribute(name="Address", type=AttributeType.OBJECT, attributes=(street,)))
    )
    address = extended.attributes[2]
    assert [attribute.name for attribute in address.attributes] == ["Zip", "Street"]


def test_a_type_change_is_refused_with_the_reason() -> None:
    refusal = refusal_of(Attribute(name="City", type=AttributeType.INT))
    assert (refusal.code, refusal.field) == ("CONFLICT", ("attributes", "0", "type"))
    assert "City is STRING and cannot become INT" in str(refusal)


def test_an_array_cannot_become_a_single_value_nor_the_other_way() -> None:
    refusal = refusal_of(Attribute(name="Tags", type=AttributeType.STRING))
    assert "Tags is an array of STRING and cannot become STRING" in str(refusal)
    assert refusal.field == ("attributes", "0", "isArray")
    refusal_of(Attribute(name="City", type=AttributeType.STRING, is_array=True))


def test_a_nested_type_change_is_refused_at_its_path() -> None:
    wanted = Attribute(
        name="Address", type=AttributeType.OBJECT, attributes=(Attribute(name="Zip", type=AttributeType.INT),)
    )
    assert refusal_of(wanted).field == ("attributes", "0", "attributes", "0", "type")


@pytest.mark.parametrize("name", ["", "1st", "a.b", "$where", "a b", "x" * 101, "na\0me", "Ünal", "a\n"])
def test_names_follow_the_pattern(name: str) -> None:
    refusal = refusal_of(Attribute(name=name, type=AttributeType.INT))
    assert (refusal.code, refusal.field) == ("INVALID", ("attributes", "0", "name"))


def test_a_type_name_follows_the_pattern() -> None:
    with pytest.raises(RequestError, match="is not a name"):
        extend_profile_type(None, ProfileType(name="Con.tact"))


def test_built_in_names_are_reserved() -> None:
    assert "built in" in str(refusal_of(Attribute(name="Key", type=AttributeType.STRING)))
    with pytest.raises(RequestError, match="built in"):
        extend_interaction_type(
            PURCHASE,
            InteractionType(
                name="Purchase", links=(), attributes=(Attribute(name="Timestamp", type=AttributeType.STRING),)
            ),
        )


def test_a_name_may_stand_once() -> None:
    twice = Attribute(name="Age", type=AttributeType.INT)
    assert "given twice" in str(refusal_of(twice, twice))


def test_only_objects_have_attributes_of_their_own() -> None:
    inner = (Attribute(name="x", type=AttributeType.INT),)
    assert "only an OBJECT" in str(refusal_of(Attribute(name="Age", type=AttributeType.INT, attributes=inner)))
    assert "needs attributes" in str(refusal_of(Attribute(name="Home", type=AttributeType.OBJECT)))
    assert "cannot be indexed" in str(
        refusal_of(Attribute(name="Home", type=AttributeType.OBJECT, is_indexed=True, attributes=inner))
    )


def nested(depth: int) -> Attribute:
    if depth == 1:
        return Attribute(name="x", type=AttributeType.INT)
    return Attribute(name="x", type=AttributeType.OBJECT, attributes=(nested(depth - 1),))


def test_limits_are_named() -> None:
    extend_profile_type(None, contact(nested(MAX_DEPTH)))
    assert f"deeper than {MAX_DEPTH}" in str(refusal_of(nested(MAX_DEPTH + 1)))
    many = [Attribute(name=f"a{n}", type=AttributeType.INT) for n in range(MAX_ATTRIBUTES + 1)]
    assert refusal_of(*many).code == "LIMIT_REACHED"
    indexed = [Attribute(name=f"a{n}", type=AttributeType.INT, is_indexed=True) for n in range(MAX_INDEXED + 1)]
    assert "indexed attributes" in str(refusal_of(*indexed))


def test_links_are_added_but_do_not_move() -> None:
    extended = extend_interaction_type(
        PURCHASE, InteractionType(name="Purchase", links=(Link(name="Shop", profile_type="Store"),))
    )
    assert [link.name for link in extended.links] == ["Buyer", "Shop"]
    with pytest.raises(RequestError, match="leads to Contact and cannot lead to Store") as refusal:
        extend_interaction_type(
            PURCHASE, InteractionType(name="Purchase", links=(Link(name="Buyer", profile_type="Store"),))
        )
    assert refusal.value.field == ("links", "0", "profileType")


def test_an_interaction_type_needs_a_link() -> None:
    with pytest.raises(RequestError, match="needs one link"):
        extend_interaction_type(None, InteractionType(name="Visit", links=()))


def test_the_ends_of_a_relationship_do_not_move() -> None:
    with pytest.raises(RequestError, match="source of relationship type Knows is Contact") as refusal:
        extend_relationship_type(KNOWS, RelationshipType(name="Knows", source="Store", target="Contact"))
    assert refusal.value.field == ("source",)
