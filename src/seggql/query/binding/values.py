"""Binds values: literals, attributes, arithmetic, date functions, aggregates."""

from typing import assert_never

from seggql.catalog.model import AttributeType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.ast import AggregateFunction
from seggql.query.binding.binding import Binding
from seggql.query.binding.literals import adapted, bind_date, bind_number, written_number
from seggql.query.binding.paths import Standpoint, Where, bind_path, resolve
from seggql.query.binding.types import FAMILIES, Family, is_array, is_number, type_name

CONDITIONS = (ast.Or, ast.And, ast.Not, ast.Comparison, ast.Between, ast.In, ast.TextTest, ast.IsNull, ast.Quantifier)
"""What is true, false or unknown, and no value."""

ZERO = bound.Constant(value=0, type=AttributeType.INT)


def bind_value(b: Binding, here: Standpoint, expression: ast.Expression) -> bound.Value | None:
    """What the expression stands for, arrays and objects included."""
    match expression:
        case ast.StringLiteral(value=text):
            return bound.Constant(value=text, type=AttributeType.STRING)
        case ast.BooleanLiteral(value=truth):
            return bound.Constant(value=truth, type=AttributeType.BOOLEAN)
        case ast.NumberLiteral(value=number):
            return bind_number(b, expression, number)
        case ast.Path():
            resolved = bind_path(b, here, expression)
            return resolved.value if resolved else None
        case ast.Now():
            return bound.AsOf()
        case ast.DateLiteral():
            return bind_date(b, expression)
        case ast.Arithmetic():
            return _bind_arithmetic(b, here, expression)
        case ast.Negation():
            return _bind_negation(b, here, expression)
        case ast.DateAdd() | ast.DateDiff() | ast.DatePartOf():
            return _bind_date_function(b, here, expression)
        case ast.Length():
            return _bind_length(b, here, expression)
        case ast.Aggregate():
            return _bind_aggregate(b, here, expression)
        case _:
            _refuse_condition(b, expression)
            return None


def _refuse_condition(b: Binding, expression: ast.Expression) -> None:
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"The condition {b.quote(expression)} stands where a value is wanted.",
        expression,
        hint="A condition is true by itself: leave out the comparison with it, or write NOT before it.",
    )


# ---------------------------------------------------------------- arithmetic


def _bind_arithmetic(b: Binding, here: Standpoint, chain: ast.Arithmetic) -> bound.Value | None:
    """A chain of operators, from left to right; with one DECIMAL in it, its literals are DECIMAL too."""
    expressions = [chain.first, *(term.operand for term in chain.rest)]
    values: list[bound.Value | None] = []
    for expression in expressions:  # a loop, for a comprehension would put one more frame on the stack
        values.append(_as_number(b, expression, bind_value(b, here, expression)))
    if any(value is not None and value.type is AttributeType.DECIMAL for value in values):
        values = [
            None if value is None else adapted(b, expression, value, AttributeType.DECIMAL)
            for expression, value in zip(expressions, values, strict=True)
        ]
    result = values[0]
    for term, value in zip(chain.rest, values[1:], strict=True):
        if result is None or value is None:
            return None
        result = bound.Computed(operator=term.operator, left=result, right=value, type=_result_type(result, value))
    return result


def _bind_negation(b: Binding, here: Standpoint, negation: ast.Negation) -> bound.Value | None:
    number = written_number(negation)
    if number is not None:
        return bind_number(b, negation, number)
    value = _as_number(b, negation.operand, bind_value(b, here, negation.operand))
    if value is None:
        return None
    operator = ast.ArithmeticOperator.SUBTRACT
    return bound.Computed(operator=operator, left=ZERO, right=value, type=_result_type(ZERO, value))


def _as_number(b: Binding, expression: ast.Expression, value: bound.Value | None) -> bound.Value | None:
    """`value`, where it is one number."""
    if value is None or is_number(value):
        return value
    hint = None
    if FAMILIES[value.type] is Family.INSTANT:
        hint = "To move a date write DATEADD(DAY, 7, date); for the time between two, DATEDIFF(DAY, start, end)."
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"Arithmetic takes numbers; {b.quote(expression)} is {type_name(value)}.",
        expression,
        hint=hint,
    )
    return None


def _result_type(left: bound.Value, right: bound.Value) -> AttributeType:
    is_decimal = AttributeType.DECIMAL in (left.type, right.type)
    return AttributeType.DECIMAL if is_decimal else AttributeType.DOUBLE


# ---------------------------------------------------------------- dates


def _bind_date_function(
    b: Binding, here: Standpoint, function: ast.DateAdd | ast.DateDiff | ast.DatePartOf
) -> bound.Value | None:
    _check_part(b, function)
    match function:
        case ast.DateAdd():
            amount = _as_number(b, function.amount, bind_value(b, here, function.amount))
            date = bind_instant_operand(b, here, function.date)
            if amount is None or date is None:
                return None
            return bound.DateAdded(part=function.part, amount=amount, date=date)
        case ast.DateDiff():
            start = bind_instant_operand(b, here, function.start)
            end = bind_instant_operand(b, here, function.end)
            if start is None or end is None:
                return None
            difference = bound.DateDifference(part=function.part, start=start, end=end)
            b.mark(difference, function.span)
            return difference
        case ast.DatePartOf():
            date = bind_instant_operand(b, here, function.date)
            return None if date is None else bound.DateComponent(part=function.part, date=date)
        case _:
            assert_never(function)


def bind_instant_operand(b: Binding, here: Standpoint, expression: ast.Expression) -> bound.Value | None:
    """A DATETIME; a string literal is read as one."""
    value = bind_value(b, here, expression)
    if value is None:
        return None
    value = adapted(b, expression, value, AttributeType.DATETIME)
    if value is None or (FAMILIES[value.type] is Family.INSTANT and not is_array(value)):
        return value
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"A date is wanted here; {b.quote(expression)} is {type_name(value)}.",
        expression,
    )
    return None


def _check_part(b: Binding, function: ast.DateAdd | ast.DateDiff | ast.DatePartOf) -> None:
    if function.part is ast.DatePart.WEEKDAY and not isinstance(function, ast.DatePartOf):
        b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            "WEEKDAY is a part for DATEPART only.",
            function,
            hint="Dates are counted and moved in DAY.",
        )


# ---------------------------------------------------------------- length and aggregates


def _bind_length(b: Binding, here: Standpoint, length: ast.Length) -> bound.Value | None:
    resolved = bind_path(b, here, length.path)
    if resolved is None:
        return None
    value = resolved.value
    if not isinstance(value, bound.TimestampField) and (is_array(value) or FAMILIES[value.type] is Family.TEXT):
        return bound.LengthOf(field=value)
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"LENGTH takes a STRING or an array; {b.quote(length.path)} is {type_name(value)}.",
        length.path,
    )
    return None


AGGREGATED: dict[AggregateFunction, frozenset[Family]] = {
    AggregateFunction.SUM: frozenset({Family.NUMBER}),
    AggregateFunction.AVG: frozenset({Family.NUMBER}),
    AggregateFunction.MIN: frozenset({Family.NUMBER, Family.TEXT, Family.INSTANT}),
    AggregateFunction.MAX: frozenset({Family.NUMBER, Family.TEXT, Family.INSTANT}),
    AggregateFunction.COUNTDISTINCT: frozenset(Family) - {Family.OBJECT},
}
"""What each aggregate can be taken of."""


def _bind_aggregate(b: Binding, here: Standpoint, aggregate: ast.Aggregate) -> bound.Value | None:
    function = aggregate.function
    if here.where is not Where.GROUP:
        b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            f"{function.value}(…) is of a group of interactions and stands in HAVING only.",
            aggregate,
            hint="INTERACTION(type, link).HAVING(COUNT() > 3)",
        )
        return None
    if aggregate.path is None:
        return bound.Aggregated(function=function, field=None, type=AttributeType.LONG)
    resolved = resolve(b, here, aggregate.path)
    if resolved is None:
        return None
    value = resolved.value
    if isinstance(value, bound.KeyField) or is_array(value) or FAMILIES[value.type] not in AGGREGATED[function]:
        _refuse_aggregate(b, function, aggregate.path, value)
        return None
    return bound.Aggregated(function=function, field=value, type=_aggregated_type(function, value.type))


def _refuse_aggregate(b: Binding, function: AggregateFunction, path: ast.Path, value: bound.Value) -> None:
    names = sorted(family.value for family in AGGREGATED[function])
    takes = "single values, no arrays and objects" if len(names) > 3 else f"{', '.join(names)} values"
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{function.value} takes {takes}; {b.quote(path)} is {type_name(value)}.",
        path,
    )


def _aggregated_type(function: AggregateFunction, type: AttributeType) -> AttributeType:
    match function:
        case AggregateFunction.COUNT | AggregateFunction.COUNTDISTINCT:
            return AttributeType.LONG
        case AggregateFunction.MIN | AggregateFunction.MAX:
            return type
        case AggregateFunction.SUM | AggregateFunction.AVG:
            return type if type is AttributeType.DECIMAL else AttributeType.DOUBLE
        case _:
            assert_never(function)
