"""Binds conditions: what is true, false or unknown of a record, an item or a group."""

from typing import assert_never

from seggql.catalog.model import AttributeType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.comparisons import bind_between, bind_comparison, bind_in
from seggql.query.binding.group_sizes import sizes_of
from seggql.query.binding.paths import Item, Standpoint, Where, bind_path
from seggql.query.binding.texts import bind_text_test
from seggql.query.binding.types import FAMILIES, Family, is_array, type_name
from seggql.query.binding.values import bind_value

TRUE = bound.Constant(value=True, type=AttributeType.BOOLEAN)


def bind_condition(b: Binding, here: Standpoint, expression: ast.Expression) -> bound.Condition | None:
    """What the expression asks of whatever stands here, or None where it is faulty."""
    condition = _bind(b, here, expression)
    if condition is None:
        return None
    b.mark(condition, expression.span)
    if here.where is Where.GROUP and _asks_for_empty_groups(b, condition):
        _refuse_empty_groups(b, here, expression)
        return None
    return condition


def _bind(b: Binding, here: Standpoint, expression: ast.Expression) -> bound.Condition | None:
    match expression:
        case ast.Or() | ast.And():
            return _bind_connective(b, here, expression)
        case ast.Not(operand=operand):
            condition = bind_condition(b, here, operand)
            return None if condition is None else bound.Not(operand=condition)
        case ast.Comparison():
            return bind_comparison(b, here, expression)
        case ast.Between():
            return bind_between(b, here, expression)
        case ast.In():
            return bind_in(b, here, expression)
        case ast.TextTest():
            return bind_text_test(b, here, expression)
        case ast.IsNull():
            return _bind_is_null(b, here, expression)
        case ast.Quantifier():
            return _bind_quantifier(b, here, expression)
        case _:
            return _bind_lone_value(b, here, expression)


def _bind_connective(b: Binding, here: Standpoint, connective: ast.Or | ast.And) -> bound.Condition | None:
    operands: list[bound.Condition] = []
    for operand in connective.operands:
        condition = bind_condition(b, here, operand)
        if condition is not None:
            operands.append(condition)
    if len(operands) < len(connective.operands):
        return None
    match connective:
        case ast.And():
            return bound.All(operands=tuple(operands))
        case ast.Or():
            return bound.Any(operands=tuple(operands))
        case _:
            assert_never(connective)


def _bind_lone_value(b: Binding, here: Standpoint, expression: ast.Expression) -> bound.Condition | None:
    """A value that stands alone: one BOOLEAN is a condition, anything else is not."""
    value = bind_value(b, here, expression)
    if value is None:
        return None
    if value.type is AttributeType.BOOLEAN and not is_array(value):
        return bound.Compare(operator=ast.ComparisonOperator.EQUAL, left=value, right=TRUE)
    text = b.quote(expression)
    hint = f"Compare it with something: {text} == …"
    if FAMILIES[value.type] is Family.NUMBER and not is_array(value):
        hint = f"Compare it with a number: {text} > 0"
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{text} is {type_name(value)} and stands where a condition is wanted.",
        expression,
        hint=hint,
    )
    return None


def _bind_is_null(b: Binding, here: Standpoint, test: ast.IsNull) -> bound.Condition | None:
    resolved = bind_path(b, here, test.path)
    if resolved is None:
        return None
    missing = bound.Missing(field=resolved.value)
    return bound.Not(operand=missing) if test.negated else missing


def _bind_quantifier(b: Binding, here: Standpoint, quantifier: ast.Quantifier) -> bound.Condition | None:
    resolved = bind_path(b, here, quantifier.path)
    if resolved is None:
        return None
    array = resolved.value
    if not isinstance(array, bound.Field) or not array.is_array or resolved.attribute is None:
        b.refuse(
            ProblemCode.TYPE_MISMATCH,
            f"{quantifier.kind.value} goes through the items of an array; "
            f"{b.quote(quantifier.path)} is {type_name(array)}.",
            quantifier.path,
            hint="Test a single value directly, without ANY or ALL.",
        )
        return None
    item = Item(attribute=resolved.attribute, path=resolved.path)
    condition = bind_condition(b, here.inside(item), quantifier.condition)
    return None if condition is None else bound.Quantified(kind=quantifier.kind, array=array, condition=condition)


# ---------------------------------------------------------------- groups


def _asks_for_empty_groups(b: Binding, condition: bound.Condition) -> bool:
    """Whether it holds for a group of no interactions, and for no group that can be."""
    sizes = b.group_sizes[id(condition)] = sizes_of(condition, b.group_sizes)
    return sizes is not None and sizes.holds(0) and sizes.last == 0


def _refuse_empty_groups(b: Binding, here: Standpoint, expression: ast.Expression) -> None:
    b.refuse(
        ProblemCode.HAVING_NEVER_EMPTY,
        f"{b.quote(expression)} never holds: HAVING sees only profiles with at least one interaction.",
        expression,
        hint=f"For the profiles without any write {here.remedy()}" if here.remedy else None,
    )
