"""Warns of UNION, INTERSECT and EXCEPT side by side without parentheses: they are of equal rank, from left to right."""

import re
from collections.abc import Iterator
from typing import assert_never

from seggql.query import ast
from seggql.query.binding.binding import Binding

COMMENT = re.compile(r"--[^\n]*")
WORD = re.compile(r"[A-Za-z]+")


def warn_of_mixed_operators(b: Binding, document: ast.Document) -> None:
    """Looks at every piece of set algebra as it was written."""
    for root in (*(part.set for part in document.parts), document.result):
        for operation in _operations(root):
            _warn_of_operation(b, operation)


def _operations(node: ast.Set) -> Iterator[ast.SetOperation]:
    match node:
        case ast.SetOperation():
            yield node
            yield from _operations(node.first)
            for operand in node.rest:
                yield from _operations(operand.operand)
        case ast.Chain():
            yield from _operations(node.source)
        case ast.Grouped():
            yield from _operations(node.set)
        case ast.ProfileSource() | ast.SegmentSource() | ast.InteractionSource() | ast.Reference():
            pass
        case _:
            assert_never(node)


def _warn_of_operation(b: Binding, operation: ast.SetOperation) -> None:
    """The tree has dropped the parentheses, so what stands between the operands is read again."""
    before: tuple[int, ast.SetOperator] | None = None
    depth = 0
    end = operation.first.span.end
    for operand in operation.rest:
        gap = COMMENT.sub("", b.source.text[end : operand.operand.span.start])
        end = operand.operand.span.end
        written = WORD.search(gap)
        head = gap[: written.start()] if written else gap
        depth += head.count("(") - head.count(")")
        is_step = head.rstrip().endswith(".")
        if before is not None and not is_step and before[0] == depth and before[1] is not operand.operator:
            b.warn(
                f"{before[1].value} and {operand.operator.value} are of equal rank and go from left to right.",
                operand.span,
                hint="Write parentheses to say which goes first.",
            )
            return
        before = None if is_step else (depth, operand.operator)
        tail = gap[len(head) :]
        depth += tail.count("(") - tail.count(")")
