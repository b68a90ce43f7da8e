"""Values of every row as arrays: fields, arithmetic in double precision, lengths, and functions of dates."""

from datetime import datetime

import numpy as np
import pyarrow.compute as pc

from seggql.catalog.model import AttributeType
from seggql.columns import dates
from seggql.columns.column import Arrays, Mask, Numbers, Texts, milliseconds
from seggql.columns.layout import Storage
from seggql.columns.scope import Scope
from seggql.query.ast import ArithmeticOperator
from seggql.query.bound import (
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

OPERATIONS = {
    ArithmeticOperator.ADD: np.add,
    ArithmeticOperator.SUBTRACT: np.subtract,
    ArithmeticOperator.MULTIPLY: np.multiply,
    ArithmeticOperator.DIVIDE: np.divide,
}


def numbers_of(value: Value, scope: Scope) -> Numbers | None:
    """Numbers, truths or milliseconds of each row (or one for all); None where arrays do not say it exactly."""
    if value not in scope.numbers:
        scope.numbers[value] = _numbers_of(value, scope)
    return scope.numbers[value]


def _numbers_of(value: Value, scope: Scope) -> Numbers | None:
    match value:
        case Constant():
            return _constant(value)
        case Field() | KeyField() | TimestampField():
            column = scope.column(value)
            return column if isinstance(column, Numbers) else None
        case Computed():
            return _computed(value, scope)
        case LengthOf():
            return _length(value, scope)
        case DateComponent(part=part):
            date = numbers_of(value.date, scope)
            return None if date is None else _integers(dates.component(part, date.values), date.present)
        case DateDifference(part=part):
            start, end = numbers_of(value.start, scope), numbers_of(value.end, scope)
            if start is None or end is None:
                return None
            crossed = dates.number(part, end.values) - dates.number(part, start.values)
            return _integers(crossed, both(start.present, end.present))
        case DateAdded(part=part):
            amount, date = numbers_of(value.amount, scope), numbers_of(value.date, scope)
            if amount is None or date is None:
                return None
            added, is_there = dates.added(part, amount.values, date.values)
            present = both(both(amount.present, date.present), is_there)
            return Numbers(storage=Storage.DATETIME, values=added, present=present)
        case _:
            return None


def both(left: Mask | None, right: Mask | None) -> Mask | None:
    """Where both are present; None is everywhere."""
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _constant(value: Constant) -> Numbers | None:
    match value.value:
        case bool() as truth:
            return Numbers(storage=Storage.BOOLEAN, values=np.asarray(truth))
        case int() as number if -(2**63) <= number < 2**63:
            return Numbers(storage=Storage.LONG, values=np.asarray(number, dtype=np.int64))
        case float() as number:
            return Numbers(storage=Storage.DOUBLE, values=np.asarray(number))
        case datetime() as instant:
            return Numbers(storage=Storage.DATETIME, values=np.asarray(milliseconds(instant), dtype=np.int64))
        case _:
            return None


def _computed(value: Computed, scope: Scope) -> Numbers | None:
    left, right = numbers_of(value.left, scope), numbers_of(value.right, scope)
    if value.type is AttributeType.DECIMAL or left is None or right is None:
        return None
    with np.errstate(all="ignore"):
        found = OPERATIONS[value.operator](left.values.astype(np.float64), right.values.astype(np.float64))
    is_number = np.isfinite(found)
    present = both(both(left.present, right.present), is_number)
    return Numbers(storage=Storage.DOUBLE, values=np.where(is_number, found, 0), present=present)


def _length(value: LengthOf, scope: Scope) -> Numbers | None:
    column = scope.column(value.field)
    match column:
        case Arrays():
            return _integers(column.lengths, column.present)
        case Texts():
            lengths = pc.fill_null(pc.utf8_length(column.distinct), 0).to_numpy()
            return _integers(lengths[column.codes].astype(np.int64), column.is_present)
        case _:
            return None


def _integers(values: "np.typing.NDArray[np.int64]", present: Mask | None) -> Numbers:
    return Numbers(storage=Storage.LONG, values=values, present=present)
