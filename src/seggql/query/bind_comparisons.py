"""Binds tests of values against values: comparisons, BETWEEN, IN, tests of text; arrays become quantifiers here."""

from dataclasses import replace

from seggql.catalog.model import AttributeType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.ast import ComparisonOperator, QuantifierKind, TextOperator
from seggql.query.bind_literals import adapted
from seggql.query.bind_paths import Standpoint, is_null, refuse_null
from seggql.query.bind_types import (
    COMPARISON_KINDS,
    EQUALITIES,
    ComparisonKind,
    Family,
    Operand,
    kind_of,
    type_name,
)
from seggql.query.bind_values import bind_value
from seggql.query.binding import Binding
from seggql.query.pattern import PatternError, compile_pattern
from seggql.query.source import Span

EQUAL = ComparisonOperator.EQUAL


def bind_comparison(b: Binding, here: Standpoint, test: ast.Comparison) -> bound.Condition | None:
    """`left operator right`; on an array `==` means that it contains the other side, `!=` that it does not."""
    if _refuse_nulls(b, here, (test.left, test.right), is_negated=test.operator is ComparisonOperator.NOT_EQUAL):
        return None
    left, right = _bind_operand(b, here, test.left), _bind_operand(b, here, test.right)
    if left is None or right is None:
        return None
    if left.array is None and right.array is None:
        return _compare(b, test, test.operator, left, right)
    if test.operator not in EQUALITIES:
        _refuse_array(b, test, test.operator.value, left, right)
        return None
    contains = _contains(b, here, test, left, right)
    return bound.Not(operand=contains) if contains and test.operator is not EQUAL else contains


def bind_between(b: Binding, here: Standpoint, test: ast.Between) -> bound.Condition | None:
    """`value [NOT] BETWEEN low AND high`: two comparisons."""
    if _refuse_nulls(b, here, (test.value, test.low, test.high), is_negated=False):
        return None
    value, low, high = (_bind_operand(b, here, side) for side in (test.value, test.low, test.high))
    if value is None or low is None or high is None:
        return None
    if value.array or low.array or high.array:
        _refuse_array(b, test, "BETWEEN", value, low if low.array else high)
        return None
    above = _compare(b, test.low, ComparisonOperator.GREATER_OR_EQUAL, value, low)
    below = _compare(b, test.high, ComparisonOperator.LESS_OR_EQUAL, value, high)
    if above is None or below is None:
        return None
    both = bound.All(operands=(above, below))
    return bound.Not(operand=both) if test.negated else both


def bind_in(b: Binding, here: Standpoint, test: ast.In) -> bound.Condition | None:
    """`value [NOT] IN (options)`: true of an array where it contains one of them."""
    if _refuse_nulls(b, here, (test.value, *test.options), is_negated=test.negated):
        return None
    value = _bind_operand(b, here, test.value)
    bound_options = [_bind_operand(b, here, option) for option in test.options]
    options = [option for option in bound_options if option is not None]
    if value is None or len(options) < len(bound_options):
        return None
    found = _in_array(b, here, test, value, options) if value.array else _in_options(b, here, test, value, options)
    return bound.Not(operand=found) if found and test.negated else found


def bind_text_test(b: Binding, here: Standpoint, test: ast.TextTest) -> bound.Condition | None:
    """`value [NOT] CONTAINS text` and its kin: of an array, some element does."""
    if _refuse_nulls(b, here, (test.value, test.text), is_negated=test.negated):
        return None
    value, text = _bind_operand(b, here, test.value), _bind_operand(b, here, test.text)
    if value is None or text is None or not _are_texts(b, test, value, text):
        return None
    if test.operator is TextOperator.MATCHES and not _is_pattern(b, test):
        return None
    if value.array and text.array:
        _refuse_array(b, test, test.operator.value, value, text)
        return None
    depth = here.depth + 1
    found: bound.Condition = bound.Text(
        operator=test.operator,
        value=value.item(depth).value if value.array else value.value,
        text=text.item(depth).value if text.array else text.value,
        ignores_case=test.ignores_case,
    )
    array = value.array or text.array
    if array:
        found = bound.Quantified(kind=QuantifierKind.ANY, array=array, condition=found)
    return bound.Not(operand=found) if test.negated else found


# ---------------------------------------------------------------- single values


def _bind_operand(b: Binding, here: Standpoint, expression: ast.Expression) -> Operand | None:
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
    left = Operand(expression=left.expression, value=left_value)
    right = Operand(expression=right.expression, value=right_value)
    if left.family is not right.family:
        _refuse_pair(b, node, left, right)
        return None
    if kind not in COMPARISON_KINDS[left.family]:
        _refuse_kind(b, node, word, left)
        return None
    return left_value, right_value


def _refuse_pair(b: Binding, node: ast.Node, left: Operand, right: Operand) -> None:
    hint = None
    families = {left.family, right.family}
    if Family.OBJECT in families:
        hint = "Compare a field of the object: name.field."
    elif families == {Family.INSTANT, Family.NUMBER}:
        hint = "Compare a date with a date, or a number with DATEDIFF(DAY, start, end) or DATEPART(YEAR, date)."
    elif families == {Family.TEXT, Family.NUMBER}:
        hint = "A number is written without quotes, a STRING within quotes."
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{b.quote(left.expression)} is {type_name(left.value)} and {b.quote(right.expression)} is "
        f"{type_name(right.value)}: they do not compare.",
        node,
        hint=hint,
    )


def _refuse_kind(b: Binding, node: ast.Node, word: str, operand: Operand) -> None:
    kinds = COMPARISON_KINDS[operand.family]
    takes = " and ".join(kind.value for kind in ComparisonKind if kind in kinds)
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{b.quote(operand.expression)} is {type_name(operand.value)}, which does not take {word}.",
        node,
        hint=f"{operand.family.value} takes {takes} only." if kinds else "Compare a field of the object: name.field.",
    )


def _refuse_nulls(b: Binding, here: Standpoint, sides: tuple[ast.Expression, ...], *, is_negated: bool) -> bool:
    """Whether one of the sides is NULL; says what to write instead."""
    nulls = [side for side in sides if is_null(here, side)]
    tested = next((side for side in sides if isinstance(side, ast.Path) and side not in nulls), None)
    function = "ISNOTNULL" if is_negated else "ISNULL"
    for null in nulls:
        refuse_null(b, null, hint=f"Write {function}({b.quote(tested) if tested else 'attribute'}).")
    return bool(nulls)


# ---------------------------------------------------------------- arrays


def _contains(b: Binding, here: Standpoint, node: ast.Node, left: Operand, right: Operand) -> bound.Condition | None:
    """That the array on one side contains the value on the other."""
    if left.array and right.array:
        _refuse_array(b, node, "==", left, right)
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
            _refuse_array(b, test, "IN", value, option)
            return None
    found = _in_options(b, here, test, value.item(here.depth + 1), options)
    return None if found is None else bound.Quantified(kind=QuantifierKind.ANY, array=value.array, condition=found)


def _in_options(
    b: Binding, here: Standpoint, test: ast.In, value: Operand, options: list[Operand]
) -> bound.Condition | None:
    """A single value among options: one OneOf for each way to read the value, and a quantifier for each array."""
    if ComparisonKind.MEMBERSHIP not in COMPARISON_KINDS[value.family]:
        _refuse_kind(b, test, "IN", value)
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


def _refuse_array(b: Binding, node: ast.Node, word: str, left: Operand, right: Operand) -> None:
    array, other = (left, right) if left.array else (right, left)
    name = b.quote(array.expression)
    if other.array:
        b.refuse(
            ProblemCode.TYPE_MISMATCH,
            f"{name} and {b.quote(other.expression)} are both arrays: they do not compare.",
            node,
            hint=f"Whether they share an item: ANY({name}, VALUE == type.attribute).",
        )
        return
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{name} is {type_name(array.value)}, which does not take {word}.",
        node,
        hint=f"Say which items count: ANY({name}, VALUE {word} …) or ALL(…); LENGTH({name}) is their number.",
    )


# ---------------------------------------------------------------- text


def _are_texts(b: Binding, test: ast.TextTest, *operands: Operand) -> bool:
    faulty = [operand for operand in operands if operand.value.type is not AttributeType.STRING]
    for operand in faulty:
        b.refuse(
            ProblemCode.TYPE_MISMATCH,
            f"{test.operator.value} takes STRING values; {b.quote(operand.expression)} is {type_name(operand.value)}.",
            operand.expression,
        )
    return not faulty


def _is_pattern(b: Binding, test: ast.TextTest) -> bool:
    """Whether the text of MATCHES is a literal that RE2 compiles."""
    if not isinstance(test.text, ast.StringLiteral):
        b.refuse(
            ProblemCode.TYPE_MISMATCH,
            f"The pattern of MATCHES is a string literal; {b.quote(test.text)} is none.",
            test.text,
        )
        return False
    try:
        compile_pattern(test.text.value, test.ignores_case)
    except PatternError as error:
        _refuse_pattern(b, test.text, error)
        return False
    return True


def _refuse_pattern(b: Binding, literal: ast.StringLiteral, error: PatternError) -> None:
    """Points at the piece of the pattern that is at fault; a quote in it was written as two."""
    start, length = 0, len(literal.value)
    if error.piece:
        # What has no end reaches to the end of the pattern, other pieces are the first of their kind.
        find = literal.value.rfind if literal.value.endswith(error.piece) else literal.value.find
        start, length = max(0, find(error.piece)), len(error.piece)
    before = literal.span.start + 1 + start + literal.value.count("'", 0, start)
    span = Span(before, before + length + literal.value.count("'", start, start + length))
    b.refuse(
        ProblemCode.BAD_PATTERN,
        f"The pattern cannot be read: {error}.",
        replace(literal, span=span),
        hint="Patterns are RE2's: no back references and no look-around.",
    )
