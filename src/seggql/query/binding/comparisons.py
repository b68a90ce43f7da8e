"""Binds tests of values against values: comparisons, BETWEEN, IN; arrays become quantifiers here."""

from dataclasses import replace

from seggql.query import ast, bound
from seggql.query.ast import ComparisonOperator, QuantifierKind
from seggql.query.binding.binding import Binding
from seggql.query.binding.literals import adapted
from seggql.query.binding.mismatches import refuse_array, refuse_kind, refuse_nulls, refuse_pair
from seggql.query.binding.paths import Standpoint
from seggql.query.binding.types import (
    COMPARISON_KINDS,
    EQUALITIES,
    ComparisonKind,
    Operand,
    kind_of,
)
from seggql.query.binding.values import bind_value

EQUAL = ComparisonOperator.EQUAL


def bind_comparison(b: Binding, here: Standpoint, test: ast.Comparison) -> bound.Condition | None:
    """`left operator right`; on an array `==` means that it contains the other side, `!=` that it does not."""
    if refuse_nulls(b, here, (test.left, test.right), is_negated=test.operator is ComparisonOperator.NOT_EQUAL):
        return None
    left, right = bind_operand(b, here, test.left), bind_operand(b, here, test.right)
    if left is None or right is None:
        return None
    if left.array is None and right.array is None:
        return _compare(b, test, test.operator, left, right)
    if test.operator not in EQUALITIES:
        refuse_array(b, test, test.operator.value, left, right)
        return None
    contains = _contains(b, here, test, left, right)
    return bound.Not(operand=contains) if contains and test.operator is not EQUAL else contains


def bind_between(b: Binding, here: Standpoint, test: ast.Between) -> bound.Condition | None:
    """`value [NOT] BETWEEN low AND high`: two comparisons."""
    if refuse_nulls(b, here, (test.value, test.low, test.high), is_negated=False):
        return None
    value, low, high = (bind_operand(b, here, side) for side in (test.value, test.low, test.high))
    if value is None or low is None or high is None:
        return None
    if value.array or low.array or high.array:
        refuse_array(b, test, "BETWEEN", value, low if low.array else high)
        return None
    above = _compare(b, test.low, ComparisonOperator.GREATER_OR_EQUAL, value, low)
    below = _compare(b, test.high, ComparisonOperator.LESS_OR_EQUAL, value, high)
    if above is None or below is None:
        return None
    both = bound.All(operands=(above, below))
    return bound.Not(operand=both) if test.negated else both


def bind_in(b: Binding, here: Standpoint, test: ast.In) -> bound.Condition | None:
    """`value [NOT] IN (options)`: true of an array where it contains one of them."""
    if refuse_nulls(b, here, (test.value, *test.options), is_negated=test.negated):
        return None
    value = bind_operand(b, here, test.value)
    bound_options = [bind_operand(b, here, option) for option in test.options]
    options = [option for option in bound_options if option is not None]
    if value is None or len(options) < len(bound_options):
        return None
    found = _in_array(b, here, test, value, options) if value.array else _in_options(b, here, test, value, options)
    return bound.Not(operand=found) if found and test.negated else found


# ---------------------------------------------------------------- single values


def bind_operand(b: Binding, here: Standpoint, expression: ast.Expression) -> Operand | None:
    value = bind_value(b, here, expression)
    return None if value is None else Operand(expression=expression, value=value)


def _compare(
    b: Binding, node: ast.Node, operator: ComparisonOperator, left: Operand, right: Operand
) -> bound.Compare | None:
    """A comparison of two single values, each read as what the other is."""
    pair = _comparable(b, node, kind_of(operator), operator.value, left, right)
    return None if pair is None else bound.Compare(operator=operator, left=pair[0], right=pair[1])


def _comparable(
    b: Binding, node: ast.Node, kind: ComparisonKind, word: str, left: Operand, right: Operand
) -> tuple[bound.Value, bound.Value] | None:
    left_value = adapted(b, left.expression, left.value, right.value.type)
    right_value = adapted(b, right.expression, right.value, left.value.type)
    if left_value is None or right_value is None:
        return None
    left = replace(left, value=left_value)
    right = replace(right, value=right_value)
    if left.family is not right.family:
        refuse_pair(b, node, left, right)
        return None
    if kind not in COMPARISON_KINDS[left.family]:
        refuse_kind(b, node, word, left)
        return None
    return left_value, right_value


# ---------------------------------------------------------------- arrays


def _contains(b: Binding, here: Standpoint, node: ast.Node, left: Operand, right: Operand) -> bound.Condition | None:
    """That the array on one side contains the value on the other."""
    if left.array and right.array:
        refuse_array(b, node, "==", left, right)
        return None
    depth = here.depth + 1
    array = left.array or right.array
    assert array is not None
    compare = _compare(
        b, node, EQUAL, left.item(depth) if left.array else left, right.item(depth) if right.array else right
    )
    return None if compare is None else bound.Quantified(kind=QuantifierKind.ANY, array=array, condition=compare)


def _in_array(
    b: Binding, here: Standpoint, test: ast.In, value: Operand, options: list[Operand]
) -> bound.Condition | None:
    assert value.array is not None
    for option in options:
        if option.array:
            refuse_array(b, test, "IN", value, option)
            return None
    found = _in_options(b, here, test, value.item(here.depth + 1), options)
    return None if found is None else bound.Quantified(kind=QuantifierKind.ANY, array=value.array, condition=found)


def _in_options(
    b: Binding, here: Standpoint, test: ast.In, value: Operand, options: list[Operand]
) -> bound.Condition | None:
    """A single value among options: one OneOf for each way to read the value, and a quantifier for each array."""
    if ComparisonKind.MEMBERSHIP not in COMPARISON_KINDS[value.family]:
        refuse_kind(b, test, "IN", value)
        return None
    readings: dict[bound.Value, list[bound.Value]] = {}
    found: list[bound.Condition | None] = []
    is_sound = True
    for option in options:
        if option.array:
            found.append(_contains(b, here, option.expression, value, option))
            continue
        pair = _comparable(b, option.expression, ComparisonKind.MEMBERSHIP, "IN", value, option)
        if pair is None:
            is_sound = False
        else:
            readings.setdefault(pair[0], []).append(pair[1])
    found += [bound.OneOf(value=reading, options=tuple(among)) for reading, among in readings.items()]
    conditions = tuple(condition for condition in found if condition is not None)
    if not is_sound or len(conditions) < len(found):
        return None
    return conditions[0] if len(conditions) == 1 else bound.Any(operands=conditions)


# ---------------------------------------------------------------- text
