"""The catalog of the property tests, with every type of attribute, and random worlds of it full of boundary values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

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
AS_OF = datetime(2024, 2, 29, 12, 34, 56, 789_000, tzinfo=UTC)

PLAIN = (
    Attribute(name="B", type=T.BOOLEAN),
    Attribute(name="I", type=T.INT, is_indexed=True),
    Attribute(name="L", type=T.LONG),
    Attribute(name="D", type=T.DOUBLE, is_indexed=True),
    Attribute(name="M", type=T.DECIMAL),
    Attribute(name="S", type=T.STRING, is_indexed=True),
    Attribute(name="S2", type=T.STRING),
    Attribute(name="T", type=T.DATETIME, is_indexed=True),
    Attribute(name="T2", type=T.DATETIME),
    Attribute(name="G", type=T.GUID),
)
INNER = (
    Attribute(name="I", type=T.INT),
    Attribute(name="S", type=T.STRING),
    Attribute(name="T", type=T.DATETIME),
    Attribute(name="Ss", type=T.STRING, is_array=True),
)
CONTACT = (
    *PLAIN,
    Attribute(name="Is", type=T.INT, is_array=True, is_indexed=True),
    Attribute(name="Ms", type=T.DECIMAL, is_array=True),
    Attribute(name="Ss", type=T.STRING, is_array=True),
    Attribute(name="Ts", type=T.DATETIME, is_array=True),
    Attribute(name="Bs", type=T.BOOLEAN, is_array=True),
    Attribute(name="O", type=T.OBJECT, attributes=(*INNER, Attribute(name="P", type=T.OBJECT, attributes=INNER))),
    Attribute(name="A", type=T.OBJECT, is_array=True, attributes=INNER),
)

CATALOG = Catalog(
    profile_types={
        "Contact": ProfileType(name="Contact", attributes=CONTACT),
        "Card": ProfileType(name="Card", attributes=INNER),
    },
    relationship_types={
        "Has": RelationshipType(name="Has", source="Contact", target="Card", attributes=INNER),
        "Knows": RelationshipType(name="Knows", source="Contact", target="Contact", attributes=INNER),
    },
    interaction_types={
        "Opened": InteractionType(
            name="Opened",
            links=(Link(name="By", profile_type="Contact"), Link(name="With", profile_type="Card")),
            attributes=PLAIN,
        ),
    },
)

INTS = (-(2**31), -7, -1, 0, 1, 2, 7, 30, 2**31 - 1)
LONGS = (*INTS, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63))
DOUBLES = (0.0, -0.0, 0.1, 0.3, 1.0, 2.5, -7.0, 7.0, 30.0, 1e-300, 1e300, -1e300, 2.0**53)
DECIMALS = tuple(map(Decimal, ("0", "0.1", "0.30", "1", "1.00", "2.5", "-7", "30", "1E+30", "-1E-30", "0.3333333333")))
STRINGS = (
    *("", "a", "A", "ann", "Ann", "ANN lee", "k", "K", "\u212a", "s", "\u017f", "ß", "\u1e9e", "\u0130", "i"),
    *(
        "é",
        "e\u0301",
        "a.b",
        "$where",
        "$$ROOT",
        "{'$gt': ''}",
        "a\0b",
        "\n",
        "a\n",
        "\U0001f600a",
        "a*",
        "(",
        "\\",
        "zz",
    ),
)
GUIDS = ("0f8fad5b-d9cb-469f-a165-70867728950e", "00000000-0000-0000-0000-000000000000")
DATES = (
    *(AS_OF, AS_OF - timedelta(milliseconds=1), AS_OF + timedelta(milliseconds=1), AS_OF + timedelta(days=400)),
    *(AS_OF - timedelta(days=days) for days in (1, 7, 28, 29, 31, 365, 366)),
    *(AS_OF - timedelta(hours=1), AS_OF.replace(second=0, microsecond=0), datetime(2024, 2, 29, tzinfo=UTC)),
    *(datetime(2024, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC), datetime(2023, 12, 31, tzinfo=UTC)),
    *(datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    *(datetime(1900, 2, 28, 5, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
)
POOLS: dict[AttributeType, tuple[Any, ...]] = {
    T.BOOLEAN: (True, False),
    T.INT: INTS,
    T.LONG: LONGS,
    T.DOUBLE: DOUBLES,
    T.DECIMAL: DECIMALS,
    T.STRING: STRINGS,
    T.DATETIME: DATES,
    T.GUID: GUIDS,
}


def random_world(seed: int, *, profiles: int = 120, interactions: int = 240, edges: int = 120) -> World:
    """A world of this catalog; some links and edges name profiles that were deleted."""
    random = Random(seed)
    contacts, cards = _profiles(random, profiles, CONTACT), _profiles(random, profiles // 3, INNER)
    some_contact, some_card = range(profiles * 2 + 6), range(profiles // 3 * 2 + 6)
    opened = []
    for _ in range(interactions):
        links = {"By": random.choice(some_contact), "With": random.choice(some_card)}
        dropped = random.choice(["By", "With", None, None, None])
        kept = {name: ordinal for name, ordinal in links.items() if name != dropped}
        opened.append(Interaction(timestamp=random.choice(DATES), links=kept, attributes=random_row(random, PLAIN)))
    return World(
        profiles={"Contact": contacts, "Card": cards},
        interactions={"Opened": opened},
        edges={
            "Has": _edges(random, edges, some_contact, some_card),
            "Knows": _edges(random, edges, some_contact, some_contact),
        },
        segments={"Old": frozenset(random.sample(some_contact, profiles // 2))},
    )


def random_row(random: Random, attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    """Attributes, a fifth of them left out and a tenth null."""
    row: dict[str, Any] = {}
    for attribute in attributes:
        chance = random.random()
        if chance < 0.1:
            row[attribute.name] = None
        elif chance < 0.8:
            row[attribute.name] = _random_value(random, attribute)
    return row


def _random_value(random: Random, attribute: Attribute) -> Any:
    if attribute.is_array:
        return [_random_item(random, attribute) for _ in range(random.choice([0, 0, 1, 1, 2, 3]))]
    return _random_item(random, attribute)


def _random_item(random: Random, attribute: Attribute) -> Any:
    if attribute.type is T.OBJECT:
        return random_row(random, attribute.attributes)
    if attribute.type is T.DOUBLE and random.random() < 0.3:
        return random.choice(INTS)
    return random.choice(POOLS[attribute.type])


def _profiles(random: Random, count: int, attributes: tuple[Attribute, ...]) -> list[Profile]:
    keys = [*STRINGS[1:], *(f"key{number}" for number in range(count))]
    return [
        Profile(ordinal=number * 2 + 1, key=keys[number], attributes=random_row(random, attributes))
        for number in range(count)
    ]


def _edges(random: Random, count: int, sources: range, targets: range) -> list[Edge]:
    ends = {(random.choice(sources), random.choice(targets)) for _ in range(count)}
    return [Edge(source=source, target=target, attributes=random_row(random, INNER)) for source, target in ends]
