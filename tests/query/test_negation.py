"""Negation at the leaves says exactly what three-valued logic says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seggql.query import bound
from seggql.query.ast import ComparisonOperator, QuantifierKind
from seggql.query.planning.connectives import all_of, any_of, every_item, some_item
from seggql.query.planning.negation import when_false, when_true
from seggql.query.predicate import AllOf, Always, AnyOf, EveryItem, IsEmpty, IsPresent, Never, SomeItem
from seggql.query.values.interpreter import Record, holds
from tests.query.conditions import CONDITIONS, INT, NAME, NUMBERS, RECORDS, constant
from tests.query.three_valued import truth

AGE = bound.Field(names=("age",), type=INT)
POSITIVE = bound.Compare(
    operator=ComparisonOperator.GREATER, left=bound.Field(names=(), type=INT, depth=1), right=constant(0)
)


@given(condition=CONDITIONS, records=st.lists(RECORDS, min_size=5, max_size=8))
def test_predicates_hold_where_the_condition_is_true_or_false_and_never_where_unknown(
    condition: bound.Condition, records: list[Record]
) -> None:
    if_true, if_false = when_true(condition), when_false(condition)

    for record in records:
        expected = truth(condition, record)
        assert holds(if_true, record) is (expected is True)
        assert holds(if_false, record) is (expected is False)


@settings(max_examples=30)
@given(condition=CONDITIONS)
def test_a_negated_condition_is_true_where_it_is_false(condition: bound.Condition) -> None:
    negated = bound.Not(operand=condition)

    assert when_true(negated) == when_false(condition)
    assert when_false(negated) == when_true(condition)


@pytest.mark.parametrize(
    ("kind", "numbers", "expected"),
    [
        (QuantifierKind.ANY, [0, 1], True),
        (QuantifierKind.ANY, [None, 1], True),
        (QuantifierKind.ANY, [None, 0], None),
        (QuantifierKind.ANY, [0], False),
        (QuantifierKind.ANY, [], False),
        (QuantifierKind.ANY, None, None),
        (QuantifierKind.ALL, [1, 2], True),
        (QuantifierKind.ALL, [1, None], None),
        (QuantifierKind.ALL, [0, None], False),
        (QuantifierKind.ALL, [1, 0], False),
        (QuantifierKind.ALL, [], False),
        (QuantifierKind.ALL, None, None),
    ],
)
def test_quantifiers_over_empty_missing_and_unknown_items(
    kind: QuantifierKind, numbers: list[int | None] | None, expected: bool | None
) -> None:
    condition = bound.Quantified(kind=kind, array=NUMBERS, condition=POSITIVE)
    record = Record(attributes={"numbers": numbers})

    assert truth(condition, record) is expected
    assert holds(when_true(condition), record) is (expected is True)
    assert holds(when_false(condition), record) is (expected is False)


@pytest.mark.parametrize(
    ("age", "options", "expected"),
    [
        (1, (1, None), True),
        (1, (2, None), None),
        (1, (2, 3), False),
        (None, (1,), None),
    ],
)
def test_in_with_missing_options(age: int | None, options: tuple[int | None, ...], expected: bool | None) -> None:
    condition = bound.OneOf(value=AGE, options=tuple(constant(option) for option in options))
    record = Record(attributes={"age": age})

    assert holds(when_true(condition), record) is (expected is True)
    assert holds(when_false(condition), record) is (expected is False)


def test_connectives_are_in_simplest_form() -> None:
    first, second, third = IsPresent(field=NAME), IsPresent(field=NUMBERS), IsEmpty(array=NUMBERS)

    assert all_of(()) == Always()
    assert any_of(()) == Never()
    assert all_of((first, Always())) == first
    assert any_of((first, Never())) == first
    assert all_of((first, Never())) == Never()
    assert any_of((first, Always())) == Always()
    assert all_of((first, AllOf(predicates=(second, first)))) == AllOf(predicates=(first, second))
    assert any_of((first, AnyOf(predicates=(second, third)))) == AnyOf(predicates=(first, second, third))
    assert some_item(NUMBERS, Never()) == Never()
    assert every_item(NUMBERS, Never()) == Never()
    assert every_item(NUMBERS, Always()) == SomeItem(array=NUMBERS, predicate=Always())
    assert every_item(NUMBERS, first) == EveryItem(array=NUMBERS, predicate=first)
