"""Pushes negation to the leaves: a three-valued condition becomes the predicate of where it is true, or of where false.

NOT of unknown is unknown, so "not true" and "false" differ: both predicates leave out the records for which the
condition is unknown, since each leaf holds only where its values are present.
"""

from typing import assert_never

from seggql.query import bound
from seggql.query.ast import ComparisonOperator, QuantifierKind
from seggql.query.planning.connectives import all_of, any_of, every_item, some_item
from seggql.query.predicate import Compares, HasText, IsEmpty, IsOneOf, IsPresent, Predicate

OPPOSITES = {
    ComparisonOperator.EQUAL: ComparisonOperator.NOT_EQUAL,
    ComparisonOperator.NOT_EQUAL: ComparisonOperator.EQUAL,
    ComparisonOperator.GREATER: ComparisonOperator.LESS_OR_EQUAL,
    ComparisonOperator.LESS_OR_EQUAL: ComparisonOperator.GREATER,
    ComparisonOperator.LESS: ComparisonOperator.GREATER_OR_EQUAL,
    ComparisonOperator.GREATER_OR_EQUAL: ComparisonOperator.LESS,
}


def when_true(condition: bound.Condition) -> Predicate:
    """True of the records for which `condition` is true."""
    match condition:
        case bound.All(operands=operands):
            return all_of(when_true(operand) for operand in operands)
        case bound.Any(operands=operands):
            return any_of(when_true(operand) for operand in operands)
        case bound.Not(operand=operand):
            return when_false(operand)
        case bound.Compare(operator=operator, left=left, right=right):
            return Compares(operator=operator, left=left, right=right)
        case bound.OneOf(value=value, options=options):
            return IsOneOf(value=value, options=options)
        case bound.Text():
            return _text(condition, negated=False)
        case bound.Missing(field=field):
            return IsPresent(field=field, negated=True)
        case bound.Quantified(array=array, condition=inner):
            of_items = some_item if condition.kind is QuantifierKind.ANY else every_item
            return of_items(array, when_true(inner))
        case _:
            assert_never(condition)


def when_false(condition: bound.Condition) -> Predicate:
    """True of the records for which `condition` is false (and not unknown)."""
    match condition:
        case bound.All(operands=operands):
            return any_of(when_false(operand) for operand in operands)
        case bound.Any(operands=operands):
            return all_of(when_false(operand) for operand in operands)
        case bound.Not(operand=operand):
            return when_true(operand)
        case bound.Compare(operator=operator, left=left, right=right):
            return Compares(operator=OPPOSITES[operator], left=left, right=right)
        case bound.OneOf(value=value, options=options):
            return IsOneOf(value=value, options=options, negated=True)
        case bound.Text():
            return _text(condition, negated=True)
        case bound.Missing(field=field):
            return IsPresent(field=field)
        case bound.Quantified(array=array, condition=inner):
            of_items = every_item if condition.kind is QuantifierKind.ANY else some_item
            return any_of((IsEmpty(array=array), of_items(array, when_false(inner))))
        case _:
            assert_never(condition)


def _text(condition: bound.Text, *, negated: bool) -> HasText:
    return HasText(
        operator=condition.operator,
        value=condition.value,
        text=condition.text,
        ignores_case=condition.ignores_case,
        negated=negated,
    )
