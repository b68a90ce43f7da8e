"""Plans find what the query means, and have the shape that is cheap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import Attribute, AttributeType, Catalog, ProfileType
from seggql.query import bound
from seggql.query.ast import ComparisonOperator, DatePart, Document, Name, ProfileSource, SetOperator, WindowUnit
from seggql.query.bound import BoundQuery, BoundSet, Condition, Direction
from seggql.query.plan import Aggregate, Algebra, AlgebraOperand, Hop, Interval, Members, Plan, Scan
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics, estimate, indexed_paths
from seggql.query.planning.order import depth
from seggql.query.predicate import AllOf, Always, Compares, Never
from tests.query.bound_sets import AGE, EVERYONE, PERSON, SETS, WORLDS, compare
from tests.query.conditions import NOW, constant
from tests.query.world import COUNT, World, found_by, meaning

AS_OF = NOW + timedelta(seconds=44)
UNION, INTERSECT, EXCEPT = SetOperator.UNION, SetOperator.INTERSECT, SetOperator.EXCEPT
GREATER, LESS, EQUAL = ComparisonOperator.GREATER, ComparisonOperator.LESS, ComparisonOperator.EQUAL
GREATER_OR_EQUAL = ComparisonOperator.GREATER_OR_EQUAL

GOLD = bound.MembersOf(segment="Gold", profile_type=PERSON)
SILVER = bound.MembersOf(segment="Silver", profile_type=PERSON)
VISITORS = bound.Interacted(interaction="Visit", link="Who", profile_type=PERSON)
GOLD_MEMBERS = Members(segment="Gold", profile_type=PERSON)
VISITS = Aggregate(interaction="Visit", link="Who", profile_type=PERSON, predicate=Always(), having=Always())
ALL = Scan(profile_type=PERSON, predicate=Always())
NOBODY = Scan(profile_type=PERSON, predicate=Never())
STATISTICS = Statistics(
    profiles={PERSON: 1_000_000},
    interactions={"Visit": 10_000_000, "Order": 1_000},
    relationships={"Knows": 500_000},
    indexed=frozenset({(PERSON, "city")}),
)
CITY = bound.Field(names=("city",), type=AttributeType.STRING)


def planned(source: BoundSet, statistics: Statistics = STATISTICS, as_of: datetime = AS_OF) -> Plan:
    """The plan of a query that is just `source`."""
    document = Document(result=ProfileSource(type=Name(text=PERSON)))
    query = BoundQuery(set=source, profile_type=PERSON, document=document, depends_on=frozenset())
    return plan(query, as_of, statistics).root


def filtered(source: BoundSet, condition: Condition) -> BoundSet:
    """`source.FILTER(condition)`."""
    return bound.Filtered(source=source, condition=condition, profile_type=PERSON)


def combined(first: BoundSet, *rest: tuple[SetOperator, BoundSet]) -> BoundSet:
    """`first op a op b …`."""
    operands = tuple(bound.CombinedOperand(operator=operator, operand=operand) for operator, operand in rest)
    return bound.Combined(first=first, rest=operands, profile_type=PERSON)


def algebra(first: Plan, *rest: tuple[SetOperator, Plan]) -> Algebra:
    """The plan of `first op a op b …`."""
    operands = tuple(AlgebraOperand(operator=operator, operand=operand) for operator, operand in rest)
    return Algebra(first=first, rest=operands, profile_type=PERSON)


def older(age: int) -> Compares:
    """`age > …`."""
    return Compares(operator=GREATER, left=AGE, right=constant(age))


OLD, YOUNG = compare(AGE, GREATER, 60), compare(AGE, LESS, 20)
TRUE, FALSE = compare(constant(1), EQUAL, 1), compare(constant(1), EQUAL, 2)


@given(source=SETS, worlds=st.lists(WORLDS, min_size=3, max_size=3), counts=st.integers(0, 3))
def test_a_plan_finds_what_the_query_means(source: BoundSet, worlds: list[World], counts: int) -> None:
    statistics = (STATISTICS, Statistics(), Statistics(profiles={PERSON: 10}), Statistics(interactions={"Visit": 5}))
    root = planned(source, statistics[counts])

    for world in worlds:
        assert found_by(root, world) == meaning(source, world, AS_OF)


@given(source=SETS)
def test_planning_is_deterministic(source: BoundSet) -> None:
    assert planned(source) == planned(source)


def test_filter_over_everyone_is_one_scan() -> None:
    assert planned(filtered(EVERYONE, OLD)) == Scan(profile_type=PERSON, predicate=older(60))


def test_filters_in_a_row_are_one_scan() -> None:
    source: BoundSet = EVERYONE
    for age in range(1_000):
        source = filtered(source, compare(AGE, GREATER, age))

    root = planned(source)

    assert root == Scan(profile_type=PERSON, predicate=AllOf(predicates=tuple(older(age) for age in range(1_000))))


def test_filter_over_members_is_an_intersection() -> None:
    assert planned(filtered(GOLD, OLD)) == algebra(
        GOLD_MEMBERS, (INTERSECT, Scan(profile_type=PERSON, predicate=older(60)))
    )


@pytest.mark.parametrize(
    ("source", "root"),
    [
        (filtered(EVERYONE, TRUE), ALL),
        (filtered(EVERYONE, FALSE), NOBODY),
        (filtered(GOLD, TRUE), GOLD_MEMBERS),
        (filtered(GOLD, FALSE), NOBODY),
        (combined(GOLD, (UNION, GOLD)), GOLD_MEMBERS),
        (combined(GOLD, (EXCEPT, GOLD)), NOBODY),
        (combined(GOLD, (INTERSECT, GOLD), (INTERSECT, GOLD)), GOLD_MEMBERS),
        (combined(GOLD, (UNION, EVERYONE)), ALL),
        (combined(GOLD, (EXCEPT, EVERYONE)), NOBODY),
        (combined(GOLD, (UNION, filtered(EVERYONE, FALSE))), GOLD_MEMBERS),
        (combined(GOLD, (EXCEPT, filtered(EVERYONE, FALSE))), GOLD_MEMBERS),
        (combined(EVERYONE, (INTERSECT, EVERYONE)), ALL),
        (combined(EVERYONE, (EXCEPT, GOLD)), algebra(ALL, (EXCEPT, GOLD_MEMBERS))),
        (combined(EVERYONE, (EXCEPT, combined(EVERYONE, (EXCEPT, GOLD)))), GOLD_MEMBERS),
        (combined(GOLD, (INTERSECT, combined(GOLD, (UNION, SILVER)))), GOLD_MEMBERS),
        (
            combined(VISITORS, (EXCEPT, combined(EVERYONE, (EXCEPT, GOLD)))),
            algebra(GOLD_MEMBERS, (INTERSECT, VISITS)),
        ),
    ],
)
def test_sets_reach_their_simplest_form(source: BoundSet, root: Plan) -> None:
    assert planned(source) == root


def test_scans_of_a_union_or_intersection_are_read_once() -> None:
    both = combined(filtered(EVERYONE, OLD), (INTERSECT, filtered(EVERYONE, YOUNG)))
    either = combined(filtered(EVERYONE, OLD), (UNION, filtered(EVERYONE, YOUNG)))

    assert isinstance(planned(both), Scan)
    assert isinstance(planned(either), Scan)


def test_the_cheap_side_comes_first_and_restricts_the_rest() -> None:
    few = filtered(EVERYONE, compare(CITY, EQUAL, "Oslo"))
    few_scan = Scan(profile_type=PERSON, predicate=Compares(operator=EQUAL, left=CITY, right=constant("Oslo")))
    buyers = bound.Interacted(interaction="Order", link="Who", profile_type=PERSON)
    orders = Aggregate(interaction="Order", link="Who", profile_type=PERSON, predicate=Always(), having=Always())

    assert planned(combined(VISITORS, (INTERSECT, few))) == algebra(few_scan, (INTERSECT, VISITS))
    assert planned(combined(few, (EXCEPT, VISITORS))) == algebra(few_scan, (EXCEPT, VISITS))
    assert planned(combined(VISITORS, (EXCEPT, few))) == algebra(VISITS, (EXCEPT, few_scan))
    assert planned(combined(VISITORS, (EXCEPT, buyers), (INTERSECT, few))) == algebra(
        few_scan, (EXCEPT, orders), (INTERSECT, VISITS)
    )


def test_a_union_is_found_before_it_is_restricted_only_where_that_is_cheaper() -> None:
    union = combined(VISITORS, (UNION, GOLD))
    few = filtered(union, compare(CITY, EQUAL, "Oslo"))
    few_scan = Scan(profile_type=PERSON, predicate=Compares(operator=EQUAL, left=CITY, right=constant("Oslo")))

    assert planned(few) == algebra(few_scan, (INTERSECT, algebra(GOLD_MEMBERS, (UNION, VISITS))))


def test_chains_of_any_length_stay_flat() -> None:
    source: BoundSet = VISITORS
    for age in range(60):
        source = filtered(combined(source, (UNION, GOLD)), compare(AGE, GREATER, age))
        source = combined(source, (EXCEPT, SILVER), (UNION, VISITORS))

    assert depth(planned(source)) < 16


def test_a_window_ends_at_as_of_and_now_has_no_seconds() -> None:
    week = bound.RelativePeriod(unit=WindowUnit.UTCDAYS, count=7)
    before_now = bound.BetweenPeriod(
        low=bound.DateAdded(part=DatePart.DAY, amount=constant(-1), date=bound.AsOf()), high=bound.AsOf()
    )
    relative = planned(bound.Interacted(interaction="Visit", link="Who", profile_type=PERSON, period=week))
    between = planned(bound.Interacted(interaction="Visit", link="Who", profile_type=PERSON, period=before_now))

    assert isinstance(relative, Aggregate)
    assert isinstance(between, Aggregate)
    assert relative.interval == Interval(low=AS_OF - timedelta(days=7), high=AS_OF, excludes_low=True)
    assert between.interval == Interval(low=NOW - timedelta(days=1), high=NOW)


def test_as_of_is_cut_to_milliseconds() -> None:
    document = Document(result=ProfileSource(type=Name(text=PERSON)))
    query = BoundQuery(set=EVERYONE, profile_type=PERSON, document=document, depends_on=frozenset())

    assert plan(query, datetime(2024, 1, 1, 0, 0, 0, 1999, tzinfo=UTC), STATISTICS).as_of.microsecond == 1000


def test_tests_of_timestamp_narrow_the_interval() -> None:
    recent = bound.All(
        operands=(
            compare(bound.TimestampField(), GREATER_OR_EQUAL, NOW - timedelta(days=3)),
            compare(bound.TimestampField(), LESS, NOW),
            OLD,
        )
    )
    week = bound.RelativePeriod(unit=WindowUnit.UTCDAYS, count=7)
    root = planned(
        bound.Interacted(interaction="Visit", link="Who", profile_type=PERSON, period=week, condition=recent)
    )

    assert isinstance(root, Aggregate)
    assert root.predicate == older(60)
    assert root.interval == Interval(low=NOW - timedelta(days=3), high=NOW - timedelta(milliseconds=1))


@pytest.mark.parametrize(
    "source",
    [
        bound.Interacted(interaction="Visit", link="Who", profile_type=PERSON, condition=FALSE),
        bound.Interacted(interaction="Visit", link="Who", profile_type=PERSON, having=compare(COUNT, LESS, 1)),
        bound.Interacted(
            interaction="Visit",
            link="Who",
            profile_type=PERSON,
            period=bound.BetweenPeriod(low=constant(NOW), high=constant(NOW - timedelta(days=1))),
        ),
        bound.Traversed(
            source=filtered(GOLD, FALSE), relationship="Knows", direction=Direction.FORWARD, profile_type=PERSON
        ),
        bound.Traversed(
            source=GOLD, relationship="Knows", direction=Direction.FORWARD, profile_type=PERSON, condition=FALSE
        ),
    ],
)
def test_what_cannot_be_is_nobody(source: BoundSet) -> None:
    assert planned(source) == NOBODY


def test_a_hop_keeps_the_type_it_starts_from() -> None:
    root = planned(
        bound.Traversed(source=GOLD, relationship="Knows", direction=Direction.BACKWARD, profile_type=PERSON)
    )

    assert root == Hop(
        relationship="Knows",
        direction=Direction.BACKWARD,
        source=GOLD_MEMBERS,
        source_type=PERSON,
        profile_type=PERSON,
        predicate=Always(),
    )


def test_estimates_know_indexes_and_counts() -> None:
    indexed = Scan(profile_type=PERSON, predicate=Compares(operator=EQUAL, left=CITY, right=constant("Oslo")))
    scanned = Scan(profile_type=PERSON, predicate=Compares(operator=EQUAL, left=AGE, right=constant(1)))
    one = Scan(profile_type=PERSON, predicate=Compares(operator=EQUAL, left=bound.KeyField(), right=constant("k")))

    assert estimate(indexed, STATISTICS).cost_us < estimate(scanned, STATISTICS).cost_us
    assert estimate(one, STATISTICS).rows == 1
    assert estimate(NOBODY, STATISTICS).cost_us == 0
    assert estimate(GOLD_MEMBERS, Statistics(members={"Gold": 7})).rows == 7


def test_indexed_attributes_are_found_in_objects_too() -> None:
    street = Attribute(name="Street", type=AttributeType.STRING, is_indexed=True)
    address = Attribute(name="Address", type=AttributeType.OBJECT, attributes=(street,))
    catalog = Catalog(profile_types={PERSON: ProfileType(name=PERSON, attributes=(address,))})

    assert indexed_paths(catalog) == {(PERSON, "Address.Street")}
