"""A small catalog with every type of attribute in every shape, and the scope that binder tests use."""

from collections.abc import Mapping

from seggql.catalog.model import (
    Attribute,
    AttributeType,
    Catalog,
    InteractionType,
    Link,
    ProfileType,
    RelationshipType,
)
from seggql.query.bound import BoundQuery
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.scope import RecordFacts, Scope, SegmentReference


def _attribute(name: str, type_: str, *attributes: Attribute, indexed: bool = False) -> Attribute:
    """`type_` ends in [] where it is an array."""
    kind = AttributeType(type_.removesuffix("[]"))
    return Attribute(
        name=name, type=kind, is_array=type_.endswith("[]"), is_indexed=indexed, attributes=tuple(attributes)
    )


CONTACT = ProfileType(
    name="Contact",
    attributes=(
        _attribute("Name", "STRING"),
        _attribute("Mail", "STRING", indexed=True),
        _attribute("Age", "INT"),
        _attribute("Visits", "LONG"),
        _attribute("Score", "DOUBLE"),
        _attribute("Price", "DECIMAL"),
        _attribute("Born", "DATETIME"),
        _attribute("Ref", "GUID"),
        _attribute("Active", "BOOLEAN"),
        _attribute("Address", "OBJECT", _attribute("City", "STRING", indexed=True), _attribute("Phones", "STRING[]")),
        _attribute("Tags", "STRING[]"),
        _attribute("Marks", "INT[]"),
        _attribute("Prices", "DECIMAL[]"),
        _attribute("Days", "DATETIME[]"),
        _attribute("Refs", "GUID[]"),
        _attribute("Flags", "BOOLEAN[]"),
        _attribute(
            "Orders",
            "OBJECT[]",
            _attribute("Total", "DECIMAL"),
            _attribute("Sku", "STRING"),
            _attribute("Lines", "OBJECT[]", _attribute("Quantity", "INT"), _attribute("Codes", "STRING[]")),
        ),
    ),
)
CARD = ProfileType(name="Card", attributes=(_attribute("Number", "STRING"), _attribute("Expires", "DATETIME")))
HAS_CARD = RelationshipType(
    name="HasCard", source="Contact", target="Card", attributes=(_attribute("Since", "DATETIME"),)
)
KNOWS = RelationshipType(name="Knows", source="Contact", target="Contact", attributes=(_attribute("Weight", "DOUBLE"),))
OPENED = InteractionType(
    name="Opened",
    links=(Link(name="Opened_Contact", profile_type="Contact"), Link(name="Opened_Card", profile_type="Card")),
    attributes=(
        _attribute("Subject", "STRING"),
        _attribute("Campaign", "STRING", indexed=True),
        _attribute("Bytes", "LONG", indexed=True),
        _attribute("Seconds", "INT"),
        _attribute("Cost", "DECIMAL"),
        _attribute("Labels", "STRING[]"),
        _attribute("Device", "OBJECT", _attribute("Name", "STRING")),
        _attribute("Seen", "BOOLEAN"),
        _attribute("Ref", "GUID"),
    ),
)

CATALOG = Catalog(
    profile_types={"Contact": CONTACT, "Card": CARD, "Lonely": ProfileType(name="Lonely")},
    relationship_types={"HasCard": HAS_CARD, "Knows": KNOWS},
    interaction_types={"Opened": OPENED},
)


def _segments(**uses: tuple[str, ...]) -> Mapping[str, SegmentReference]:
    return {
        name: SegmentReference(name=name, profile_type="Contact", depends_on=frozenset(depends_on))
        for name, depends_on in uses.items()
    }


SEGMENTS = {
    **_segments(A=(), B=("A",), C=("B",), Mine=("A",), UsesMine=("Mine",), Deep=("B", "UsesMine")),
    "Cards": SegmentReference(name="Cards", profile_type="Card"),
}


def world_scope(
    *,
    output_type: str | None = None,
    segment_name: str | None = None,
    allows_listing: bool = False,
    facts: RecordFacts | None = None,
) -> Scope:
    """The scope of this world, with what a test asks for."""
    return Scope(
        catalog=CATALOG,
        segments=SEGMENTS,
        output_type=output_type,
        segment_name=segment_name,
        allows_listing=allows_listing,
        facts=facts or RecordFacts(),
    )


def bind_text(text: str, scope: Scope | None = None) -> BoundQuery:
    """Parses and binds `text` in this world."""
    return compile_query(text, scope or world_scope(), Limits())
