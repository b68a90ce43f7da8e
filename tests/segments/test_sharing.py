from seggql.query.ast import SetOperator
from seggql.query.plan import Aggregate, Algebra, AlgebraOperand, Members, Plan, Scan
from seggql.query.predicate import Always, Never
from seggql.segments.sharing import parts_in, shared_parts

EVERYONE = Scan(profile_type="Contact", predicate=Always())
NOBODY = Scan(profile_type="Contact", predicate=Never())
BUYERS = Aggregate(interaction="Purchase", link="Buyer", profile_type="Contact", predicate=Always(), having=Always())
OLD = Members(segment="Old", profile_type="Contact")


def both(first: Plan, second: Plan) -> Plan:
    """What two plans have in common."""
    rest = (AlgebraOperand(operator=SetOperator.INTERSECT, operand=second),)
    return Algebra(first=first, rest=rest, profile_type="Contact")


def test_a_part_of_two_plans_is_shared() -> None:
    assert shared_parts([both(EVERYONE, BUYERS), both(NOBODY, BUYERS)]) == {BUYERS}


def test_the_largest_part_is_shared_and_what_it_holds_is_not() -> None:
    pair = both(EVERYONE, BUYERS)
    assert shared_parts([both(NOBODY, pair), both(OLD, pair)]) == {pair}


def test_a_smaller_part_is_shared_where_it_stands_alone_too() -> None:
    pair = both(EVERYONE, BUYERS)
    shared = shared_parts([both(NOBODY, pair), both(OLD, pair), BUYERS])
    assert shared == {pair, BUYERS}
    assert list(parts_in(both(NOBODY, pair), shared)) == [BUYERS, pair]


def test_stored_members_and_lone_parts_are_not_shared() -> None:
    assert shared_parts([both(EVERYONE, OLD), both(NOBODY, OLD)]) == frozenset()
