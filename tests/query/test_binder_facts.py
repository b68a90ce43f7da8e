"""Warnings that depend on the data: attributes that nobody has, conditions that no index can serve."""

import pytest

from seggql.catalog.model import InteractionType, ProfileType, RelationshipType
from seggql.query.scope import RecordFacts
from tests.query.binder_world import bind_text, world_scope

MANY = RecordFacts(record_counts={(ProfileType, "Contact"): 2_000_000, (InteractionType, "Opened"): 30_000_000})
EMPTY = RecordFacts(
    empty_attributes=frozenset(
        {
            ((ProfileType, "Contact"), "Age"),
            ((ProfileType, "Contact"), "Orders.Lines.Codes"),
            ((RelationshipType, "Knows"), "Weight"),
        }
    )
)


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("PROFILE(Contact).FILTER(Age > 3)", "No Contact has a value of Age yet"),
        ("PROFILE(Contact).FILTER(ANY(Tags, Contact.Age > 3))", "No Contact has a value of Age yet"),
        (
            "PROFILE(Contact).FILTER(ANY(Orders, ANY(Lines, Codes == 'a')))",
            "No Contact has a value of Orders.Lines.Codes yet",
        ),
        ("PROFILE(Contact).TRAVERSE(Knows, FILTER(Weight > 1))", "No Knows has a value of Weight yet"),
    ],
)
def test_an_attribute_that_nobody_has_is_warned_of(text: str, attribute: str) -> None:
    (warning,) = bind_text(text, world_scope(facts=EMPTY)).warnings
    assert warning.message.startswith(attribute)


def test_an_attribute_that_somebody_has_is_not_warned_of() -> None:
    assert bind_text("PROFILE(Contact).FILTER(Score > 3)", world_scope(facts=EMPTY)).warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "PROFILE(Contact).FILTER(Age > 3)",
        "PROFILE(Contact).FILTER(Mail != 'a')",
        "PROFILE(Contact).FILTER(NOT Mail == 'a')",
        "PROFILE(Contact).FILTER(Mail == Name)",
        "PROFILE(Contact).FILTER(Mail == 'a' OR Age > 3)",
        "PROFILE(Contact).FILTER(Mail STARTSWITH 'a' IGNORECASE)",
        "PROFILE(Contact).FILTER(Mail CONTAINS 'a')",
        "PROFILE(Contact).FILTER(Tags == 'a')",
        "PROFILE(Contact).FILTER(ISNULL(Mail))",
        "PROFILE(Contact).FILTER(Mail STARTSWITH 'a' OR ISNULL(Address.City))",
        "A EXCEPT PROFILE(Contact).FILTER(LENGTH(Mail) > 3)",
        "INTERACTION(Opened, Opened_Contact).FILTER(Subject == 'a')",
        "INTERACTION(Opened, Opened_Contact).FILTER(Bytes > 3)",
    ],
)
def test_a_condition_that_no_index_serves_on_a_large_collection_is_warned_of(text: str) -> None:
    (warning,) = bind_text(text, world_scope(facts=MANY)).warnings
    assert warning.message.startswith("No index can serve this condition")
    assert bind_text(text).warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "PROFILE(Contact)",
        "PROFILE(Contact).FILTER(Mail == 'a' AND Age > 3)",
        "PROFILE(Contact).FILTER(Age > 3).FILTER('a' < Mail)",
        "PROFILE(Contact).FILTER(Mail IN ('a', 'b') OR Address.City == 'c')",
        "PROFILE(Contact).FILTER(Mail STARTSWITH 'a' OR Address.City < 'b')",
        "PROFILE(Card).FILTER(Number == '1')",
        "A.FILTER(Age > 3)",
        "PROFILE(Contact).TRAVERSE(Knows).FILTER(Age > 3)",
        "INTERACTION(Opened, Opened_Contact).FILTER(Campaign == 'a')",
        "INTERACTION(Opened, Opened_Contact).FILTER(Timestamp > '2020-01-01')",
        "INTERACTION(Opened, Opened_Contact).FILTER(Subject == 'a').HAVING(COUNT() > 3, UTCDAYS(7))",
    ],
)
def test_what_an_index_or_other_members_narrow_down_is_not_warned_of(text: str) -> None:
    assert bind_text(text, world_scope(facts=MANY)).warnings == ()


def test_facts_of_a_type_of_another_kind_that_has_the_same_name_do_not_count() -> None:
    many = RecordFacts(record_counts={(InteractionType, "Contact"): 2_000_000, (ProfileType, "Opened"): 30_000_000})
    empty = RecordFacts(empty_attributes=frozenset({((InteractionType, "Contact"), "Age")}))
    for facts in (many, empty):
        assert bind_text("PROFILE(Contact).FILTER(Age > 3)", world_scope(facts=facts)).warnings == ()
    opened = "INTERACTION(Opened, Opened_Contact).FILTER(Subject == 'a')"
    assert bind_text(opened, world_scope(facts=many)).warnings == ()
