"""Leaves of predicates as match operators on one field."""

import re
from datetime import UTC, datetime
from typing import Any

from seggql.catalog.model import AttributeType
from seggql.errors import InvariantError
from seggql.mongo.exactness import REGEX_MAX_BYTES, folds_alike
from seggql.mongo.literal import BsonScalar, operand
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.bound import Constant, Field
from seggql.query.paths import AnyField
from seggql.query.predicate import Compares, HasText, IsOneOf, IsPresent

Operators = dict[str, Any]
Leaf = Compares | IsOneOf | HasText | IsPresent

COMPARISONS = {
    ComparisonOperator.EQUAL: "$eq",
    ComparisonOperator.NOT_EQUAL: "$ne",
    ComparisonOperator.GREATER: "$gt",
    ComparisonOperator.GREATER_OR_EQUAL: "$gte",
    ComparisonOperator.LESS: "$lt",
    ComparisonOperator.LESS_OR_EQUAL: "$lte",
}

MIRRORED = {
    ComparisonOperator.EQUAL: ComparisonOperator.EQUAL,
    ComparisonOperator.NOT_EQUAL: ComparisonOperator.NOT_EQUAL,
    ComparisonOperator.GREATER: ComparisonOperator.LESS,
    ComparisonOperator.GREATER_OR_EQUAL: ComparisonOperator.LESS_OR_EQUAL,
    ComparisonOperator.LESS: ComparisonOperator.GREATER,
    ComparisonOperator.LESS_OR_EQUAL: ComparisonOperator.GREATER_OR_EQUAL,
}

FIRST_DATE = datetime(1, 1, 1, tzinfo=UTC)
"""The earliest date there is: nothing earlier is stored."""


def field_and_operators(leaf: Leaf) -> tuple[AnyField, Operators] | None:
    """The field that `leaf` tests and the match operators that test it, or None where match language cannot say it.

    The operators are true only of present values, save for `IsPresent(negated=True)`.
    """
    match leaf:
        case Compares():
            return _compares(leaf)
        case IsOneOf():
            return _is_one_of(leaf)
        case HasText():
            return _has_text(leaf)
        case IsPresent():
            return leaf.field, _is_present(leaf)


def _compares(leaf: Compares) -> tuple[AnyField, Operators] | None:
    left, right, operator = leaf.left, leaf.right, leaf.operator
    if isinstance(left, Constant):
        left, right, operator = right, left, MIRRORED[operator]
    if not isinstance(left, AnyField) or not isinstance(right, Constant) or right.value is None:
        return None
    if operator is ComparisonOperator.NOT_EQUAL:
        return left, _equal_to_none(left, [operand(right.value)])
    return left, {COMPARISONS[operator]: operand(right.value)}


def _is_one_of(leaf: IsOneOf) -> tuple[AnyField, Operators] | None:
    options = [option.value for option in leaf.options if isinstance(option, Constant)]
    present = [operand(value) for value in options if value is not None]
    if not isinstance(leaf.value, AnyField) or len(options) < len(leaf.options):
        return None
    if not leaf.negated:
        return leaf.value, {"$in": present}
    return (leaf.value, _equal_to_none(leaf.value, present)) if len(present) == len(options) else None


def _equal_to_none(field: AnyField, operands: list[BsonScalar]) -> Operators:
    """Present, of the field's kind, and equal to none of `operands`."""
    if field.type is AttributeType.BOOLEAN:
        return {"$in": [value for value in (False, True) if value not in operands]}
    differs: Operators = {"$ne": operands[0]} if len(operands) == 1 else {"$nin": operands}
    return differs | {"$gte": lowest(field.type)}


def lowest(type: AttributeType) -> BsonScalar:
    """The smallest value of a type: `$gte` of it holds for every value of its kind, and for nothing else."""
    match type:
        case AttributeType.STRING | AttributeType.GUID:
            return ""
        case AttributeType.DATETIME:
            return FIRST_DATE
        case AttributeType.BOOLEAN:
            return False
        case _:
            return float("-inf")


def _has_text(leaf: HasText) -> tuple[AnyField, Operators] | None:
    if not isinstance(leaf.value, AnyField) or not isinstance(leaf.text, Constant):
        return None
    text = leaf.text.value
    if leaf.operator is TextOperator.MATCHES or not isinstance(text, str):
        return None
    if leaf.ignores_case and not folds_alike(text):
        return None
    pattern = pattern_of(leaf.operator, text)
    if len(pattern.encode()) > REGEX_MAX_BYTES:
        return None
    test: Operators = {"$regex": pattern, "$options": "i" if leaf.ignores_case else ""}
    return leaf.value, {"$gte": "", "$not": test} if leaf.negated else test


def pattern_of(operator: TextOperator, text: str) -> str:
    """`text` as a regular expression that says just that; never a pattern of the user."""
    escaped = re.escape(text).replace("\0", r"\x00")
    match operator:
        case TextOperator.STARTSWITH:
            return f"^{escaped}"
        case TextOperator.ENDSWITH:
            return rf"{escaped}\z"
        case _:
            return escaped


def constant_text(test: HasText) -> str:
    """The text that an exact test without regard to case looks for: exactness.py lets through no other."""
    if isinstance(test.text, Constant) and isinstance(test.text.value, str):
        return test.text.value
    raise InvariantError("A test without regard to case looks for a text that is not constant: the worker tests it.")


def _is_present(leaf: IsPresent) -> Operators:
    if isinstance(leaf.field, Field) and leaf.field.is_array:
        return {"$not": {"$type": "array"}} if leaf.negated else {"$type": "array"}
    return {"$eq": None} if leaf.negated else {"$ne": None}
