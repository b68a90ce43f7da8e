"""Leaves of predicates over arrays: where each is true, or None where only the interpreter can say it."""

from datetime import datetime
from decimal import Decimal

import numpy as np

from seggql.columns import comparing, texts
from seggql.columns.arithmetic import both, numbers_of
from seggql.columns.column import Mask, Numbers, Texts, Vector, milliseconds
from seggql.columns.layout import Storage
from seggql.columns.scope import Scope
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.bound import Constant, Field, KeyField, Value
from seggql.query.predicate import AllOf, AnyOf, Compares, HasText, IsOneOf, IsPresent, Predicate
from seggql.query.values.numbers import Number
from seggql.query.values.texts import fold

Leaf = Compares | IsOneOf | HasText | IsPresent

FEW_OPTIONS = 6
"""Up to so many numbers are faster compared one by one than looked up."""


def leaf_mask(leaf: Leaf, scope: Scope) -> Mask | None:
    """Where `leaf` is true, or None."""
    match leaf:
        case Compares():
            return _compares(leaf, scope)
        case IsOneOf():
            return _is_one_of(leaf, scope)
        case HasText():
            return _has_text(leaf, scope)
        case IsPresent():
            present = scope.column(leaf.field).is_present
            return ~present if leaf.negated else present


def without_constants_left(leaf: Compares) -> Compares:
    """The same comparison with a constant, if there is one, on the right."""
    if not isinstance(leaf.left, Constant) or isinstance(leaf.right, Constant):
        return leaf
    return Compares(operator=comparing.MIRRORED[leaf.operator], left=leaf.right, right=leaf.left)


def rewritten(leaf: IsOneOf) -> Predicate | None:
    """The same test with options that are no constants as comparisons; None where all are constants."""
    constants = tuple(option for option in leaf.options if isinstance(option, Constant))
    others = [option for option in leaf.options if not isinstance(option, Constant)]
    if not others:
        return None
    operator = ComparisonOperator.NOT_EQUAL if leaf.negated else ComparisonOperator.EQUAL
    comparisons: list[Predicate] = [Compares(operator=operator, left=leaf.value, right=other) for other in others]
    if constants:
        comparisons.append(IsOneOf(value=leaf.value, options=constants, negated=leaf.negated))
    if len(comparisons) == 1:
        return comparisons[0]
    return (AllOf if leaf.negated else AnyOf)(predicates=tuple(comparisons))


def _compares(leaf: Compares, scope: Scope) -> Mask | None:
    leaf = without_constants_left(leaf)
    left, right = _texts(leaf.left, scope), _texts(leaf.right, scope)
    if left is not None and isinstance(leaf.right, Constant):
        return _text_compared(leaf.operator, left, leaf.right)
    if left is not None and right is not None:
        return texts.compared(leaf.operator, left, right)
    numbers = numbers_of(leaf.left, scope)
    if numbers is None:
        return None
    if isinstance(leaf.right, Constant):
        constant = _number(leaf.right, numbers)
        if constant is None:
            return _nowhere(scope)
        holds = comparing.compared_with(leaf.operator, numbers.values, constant)
        return _where_present(holds, numbers.present, scope)
    other = numbers_of(leaf.right, scope)
    if other is None:
        return None
    holds = comparing.compared(leaf.operator, numbers.values, other.values)
    return _where_present(holds, both(numbers.present, other.present), scope)


def _is_one_of(leaf: IsOneOf, scope: Scope) -> Mask | None:
    options = [option for option in leaf.options if isinstance(option, Constant)]
    if leaf.negated and any(option.value is None for option in options):
        return _nowhere(scope)
    column = _texts(leaf.value, scope)
    if column is not None:
        found = texts.one_of(column, {option.value for option in options if isinstance(option.value, str)})
        return column.is_present & ~found if leaf.negated else found
    numbers = numbers_of(leaf.value, scope)
    if numbers is None:
        return None
    wanted = [number for option in options if (number := _number(option, numbers)) is not None]
    found = _among(numbers.values, wanted)
    return _where_present(~found if leaf.negated else found, numbers.present, scope)


def _has_text(leaf: HasText, scope: Scope) -> Mask | None:
    """CONTAINS and its kin of a constant; what MATCHES says of a text is the interpreter's to say."""
    column = _texts(leaf.value, scope)
    if column is None or leaf.operator is TextOperator.MATCHES or not isinstance(leaf.text, Constant):
        return None
    text = leaf.text.value
    if not isinstance(text, str):
        return _nowhere(scope)
    distinct = scope.folded(column) if leaf.ignores_case else texts.present(column)
    truths = texts.has_text(leaf.operator, distinct, fold(text) if leaf.ignores_case else text)
    return texts.where(column, truths ^ leaf.negated)


def _texts(value: Value, scope: Scope) -> Texts | None:
    """The strings of a field; decimals are written in more ways than one."""
    if not isinstance(value, Field | KeyField):
        return None
    column = scope.column(value)
    return column if isinstance(column, Texts) and column.storage is Storage.STRING else None


def _text_compared(operator: ComparisonOperator, column: Texts, constant: Constant) -> Mask:
    if not isinstance(constant.value, str):
        return np.zeros(column.rows, dtype=bool)
    return texts.compared_with(operator, column, constant.value)


def _number(constant: Constant, beside: Numbers) -> Number | None:
    """A constant as what stands in the column beside it; None where it is missing or of another kind."""
    is_truth = beside.values.dtype == np.bool_
    match constant.value:
        case datetime() as instant:
            return milliseconds(instant) if beside.storage is Storage.DATETIME else None
        case bool() as truth:
            return truth if is_truth else None
        case int() | float() | Decimal() as number if not is_truth and beside.storage is not Storage.DATETIME:
            return number
        case _:
            return None


def _among(values: Vector, options: list[Number]) -> Mask:
    if values.dtype != np.bool_:
        options = comparing.whole_options(values, options)
    if len(options) <= FEW_OPTIONS or values.dtype.kind == "O":
        found = np.zeros(values.shape, dtype=bool)
        for option in options:
            found |= values == option
        return found
    return np.isin(values, np.array(options, dtype=values.dtype))


def _where_present(mask: Mask, present: Mask | None, scope: Scope) -> Mask:
    """`mask`, which nobody else has, where values are present; it may be of one value for all rows."""
    if mask.shape != (scope.rows,):
        mask = np.full(scope.rows, mask)
    if present is not None:
        mask &= present
    return mask


def _nowhere(scope: Scope) -> Mask:
    return np.zeros(scope.rows, dtype=bool)
