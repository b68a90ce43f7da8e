"""Folds what does not depend on a record: as_of becomes an instant, functions of constants become constants."""

from datetime import datetime
from typing import assert_never

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.bound import AsOf, Constant, Value
from seggql.query.planning.connectives import all_of, any_of, every_item, some_item
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
from seggql.query.values.interpreter import Record, holds, value_of

NO_RECORD = Record()
"""What constants are evaluated over."""


def fold_value(value: Value, now: datetime) -> Value:
    """`value` with `now` in place of AsOf, and whatever is constant computed; missing is a Constant of None."""
    match value:
        case AsOf():
            return Constant(value=now, type=AttributeType.DATETIME)
        case bound.Computed(operator=operator, type=type):
            left, right = fold_value(value.left, now), fold_value(value.right, now)
            return _evaluated(bound.Computed(operator=operator, left=left, right=right, type=type), left, right)
        case bound.DateAdded(part=part):
            amount, date = fold_value(value.amount, now), fold_value(value.date, now)
            return _evaluated(bound.DateAdded(part=part, amount=amount, date=date), amount, date)
        case bound.DateDifference(part=part):
            start, end = fold_value(value.start, now), fold_value(value.end, now)
            return _evaluated(bound.DateDifference(part=part, start=start, end=end), start, end)
        case bound.DateComponent(part=part):
            date = fold_value(value.date, now)
            return _evaluated(bound.DateComponent(part=part, date=date), date)
        case _:
            return value


def _evaluated(
    function: bound.Computed | bound.DateAdded | bound.DateDifference | bound.DateComponent, *operands: Value
) -> Value:
    """`function` as a constant, where its operands are constant or one of them is missing."""
    constants = [operand for operand in operands if isinstance(operand, Constant)]
    if any(constant.value is None for constant in constants):
        return Constant(value=None, type=function.type)
    if len(constants) < len(operands):
        return function
    return Constant(value=value_of(function, NO_RECORD), type=function.type)


def fold_values(predicate: Predicate, now: datetime) -> Predicate:
    """`predicate` with every value in it folded."""
    match predicate:
        case AllOf(predicates=operands):
            return all_of(fold_values(operand, now) for operand in operands)
        case AnyOf(predicates=operands):
            return any_of(fold_values(operand, now) for operand in operands)
        case SomeItem(array=array, predicate=inner):
            return some_item(array, fold_values(inner, now))
        case EveryItem(array=array, predicate=inner):
            return every_item(array, fold_values(inner, now))
        case Compares(operator=operator, left=left, right=right):
            return Compares(operator=operator, left=fold_value(left, now), right=fold_value(right, now))
        case IsOneOf(value=value, options=options, negated=negated):
            folded = tuple(dict.fromkeys(fold_value(option, now) for option in options))
            return IsOneOf(value=fold_value(value, now), options=folded, negated=negated)
        case HasText(operator=test, value=value, text=text, ignores_case=ignores_case, negated=negated):
            value, text = fold_value(value, now), fold_value(text, now)
            return HasText(operator=test, value=value, text=text, ignores_case=ignores_case, negated=negated)
        case Always() | Never() | IsPresent() | IsEmpty():
            return predicate
        case _:
            assert_never(predicate)


def fold_leaf(leaf: Predicate) -> Predicate:
    """Always or Never where the constants of `leaf` settle it; a test of a missing value is never true."""
    match leaf:
        case Compares(left=left, right=right):
            return _settled(leaf, left, right)
        case HasText(value=value, text=text):
            return _settled(leaf, value, text)
        case IsOneOf(value=value, options=options, negated=True):
            return _settled(leaf, value, *options)
        case IsOneOf(value=value, options=options):
            present = tuple(option for option in options if not _is_missing(option))
            if not present:
                return Never()
            return _settled(IsOneOf(value=value, options=present), value, *present)
        case IsPresent(field=bound.KeyField() | bound.TimestampField(), negated=negated):
            return Never() if negated else Always()
        case _:
            return leaf


def _settled(leaf: Predicate, *values: Value) -> Predicate:
    if any(_is_missing(value) for value in values):
        return Never()
    if all(isinstance(value, Constant) for value in values):
        return Always() if holds(leaf, NO_RECORD) else Never()
    return leaf


def _is_missing(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None
