"""Values as aggregation expressions: total, so that no document can make mongod fail; null where missing."""

from typing import Any, assert_never

from seggql.catalog.model import AttributeType
from seggql.errors import InvariantError
from seggql.mongo.dates import date_added, date_component, date_difference
from seggql.mongo.literal import literal
from seggql.mongo.paths import field_expression
from seggql.query.ast import ArithmeticOperator
from seggql.query.bound import (
    Aggregated,
    AsOf,
    Computed,
    Constant,
    DateAdded,
    DateComponent,
    DateDifference,
    Field,
    KeyField,
    LengthOf,
    TimestampField,
    Value,
)

Expression = dict[str, Any] | str | None
"""An aggregation expression; None is null."""

ARITHMETIC = {
    ArithmeticOperator.ADD: "$add",
    ArithmeticOperator.SUBTRACT: "$subtract",
    ArithmeticOperator.MULTIPLY: "$multiply",
    ArithmeticOperator.DIVIDE: "$divide",
}


def value_expression(value: Value) -> Expression:
    """`value` as an expression that gives the value, or null, missing or another kind's value where it is missing."""
    match value:
        case Constant():
            return None if value.value is None else literal(value.value)
        case Field() | KeyField() | TimestampField():
            return field_expression(value)
        case Computed():
            return _computed(value)
        case DateAdded():
            return date_added(value.part, value_expression(value.amount), value_expression(value.date))
        case DateDifference():
            return date_difference(value.part, value_expression(value.start), value_expression(value.end))
        case DateComponent():
            return date_component(value.part, value_expression(value.date))
        case LengthOf():
            return _length(value)
        case AsOf():
            raise InvariantError("as_of is not bound: the planner puts the instant in the place of DATETIMEUTCNOW().")
        case Aggregated():
            raise InvariantError("An aggregate stands outside of HAVING.")
        case _:
            assert_never(value)


def kind_guard(type: AttributeType, expression: Expression) -> dict[str, Any]:
    """True where `expression` is present and of the kind that `type` belongs to."""
    match type:
        case AttributeType.INT | AttributeType.LONG | AttributeType.DOUBLE | AttributeType.DECIMAL:
            return {"$isNumber": expression}
        case AttributeType.STRING | AttributeType.GUID:
            return {"$eq": [{"$type": expression}, "string"]}
        case AttributeType.DATETIME:
            return {"$eq": [{"$type": expression}, "date"]}
        case AttributeType.BOOLEAN:
            return {"$eq": [{"$type": expression}, "bool"]}
        case AttributeType.OBJECT:
            return {"$eq": [{"$type": expression}, "object"]}
        case _:
            assert_never(type)


def finite(expression: Expression) -> dict[str, Any]:
    """The number that `expression` gives, or null where it is an infinity or NaN, which sorts below all numbers."""
    is_finite = {"$and": [{"$gt": ["$$x", float("-inf")]}, {"$lt": ["$$x", float("inf")]}]}
    return {"$let": {"vars": {"x": expression}, "in": {"$cond": [is_finite, "$$x", None]}}}


def as_double(expression: Expression) -> dict[str, Any]:
    """The number or date as a double; null where it is too large for one, which `$toDouble` would fail on."""
    return {"$convert": {"input": expression, "to": "double", "onError": None}}


def _as_decimal(expression: Expression) -> dict[str, Any]:
    return {"$toDecimal": expression}


def _computed(value: Computed) -> Expression:
    convert = _as_decimal if value.type is AttributeType.DECIMAL else as_double
    sides: list[Any] = [convert("$$l"), convert("$$r")]
    guards: list[Any] = [{"$isNumber": "$$l"}, {"$isNumber": "$$r"}]
    if value.operator is ArithmeticOperator.DIVIDE:
        guards.append({"$ne": ["$$r", 0]})
    return {
        "$let": {
            "vars": {"l": value_expression(value.left), "r": value_expression(value.right)},
            "in": {"$cond": [{"$and": guards}, finite({ARITHMETIC[value.operator]: sides}), None]},
        }
    }


def _length(value: LengthOf) -> dict[str, Any]:
    field = field_expression(value.field)
    if isinstance(value.field, Field) and value.field.is_array:
        return {"$cond": [{"$isArray": [field]}, {"$size": field}, None]}
    return {"$cond": [{"$eq": [{"$type": field}, "string"]}, {"$strLenCP": field}, None]}
