"""Predicates as aggregation expressions, for what match language cannot say: true or false, never an error."""

from typing import Any, assert_never

from seggql.errors import InvariantError
from seggql.mongo.leaf import COMPARISONS, constant_text, pattern_of
from seggql.mongo.paths import field_expression, item_variable
from seggql.mongo.values import Expression, kind_guard, value_expression
from seggql.query.ast import TextOperator
from seggql.query.bound import Constant, Field, Value
from seggql.query.predicate import (
    AllOf,
    Always,
    AnyOf,
    Compares,
    EveryItem,
    HasText,
    IsEmpty,
    IsOneOf,
    IsPresent,
    Never,
    Predicate,
    SomeItem,
)

BooleanExpression = dict[str, Any] | bool


def predicate_expression(predicate: Predicate) -> BooleanExpression:
    """`predicate`, which must be one that a pipeline can say exactly (exactness.py), as an expression."""
    match predicate:
        case Always():
            return True
        case Never():
            return False
        case AllOf():
            return {"$and": [predicate_expression(part) for part in predicate.predicates]}
        case AnyOf():
            return {"$or": [predicate_expression(part) for part in predicate.predicates]}
        case Compares():
            test = {COMPARISONS[predicate.operator]: ["$$l", "$$r"]}
            return _guarded({"l": predicate.left, "r": predicate.right}, test)
        case IsOneOf():
            return _is_one_of(predicate)
        case HasText():
            return _has_text(predicate)
        case IsPresent():
            return _is_present(predicate)
        case SomeItem() | EveryItem():
            return _items(predicate)
        case IsEmpty():
            return {"$eq": [field_expression(predicate.array), []]}
        case _:
            assert_never(predicate)


def _guarded(operands: dict[str, Value], test: BooleanExpression) -> BooleanExpression:
    """`test` over the variables that `operands` name, false where one of them is missing."""
    if any(isinstance(value, Constant) and value.value is None for value in operands.values()):
        return False
    guards = [
        kind_guard(value.type, f"$${name}") for name, value in operands.items() if not isinstance(value, Constant)
    ]
    variables = {name: value_expression(value) for name, value in operands.items()}
    return {"$let": {"vars": variables, "in": {"$cond": [{"$and": guards}, test, False]}}}


def _is_one_of(predicate: IsOneOf) -> BooleanExpression:
    """Equality with each option in turn: an option may be missing without harm, unless `negated`."""
    if not predicate.negated:
        tests = [_guarded({"v": predicate.value, "o": option}, {"$eq": ["$$v", "$$o"]}) for option in predicate.options]
        return {"$or": tests}
    options = {f"o{index}": option for index, option in enumerate(predicate.options)}
    among = {"$in": ["$$v", [f"$${name}" for name in options]]}
    return _guarded({"v": predicate.value, **options}, {"$not": [among]})


def _has_text(predicate: HasText) -> BooleanExpression:
    test: dict[str, Any]
    match predicate.operator:
        case TextOperator.MATCHES:
            raise InvariantError("MATCHES is tested in the worker; the pipeline never sees it.")
        case _ if predicate.ignores_case:
            pattern = {"$literal": pattern_of(predicate.operator, constant_text(predicate))}
            test = {"$regexMatch": {"input": "$$v", "regex": pattern, "options": "i"}}
        case TextOperator.CONTAINS:
            test = {"$gte": [{"$indexOfCP": ["$$v", "$$t"]}, 0]}
        case TextOperator.STARTSWITH:
            test = {"$eq": [{"$substrCP": ["$$v", 0, {"$strLenCP": "$$t"}]}, "$$t"]}
        case TextOperator.ENDSWITH:
            rest = {"$subtract": [{"$strLenCP": "$$v"}, {"$strLenCP": "$$t"}]}
            ending = {"$substrCP": ["$$v", {"$max": [rest, 0]}, {"$strLenCP": "$$t"}]}
            test = {"$eq": [ending, "$$t"]}
        case _:
            assert_never(predicate.operator)
    return _guarded({"v": predicate.value, "t": predicate.text}, {"$not": [test]} if predicate.negated else test)


def _is_present(predicate: IsPresent) -> BooleanExpression:
    field = field_expression(predicate.field)
    if isinstance(predicate.field, Field) and predicate.field.is_array:
        present: dict[str, Any] = {"$isArray": [field]}
    else:
        present = {"$ne": [{"$ifNull": [field, None]}, None]}
    return {"$not": [present]} if predicate.negated else present


def _items(predicate: SomeItem | EveryItem) -> BooleanExpression:
    """Each item in turn; what is no array has no items."""
    array = field_expression(predicate.array)
    items: Expression = {"$cond": [{"$isArray": [array]}, array, []]}
    variable = item_variable(predicate.array.depth + 1)
    tests = {"$map": {"input": items, "as": variable, "in": predicate_expression(predicate.predicate)}}
    if isinstance(predicate, SomeItem):
        return {"$anyElementTrue": [tests]}
    some = {"$and": [{"$isArray": [array]}, {"$ne": [array, []]}]}
    return {"$and": [some, {"$allElementsTrue": [tests]}]}
