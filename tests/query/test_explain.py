"""Plans as people read them."""

from datetime import UTC, datetime

import pytest

from seggql.catalog.model import (
    Attribute,
    AttributeType,
    Catalog,
    InteractionType,
    Link,
    ProfileType,
    RelationshipType,
)
from seggql.query.compile import compile_query
from seggql.query.explain import plan_text
from seggql.query.limits import Limits
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics
from seggql.query.scope import Scope, SegmentReference

LINES = Attribute(
    name="Lines",
    type=AttributeType.OBJECT,
    is_array=True,
    attributes=(
        Attribute(name="Price", type=AttributeType.DOUBLE),
        Attribute(name="Tags", type=AttributeType.STRING, is_array=True),
    ),
)
CONTACT = ProfileType(
    name="Contact",
    attributes=(
        Attribute(name="Age", type=AttributeType.INT),
        Attribute(name="City", type=AttributeType.STRING, is_indexed=True),
        Attribute(name="Born", type=AttributeType.DATETIME),
        Attribute(name="Emails", type=AttributeType.STRING, is_array=True),
    ),
)
CAMPAIGN = ProfileType(name="Campaign", attributes=(Attribute(name="Kind", type=AttributeType.STRING),))
RECEIVED = RelationshipType(
    name="Received",
    source="Campaign",
    target="Contact",
    attributes=(Attribute(name="SentAt", type=AttributeType.DATETIME),),
)
PURCHASE = InteractionType(
    name="Purchase",
    links=(Link(name="Buyer", profile_type="Contact"),),
    attributes=(Attribute(name="Amount", type=AttributeType.DOUBLE), LINES),
)
CATALOG = Catalog(
    profile_types={"Contact": CONTACT, "Campaign": CAMPAIGN},
    relationship_types={"Received": RECEIVED},
    interaction_types={"Purchase": PURCHASE},
)
SEGMENTS = {name: SegmentReference(name=name, profile_type="Contact") for name in ("Gold", "Silver")}
STATISTICS = Statistics(
    profiles={"Contact": 1_000_000, "Campaign": 50},
    interactions={"Purchase": 10_000_000},
    relationships={"Received": 3_000_000},
    members={"Gold": 12_000},
    indexed=frozenset({("Contact", "City")}),
)
AS_OF = datetime(2026, 3, 1, 12, 30, 44, tzinfo=UTC)

ATTRIBUTES = (
    """
    PROFILE(Contact).FILTER(Age > 30 AND City IN ('Oslo', 'It''s') AND Born < DATEADD(YEAR, -18, DATETIMEUTCNOW())
        AND NOT Emails ENDSWITH '.no' IGNORECASE)
    """,
    """
Contact as of 2026-03-01T12:30:44Z
  scan Contact
    where City IN ('Oslo', 'It''s')
      AND Age > 30
      AND Born < '2008-03-01T12:30:00Z'
      AND (LENGTH(Emails) == 0 OR ALL(Emails, VALUE NOT ENDSWITH '.no' IGNORECASE))
""",
)
EXPRESSIONS = (
    """
    PROFILE(Contact).FILTER(Age IN (1, 2, 3, 4, 5, 6, 7, 8) AND LENGTH(City) > 3 AND (Age + 1) * 2 - (3 - Age) == 7
        AND DATEPART(WEEKDAY, Born) == 1 AND ISNULL(City) AND DATEADD(DAY, Age, Born) != Born)
    """,
    """
Contact as of 2026-03-01T12:30:44Z
  scan Contact
    where Age IN (1, 2, 3, 4, 5, … 3 more)
      AND (Age + 1) * 2 - (3 - Age) == 7
      AND DATEPART(WEEKDAY, Born) == 1
      AND LENGTH(City) > 3
      AND ISNULL(City)
      AND DATEADD(DAY, Age, Born) != Born
""",
)
INTERACTIONS = """
    INTERACTION(Purchase, Buyer)
        .FILTER(ANY(Lines, Price > 5 AND Price > Purchase.Amount / 2 AND ANY(Tags, VALUE == 'x')))
        .HAVING(SUM(Amount) > 500 AND COUNT() < 9, UTCDAYS(90))
    INTERSECT PROFILE(Contact).FILTER(City == 'Oslo') EXCEPT SEGMENT(Gold)
"""
HOPS = """
    (SEGMENT(Gold) UNION SEGMENT(Silver)
        UNION PROFILE(Campaign).FILTER(Kind MATCHES '^A')
            .TRAVERSE(Received, FILTER(DATEDIFF(DAY, SentAt, DATETIMEUTCNOW()) <= 14))).FILTER(City == 'Oslo')
"""
LISTING = (
    "PROFILE(Contact).ORDERBY(Age DESC, Key).SKIP(10).TAKE(2000).SELECT(Key, City)",
    """
Contact as of 2026-03-01T12:30:44Z
  every Contact
  order by Age DESC, Key
  skip 10
  take 2,000
  select Key, City
""",
)
NOBODY = (
    "PROFILE(Contact).FILTER(City == 'Oslo' AND 1 == 2)",
    """
Contact as of 2026-03-01T12:30:44Z
  no Contact
""",
)
TIMES = (
    """
    PROFILE(Contact) EXCEPT INTERACTION(Purchase, Buyer).FILTER(Timestamp >= '2026-01-01' AND Timestamp < '2026-02-01')
    """,
    """
Contact as of 2026-03-01T12:30:44Z
  in this order:
    1. every Contact
    2. EXCEPT, among those found: group Purchase by Buyer, each a Contact
         in time from 2026-01-01 up to 2026-01-31T23:59:59.999Z
""",
)
INTERACTION_STEPS = """
Contact as of 2026-03-01T12:30:44Z
  in this order:  (about 160)
    1. scan Contact  (about 50,000)
         where City == 'Oslo'
    2. EXCEPT, among those found: members of Gold  (about 12,000)
    3. INTERSECT, among those found: group Purchase by Buyer, each a Contact  (about 3,240)
         in time after 2025-12-01T12:30:44Z up to 2026-03-01T12:30:44Z
         where ANY(Lines, Price > 5 AND Price > Purchase.Amount / 2 AND ANY(Tags, VALUE == 'x'))
         having SUM(Amount) > 500
            AND COUNT() < 9
"""
NESTED_STEPS = """
Contact as of 2026-03-01T12:30:44Z
  in this order:
    1. scan Contact  (about 50,000)
         where City == 'Oslo'
    2. INTERSECT, among those found: in this order:
         1. members of Gold  (about 12,000)
         2. UNION members of Silver
         3. UNION traverse Received from Campaign to Contact  (about 90,000)
              where SentAt >= '2026-02-15'
              from
                scan Campaign  (about 5)
                  where Kind MATCHES '^A'
"""


def explained(text: str, statistics: Statistics, shown: Statistics | None = None) -> str:
    """The plan of a query text, as text."""
    scope = Scope(catalog=CATALOG, segments=SEGMENTS, allows_listing=True)
    return plan_text(plan(compile_query(text, scope, Limits()), AS_OF, statistics), shown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [ATTRIBUTES, EXPRESSIONS, LISTING, NOBODY, TIMES],
    ids=["attributes", "expressions", "listing", "nobody", "times"],
)
def test_conditions_are_said_in_the_words_of_the_language(text: str, expected: str) -> None:
    assert explained(text, Statistics()) == expected.strip("\n")


def test_steps_are_numbered_and_say_what_restricts_them_and_how_many_they_may_find() -> None:
    assert explained(INTERACTIONS, STATISTICS, STATISTICS) == INTERACTION_STEPS.strip("\n")


def test_unions_in_intersections_and_hops_are_indented_below_their_step() -> None:
    assert explained(HOPS, STATISTICS, STATISTICS) == NESTED_STEPS.strip("\n")
