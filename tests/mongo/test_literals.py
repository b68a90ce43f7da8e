"""User values enter pipelines as values, whatever they look like."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson.decimal128 import Decimal128

from seggql.catalog.model import AttributeType
from seggql.errors import InvariantError
from seggql.mongo.literal import literal, operand
from seggql.mongo.scan import render_scan
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.bound import Constant, Field, Value
from seggql.query.plan import Scan
from seggql.query.predicate import AllOf, Compares, HasText, IsOneOf, Predicate, SomeItem

HOSTILE = ("$where", '{"$gt": ""}', "$$ROOT", "$a.Other", "a.b", "a\0b", "$", "\\Q", "(?{code})", "x" * 60_000)
S, S2 = Field(names=("S",), type=AttributeType.STRING), Field(names=("S2",), type=AttributeType.STRING)
SS = Field(names=("Ss",), type=AttributeType.STRING, is_array=True)
ITEM = Field(names=(), type=AttributeType.STRING, depth=1)


def text(value: str) -> Constant:
    return Constant(value=value, type=AttributeType.STRING)


def every_place(value: str) -> Iterator[Predicate]:
    """A predicate for every place in which a string can stand."""
    sides: list[tuple[Value, Value]] = [(S, text(value)), (text(value), S), (text(value), text("other"))]
    for left, right in sides:
        for operator in ComparisonOperator:
            yield Compares(operator=operator, left=left, right=right)
        yield IsOneOf(value=left, options=(right, S2))
        yield IsOneOf(value=left, options=(right, text(value)), negated=True)
        for test in (TextOperator.CONTAINS, TextOperator.STARTSWITH, TextOperator.ENDSWITH):
            yield HasText(operator=test, value=left, text=right)
            yield HasText(operator=test, value=left, text=right, negated=True)
    inner = Compares(operator=ComparisonOperator.EQUAL, left=ITEM, right=text(value))
    yield SomeItem(array=SS, predicate=inner)
    yield SomeItem(array=SS, predicate=AllOf(predicates=(inner, Compares(operator=inner.operator, left=ITEM, right=S))))


def keys_of(node: Any) -> Iterator[str]:
    """Every key of a pipeline, outside of literals."""
    match node:
        case dict():
            for key, inner in node.items():
                yield key
                if key != "$literal":
                    yield from keys_of(inner)
        case list() | tuple():
            for inner in node:
                yield from keys_of(inner)


def bare_strings(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a pipeline outside of literals, with the key that it stands under."""
    match node:
        case str():
            yield key, node
        case dict():
            for name, inner in node.items():
                if name != "$literal":
                    yield from bare_strings(inner, name)
        case list() | tuple():
            for inner in node:
                yield from bare_strings(inner, key)


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_a_string_is_never_a_key_nor_an_expression(value: str) -> None:
    explicit = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$regex"}
    for predicate in every_place(value):
        pipeline = list(render_scan(Scan(profile_type="Contact", predicate=predicate)).stages)
        assert value not in set(keys_of(pipeline))
        places = {key for key, string in bare_strings(pipeline) if string == value}
        assert places <= explicit
        assert all(stage.keys() <= {"$match", "$project"} for stage in pipeline)
        bson.encode({"pipeline": pipeline})


@pytest.mark.parametrize("name", ["$where", "a.b", "a\0b", "", "$$ROOT", "a b"])
def test_a_name_that_no_catalog_holds_is_refused(name: str) -> None:
    field = Field(names=(name,), type=AttributeType.STRING)
    predicate = Compares(operator=ComparisonOperator.EQUAL, left=field, right=text("x"))
    with pytest.raises(InvariantError):
        render_scan(Scan(profile_type="Contact", predicate=predicate))
    with pytest.raises(InvariantError):
        render_scan(Scan(profile_type=name, predicate=Compares(operator=predicate.operator, left=S, right=text("x"))))


def test_numbers_past_64_bits_are_sent_and_keep_their_order() -> None:
    values = [-(10**7000), -(10**400), -(2**63) - 1, -(2**63), 0, 2**63 - 1, 2**63, 10**40, 10**7000]
    sent = [bson.decode(bson.encode({"v": operand(value)}))["v"] for value in values]
    numbers = [value.to_decimal() if hasattr(value, "to_decimal") else Decimal(value) for value in sent]
    assert numbers == sorted(numbers)
    assert literal(Decimal("0.1"))["$literal"] == Decimal128("0.1")


def test_dates_and_booleans_are_themselves() -> None:
    instant = datetime(2024, 2, 29, tzinfo=UTC)
    assert [operand(True), operand(1.5), operand(instant)] == [True, 1.5, instant]
