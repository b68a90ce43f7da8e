"""The interpreter of predicates over one record."""

from datetime import UTC, datetime

import pytest

from seggql.catalog.model import AttributeType
from seggql.errors import InvariantError
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ArithmeticOperator, ComparisonOperator, DatePart, TextOperator
from seggql.query.predicate import Always, Compares, HasText, IsEmpty, IsOneOf, IsPresent, SomeItem
from seggql.query.values.interpreter import Record, compile_predicate, holds, value_of
from tests.query.conditions import BORN, INT, NAME, NUMBERS, constant

AGE = bound.Field(names=("age",), type=INT)
DEEP = bound.Field(names=("home", "address", "floor"), type=INT)
COUNT = bound.Aggregated(function=AggregateFunction.COUNT, field=None, type=AttributeType.LONG)
EQUAL, LESS = ComparisonOperator.EQUAL, ComparisonOperator.LESS
TIME = datetime(2024, 2, 29, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (constant(1), 1),
        (bound.KeyField(), "k"),
        (bound.TimestampField(), TIME),
        (AGE, 30),
        (DEEP, 4),
        (bound.Field(names=("home", "nothing", "floor"), type=INT), None),
        (bound.Field(names=("age", "floor"), type=INT), None),
        (bound.Field(names=("nothing",), type=INT), None),
        (bound.LengthOf(field=NAME), 2),
        (bound.LengthOf(field=NUMBERS), 3),
        (bound.LengthOf(field=bound.KeyField()), 1),
        (COUNT, 7),
        (bound.DateAdded(part=DatePart.MINUTE, amount=constant(1), date=BORN), datetime(2024, 3, 1, tzinfo=UTC)),
        (bound.DateDifference(part=DatePart.DAY, start=BORN, end=bound.TimestampField()), 0),
        (bound.DateComponent(part=DatePart.WEEKDAY, date=BORN), 4),
        (
            bound.Computed(operator=ArithmeticOperator.DIVIDE, left=AGE, right=constant(4), type=AttributeType.DOUBLE),
            7.5,
        ),
        (bound.Field(names=(), type=INT, depth=2), "inner"),
        (bound.Field(names=("price",), type=INT, depth=1), 9),
    ],
)
def test_values_of_a_record(value: bound.Value, expected: object) -> None:
    record = Record(
        attributes={
            "age": 30,
            "home": {"address": {"floor": 4}, "nothing": None},
            "name": "é\N{GRINNING FACE}",
            "numbers": [1, 2, 3],
            "born": TIME,
        },
        key="k",
        timestamp=TIME,
        aggregates={COUNT: 7},
        items=({"price": 9}, "inner"),
    )

    assert value_of(value, record) == expected


def test_as_of_must_be_bound_first() -> None:
    with pytest.raises(InvariantError):
        value_of(bound.AsOf(), Record())


def test_a_value_of_another_class_compares_with_nothing() -> None:
    odd = Record(attributes={"age": "thirty"})

    assert not holds(Compares(operator=LESS, left=AGE, right=constant(30)), odd)


def test_options_may_be_fields() -> None:
    either = IsOneOf(value=AGE, options=(constant(1), DEEP))
    neither = IsOneOf(value=AGE, options=(constant(1), DEEP), negated=True)
    same = Record(attributes={"age": 4, "home": {"address": {"floor": 4}}})
    other = Record(attributes={"age": 5, "home": {"address": {"floor": 4}}})
    unknown = Record(attributes={"age": 5})

    assert [holds(either, record) for record in (same, other, unknown)] == [True, False, False]
    assert [holds(neither, record) for record in (same, other, unknown)] == [False, True, False]


def test_texts_are_folded_and_patterns_compiled_once() -> None:
    folded = HasText(operator=TextOperator.CONTAINS, value=NAME, text=constant("ÄB"), ignores_case=True)
    pattern = HasText(operator=TextOperator.MATCHES, value=NAME, text=constant("^ä"), ignores_case=True)
    not_pattern = HasText(operator=TextOperator.MATCHES, value=NAME, text=constant("^ä"), negated=True)
    record = Record(attributes={"name": "Äbc"})

    assert holds(folded, record)
    assert holds(pattern, record)
    assert holds(not_pattern, record)
    assert not holds(not_pattern, Record())


def test_arrays_that_are_missing_or_no_arrays_have_no_items_and_are_not_empty() -> None:
    some = SomeItem(array=NUMBERS, predicate=Always())
    no_arrays: tuple[object, ...] = (None, "abc", {})

    for numbers in no_arrays:
        record = Record(attributes={"numbers": numbers})
        assert not holds(some, record)
        assert not holds(IsEmpty(array=NUMBERS), record)
    assert holds(IsEmpty(array=NUMBERS), Record(attributes={"numbers": []}))
    assert holds(some, Record(attributes={"numbers": [0]}))


def test_a_compiled_predicate_serves_many_records() -> None:
    test = compile_predicate(IsPresent(field=AGE, negated=True))

    assert [test(Record(attributes=each)) for each in ({}, {"age": None}, {"age": 0})] == [True, True, False]
