"""The small world of the text fixtures: six people, three cards, what they opened, whom they know."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from seggql.catalog.model import (
    Attribute,
    AttributeType,
    Catalog,
    InteractionType,
    Link,
    ProfileType,
    RelationshipType,
)
from tests.reference.world import Edge, Interaction, Profile, World

T = AttributeType
AS_OF = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)

CATALOG = Catalog(
    profile_types={
        "Contact": ProfileType(
            name="Contact",
            attributes=(
                Attribute(name="Age", type=T.INT, is_indexed=True),
                Attribute(name="City", type=T.STRING),
                Attribute(name="Balance", type=T.DECIMAL),
                Attribute(name="Born", type=T.DATETIME),
                Attribute(name="IsCustomer", type=T.BOOLEAN),
                Attribute(name="Emails", type=T.STRING, is_array=True),
                Attribute(
                    name="Lines",
                    type=T.OBJECT,
                    is_array=True,
                    attributes=(Attribute(name="Price", type=T.DOUBLE), Attribute(name="Sku", type=T.STRING)),
                ),
            ),
        ),
        "Card": ProfileType(name="Card", attributes=(Attribute(name="Brand", type=T.STRING),)),
    },
    relationship_types={
        "HasCard": RelationshipType(
            name="HasCard", source="Contact", target="Card", attributes=(Attribute(name="Since", type=T.INT),)
        ),
        "Knows": RelationshipType(name="Knows", source="Contact", target="Contact"),
    },
    interaction_types={
        "Opened": InteractionType(
            name="Opened",
            links=(Link(name="Opened_Contact", profile_type="Contact"),),
            attributes=(Attribute(name="Campaign", type=T.STRING), Attribute(name="Amount", type=T.DOUBLE)),
        ),
    },
)


def _opened(days_ago: int, contact: int, campaign: str, amount: float | None = None) -> Interaction:
    attributes = {"Campaign": campaign} | ({} if amount is None else {"Amount": amount})
    timestamp = AS_OF - timedelta(days=days_ago)
    return Interaction(timestamp=timestamp, links={"Opened_Contact": contact}, attributes=attributes)


WORLD = World(
    profiles={
        "Contact": [
            Profile(
                ordinal=1,
                key="ann",
                attributes={
                    "Age": 30,
                    "City": "Oslo",
                    "Balance": Decimal("10.50"),
                    "Born": datetime(1994, 2, 28, tzinfo=UTC),
                    "IsCustomer": True,
                    "Emails": ["ann@example.com", "a@work.example"],
                    "Lines": [{"Price": 9.5, "Sku": "x"}, {"Price": 20.0, "Sku": "y"}],
                },
            ),
            Profile(
                ordinal=2,
                key="bob",
                attributes={"Age": 45, "City": "oslo", "Balance": Decimal("-1"), "IsCustomer": False, "Emails": []},
            ),
            Profile(ordinal=3, key="cid", attributes={"City": "", "Emails": None, "Lines": []}),
            Profile(ordinal=4, key="dee", attributes={"Age": None, "City": "Rome", "Lines": [{"Sku": "x"}]}),
            Profile(
                ordinal=5, key="eve", attributes={"Age": 30, "City": "Milano", "Lines": [{"Price": 9.5, "Sku": "y"}]}
            ),
            Profile(ordinal=6, key="fay", attributes={"Age": 17, "Emails": ["fay@example.com"]}),
        ],
        "Card": [
            Profile(ordinal=1, key="c1", attributes={"Brand": "Visa"}),
            Profile(ordinal=2, key="c2", attributes={"Brand": "Amex"}),
            Profile(ordinal=3, key="c3", attributes={}),
        ],
    },
    interactions={
        "Opened": [
            *(_opened(1, 1, "spring", 10.0), _opened(2, 1, "spring"), _opened(40, 1, "winter", 2.5)),
            *(_opened(0, 2, "spring", 100.0), _opened(7, 4, "winter"), _opened(-3, 5, "future", 1.0)),
            _opened(1, 99, "spring", 5.0),
        ]
    },
    edges={
        "HasCard": [
            *(Edge(source=1, target=1, attributes={"Since": 2019}), Edge(source=2, target=1, attributes={})),
            *(Edge(source=4, target=2, attributes={"Since": 2023}), Edge(source=99, target=3, attributes={})),
            Edge(source=5, target=98, attributes={"Since": 2000}),
        ],
        "Knows": [
            *(Edge(source=1, target=2, attributes={}), Edge(source=2, target=3, attributes={})),
            *(Edge(source=3, target=1, attributes={}), Edge(source=6, target=99, attributes={})),
        ],
    },
    segments={"Adults": frozenset({1, 2, 5, 99})},
)
"""Contact 99 and card 98 were deleted."""
