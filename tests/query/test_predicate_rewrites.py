"""Rewrites of predicates keep the records, and reach the forms that are served best."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ArithmeticOperator, ComparisonOperator, DatePart, TextOperator
from seggql.query.planning.negation import when_false, when_true
from seggql.query.planning.predicate_rewrites import simplify
from seggql.query.predicate import AllOf, Always, AnyOf, Compares, HasText, IsOneOf, IsPresent, Never, Predicate
from seggql.query.values.interpreter import Record, compile_predicate, holds
from tests.query.conditions import BORN, CONDITIONS, INT, NAME, NOW, RECORDS, constant
from tests.query.three_valued import truth

AGE = bound.Field(names=("age",), type=INT)
COUNT = bound.Aggregated(function=AggregateFunction.COUNT, field=None, type=AttributeType.LONG)
EQUAL, NOT_EQUAL = ComparisonOperator.EQUAL, ComparisonOperator.NOT_EQUAL
GREATER, LESS = ComparisonOperator.GREATER, ComparisonOperator.LESS


def compares(left: bound.Value, operator: ComparisonOperator, right: bound.Value | bound.Scalar | None) -> Compares:
    """A comparison with a value or a literal."""
    value = constant(right) if right is None or isinstance(right, bound.Scalar) else right
    return Compares(operator=operator, left=left, right=value)


@given(condition=CONDITIONS, records=st.lists(RECORDS, min_size=5, max_size=8))
def test_rewriting_keeps_the_records(condition: bound.Condition, records: list[Record]) -> None:
    if_true = compile_predicate(simplify(when_true(condition), NOW))
    if_false = compile_predicate(simplify(when_false(condition), NOW))

    for record in records:
        expected = truth(condition, record)
        assert if_true(record) is (expected is True)
        assert if_false(record) is (expected is False)


@settings(max_examples=50)
@given(condition=CONDITIONS)
def test_rewriting_again_changes_nothing(condition: bound.Condition) -> None:
    simple = simplify(when_true(condition), NOW)

    assert simplify(simple, NOW) == simple


@given(record=RECORDS)
def test_the_present_is_folded_like_any_constant(record: Record) -> None:
    """AsOf for NOW leaves nothing that needs a clock."""
    predicate = Compares(operator=LESS, left=BORN, right=bound.AsOf())

    assert holds(simplify(predicate, NOW), record) is holds(compares(BORN, LESS, NOW), record)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (compares(constant(30), LESS, AGE), compares(AGE, GREATER, 30)),
        (compares(constant(1), EQUAL, constant(1.0)), Always()),
        (compares(constant(1), EQUAL, constant(2)), Never()),
        (compares(AGE, NOT_EQUAL, None), Never()),
        (compares(AGE, EQUAL, AGE), compares(AGE, EQUAL, AGE)),
        (IsOneOf(value=AGE, options=(constant(1),)), compares(AGE, EQUAL, 1)),
        (IsOneOf(value=AGE, options=(constant(1), constant(1))), compares(AGE, EQUAL, 1)),
        (IsOneOf(value=AGE, options=(constant(1),), negated=True), compares(AGE, NOT_EQUAL, 1)),
        (IsOneOf(value=AGE, options=(constant(1), constant(None)), negated=True), Never()),
        (IsOneOf(value=AGE, options=(constant(None),)), Never()),
        (IsPresent(field=bound.KeyField()), Always()),
        (IsPresent(field=bound.TimestampField(), negated=True), Never()),
        (compares(COUNT, GREATER, 0), Always()),
        (compares(COUNT, ComparisonOperator.GREATER_OR_EQUAL, 1), Always()),
        (compares(COUNT, GREATER, 1), compares(COUNT, GREATER, 1)),
        (compares(constant(1), ComparisonOperator.LESS_OR_EQUAL, COUNT), Always()),
        (compares(COUNT, LESS, 1), Never()),
        (compares(COUNT, LESS, 5), compares(COUNT, LESS, 5)),
    ],
)
def test_leaves_reach_their_simplest_form(before: Predicate, after: Predicate) -> None:
    assert simplify(before, NOW) == after


def test_equalities_become_one_in() -> None:
    either = AnyOf(predicates=(compares(AGE, EQUAL, 1), compares(NAME, EQUAL, "a"), compares(AGE, EQUAL, 2)))

    merged = IsOneOf(value=AGE, options=(constant(1), constant(2)))
    assert simplify(either, NOW) == AnyOf(predicates=(merged, compares(NAME, EQUAL, "a")))


def test_matches_comes_last_and_equality_first() -> None:
    pattern = HasText(operator=TextOperator.MATCHES, value=NAME, text=constant("a+"))
    contains = HasText(operator=TextOperator.CONTAINS, value=NAME, text=constant("a"))
    equal, above = compares(AGE, EQUAL, 1), compares(AGE, GREATER, 1)

    ordered = simplify(AllOf(predicates=(pattern, contains, above, equal)), NOW)

    assert ordered == AllOf(predicates=(equal, above, contains, pattern))


def test_arithmetic_of_constants_is_folded() -> None:
    half = bound.Computed(
        operator=ArithmeticOperator.DIVIDE, left=constant(7), right=constant(2), type=AttributeType.DOUBLE
    )
    nothing = bound.Computed(
        operator=ArithmeticOperator.DIVIDE, left=constant(7), right=constant(0), type=AttributeType.DOUBLE
    )

    assert simplify(compares(AGE, GREATER, half), NOW) == compares(AGE, GREATER, 3.5)
    assert simplify(compares(AGE, GREATER, nothing), NOW) == Never()


def test_a_date_function_of_the_present_becomes_an_instant() -> None:
    week_ago = bound.DateAdded(part=DatePart.DAY, amount=constant(-7), date=bound.AsOf())

    assert simplify(compares(BORN, GREATER, week_ago), NOW) == compares(BORN, GREATER, NOW.replace(day=22))
