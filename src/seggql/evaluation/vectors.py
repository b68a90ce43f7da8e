"""HAVING over arrays: the same test for millions of groups at once, where it is about counts, numbers and dates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seggql.catalog.model import AttributeType
from seggql.errors import InvariantError
from seggql.query.ast import AggregateFunction, ArithmeticOperator
from seggql.query.bound import Aggregated, Computed, Constant, Field, TimestampField, Value
from seggql.query.needs import aggregates_of
from seggql.query.predicate import AllOf, Always, AnyOf, Compares, IsOneOf, Never, Predicate
from seggql.query.values.numbers import COMPARISONS

Mask = NDArray[np.bool_]
Vector = Any
"""An array of numbers, NaN where missing, or one number."""

Outcome = Callable[[Aggregated], Vector]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SUMMED_TYPES = (AttributeType.INT, AttributeType.DOUBLE)
"""Types whose values are doubles, or fit one exactly."""

OPERATIONS = {
    ArithmeticOperator.ADD: np.add,
    ArithmeticOperator.SUBTRACT: np.subtract,
    ArithmeticOperator.MULTIPLY: np.multiply,
    ArithmeticOperator.DIVIDE: np.divide,
}


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


def columns_of(having: Predicate) -> tuple[Any, ...]:
    """The fields of the interactions that `having` reads, each once."""
    return tuple(dict.fromkeys(one.field for one in aggregates_of(having) if one.field is not None))


def mask_of(having: Predicate, outcome: Outcome, size: int) -> Mask:
    """For which of `size` groups `having`, which is vectorizable, is true."""
    match having:
        case Always():
            return np.ones(size, dtype=bool)
        case Never():
            return np.zeros(size, dtype=bool)
        case AllOf():
            every: Mask = np.logical_and.reduce([mask_of(part, outcome, size) for part in having.predicates])
            return every
        case AnyOf():
            some: Mask = np.logical_or.reduce([mask_of(part, outcome, size) for part in having.predicates])
            return some
        case Compares():
            left, right = _vector(having.left, outcome), _vector(having.right, outcome)
            holds: Any = COMPARISONS[having.operator]
            return np.broadcast_to(holds(left, right) & ~np.isnan(left) & ~np.isnan(right), (size,))
        case IsOneOf():
            value = _vector(having.value, outcome)
            among = np.isin(value, [_vector(option, outcome) for option in having.options])
            return np.broadcast_to((among ^ having.negated) & ~np.isnan(value), (size,))
        case _:
            raise InvariantError(f"HAVING cannot be decided over arrays: {having}")


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


def _vector(value: Value, outcome: Outcome) -> Vector:
    match value:
        case Constant(value=datetime() as instant):
            return float((instant - EPOCH) // timedelta(milliseconds=1))
        case Constant(value=int() | float() as number):
            return float(number)
        case Aggregated():
            return outcome(value)
        case Computed():
            with np.errstate(all="ignore"):
                left, right = (
                    np.asarray(_vector(side, outcome), dtype=np.float64) for side in (value.left, value.right)
                )
                result = OPERATIONS[value.operator](left, right)
            return np.where(np.isfinite(result), result, np.nan)
        case _:
            raise InvariantError(f"No array holds {value}")
