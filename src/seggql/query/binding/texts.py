"""Binds tests of text within text: CONTAINS, STARTSWITH, ENDSWITH, MATCHES."""

from dataclasses import replace

from seggql.catalog.model import AttributeType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.ast import QuantifierKind, TextOperator
from seggql.query.binding.binding import Binding
from seggql.query.binding.comparisons import bind_operand
from seggql.query.binding.mismatches import refuse_array, refuse_nulls
from seggql.query.binding.paths import Standpoint
from seggql.query.binding.types import Operand, type_name
from seggql.query.source import Span
from seggql.query.values.pattern import PatternError, compile_pattern


def bind_text_test(b: Binding, here: Standpoint, test: ast.TextTest) -> bound.Condition | None:
    """`value [NOT] CONTAINS text` and its kin: of an array, some element does."""
    if refuse_nulls(b, here, (test.value, test.text), is_negated=test.negated):
        return None
    value, text = bind_operand(b, here, test.value), bind_operand(b, here, test.text)
    if value is None or text is None or not _are_texts(b, test, value, text):
        return None
    if test.operator is TextOperator.MATCHES and not _is_pattern(b, test):
        return None
    if value.array and text.array:
        refuse_array(b, test, test.operator.value, value, text)
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
