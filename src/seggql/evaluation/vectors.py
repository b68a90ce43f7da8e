"""Which HAVING pipelines may leave to arrays of doubles, over millions of groups at once."""

from datetime import datetime

from seggql.catalog.model import AttributeType
from seggql.query.ast import AggregateFunction
from seggql.query.bound import Aggregated, Computed, Constant, Field, TimestampField, Value
from seggql.query.predicate import AllOf, Always, AnyOf, Compares, IsOneOf, Never, Predicate

SUMMED_TYPES = (AttributeType.INT, AttributeType.DOUBLE)
"""Types whose values are doubles, or fit one exactly."""


def is_vectorizable(having: Predicate) -> bool:
    """Whether `having` can be decided over arrays of doubles without losing a digit."""
    match having:
        case Always() | Never():
            return True
        case AllOf() | AnyOf():
            return all(is_vectorizable(part) for part in having.predicates)
        case Compares():
            return _is_number(having.left) and _is_number(having.right)
        case IsOneOf():
            return _is_number(having.value) and all(
                isinstance(option, Constant) and _is_number(option) for option in having.options
            )
        case _:
            return False


def _is_number(value: Value) -> bool:
    match value:
        case Constant(value=int() | float() as number) if not isinstance(number, bool):
            return abs(number) <= 2**53 or isinstance(number, float)
        case Constant(value=datetime()):
            return True
        case Aggregated(function=AggregateFunction.COUNT):
            return True
        case Aggregated(function=AggregateFunction.COUNTDISTINCT) | Aggregated(field=None):
            return False
        case Aggregated(field=Field() | TimestampField() as field):
            return field.type in SUMMED_TYPES or field.type is AttributeType.DATETIME
        case Computed(left=left, right=right, type=type):
            return type is not AttributeType.DECIMAL and _is_number(left) and _is_number(right)
        case _:
            return False
