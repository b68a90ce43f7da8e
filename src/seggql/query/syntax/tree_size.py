"""Holds what a parsed query comes to, once its named parts are put in, against the limits; without recursion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from seggql.errors import ProblemCode, QueryProblem
from seggql.query import ast
from seggql.query.limits import MAX_ARITHMETIC_TERMS, MAX_SETS, MAX_TREE_DEPTH, Limits
from seggql.query.source import Source

_PREDICATES = (ast.Comparison, ast.Between, ast.In, ast.TextTest, ast.IsNull)
_CONNECTIVES = (ast.Or, ast.And, ast.Not, ast.Filter, ast.Traverse, ast.Having, ast.Quantifier)
_SOURCES = (ast.ProfileSource, ast.SegmentSource, ast.InteractionSource, ast.Reference)
_WINDOWS = (ast.RelativeWindow, ast.BetweenWindow)
_FIXED = "This limit is fixed."

_Tree = ast.Set | ast.Step | ast.Expression | ast.RelativeWindow | ast.BetweenWindow


@dataclass(slots=True)
class _Size:
    """What one set comes to, the parts that it names put in."""

    sets: int = 0
    predicates: int = 0
    traversals: int = 0
    depth: int = 0


@dataclass(slots=True)
class _Excess:
    """The first place past each limit: one problem for each limit, however often it is passed."""

    source: Source
    problems: dict[str, QueryProblem] = field(default_factory=dict)

    def add(self, limit: str, message: str, node: ast.Node, hint: str) -> None:
        if limit not in self.problems:
            self.problems[limit] = self.source.problem(ProblemCode.QUERY_TOO_LARGE, message, node.span, hint=hint)


def check_tree(source: Source, document: ast.Document, limits: Limits) -> list[QueryProblem]:
    """The limits that `document` passes: one problem each, where it first does."""
    excess = _Excess(source)
    parts: dict[str, _Size] = {}
    for part in document.parts:
        parts[part.name.text] = _measure(part.set, parts, limits, excess)
    _measure(document.result, parts, limits, excess)
    return list(excess.problems.values())


def _measure(root: ast.Set, parts: Mapping[str, _Size], limits: Limits, excess: _Excess) -> _Size:
    """Walk `root` in the order of the text, with a stack of our own."""
    size = _Size()
    stack: list[tuple[_Tree, int, bool]] = [(root, 1, False)]
    while stack:
        node, depth, is_condition = stack.pop()
        inner = depth
        if isinstance(node, _SOURCES):
            inner += _count_set(node, parts, size)
        elif isinstance(node, ast.Traverse):
            size.traversals += 1
        elif isinstance(node, _PREDICATES) or (is_condition and not isinstance(node, _CONNECTIVES)):
            size.predicates += 1
        size.depth = max(size.depth, inner)
        _compare(size, node, limits, excess)
        below = depth + (min(len(node.rest), MAX_ARITHMETIC_TERMS) if isinstance(node, ast.Arithmetic) else 1)
        holds_conditions = isinstance(node, _CONNECTIVES)
        for child in reversed([*_children(node)]):
            stack.append((child, below, holds_conditions and not isinstance(child, _WINDOWS)))
    return size


def _count_set(node: ast.Node, parts: Mapping[str, _Size], size: _Size) -> int:
    """Count a set that is named, or all of the part that it names; how deep that part goes."""
    part = parts.get(node.name.text) if isinstance(node, ast.Reference) else None
    if part is None:
        size.sets += 1
        return 0
    size.sets += part.sets
    size.predicates += part.predicates
    size.traversals += part.traversals
    return part.depth


def _compare(size: _Size, node: ast.Node, limits: Limits, excess: _Excess) -> None:
    if size.predicates > limits.predicates:
        _past(excess, "predicates", limits.predicates, node, "Split it into segments and combine those, or use IN.")
    if size.traversals > limits.traversals:
        _past(excess, "traversals", limits.traversals, node, "Save the first half as a segment and go on from that.")
    if size.sets > MAX_SETS:
        message = f"The query names more than {MAX_SETS:,} sets, once its parts are put in."
        excess.add("sets", message, node, _FIXED)
    if size.depth > MAX_TREE_DEPTH:
        message = f"The query is more than {MAX_TREE_DEPTH} operators deep here, once its parts are put in."
        excess.add("depth", message, node, f"Save a part of it as a segment. {_FIXED}")
    if isinstance(node, ast.In) and len(node.options) > limits.in_literals:
        message = f"This IN lists {len(node.options):,} values; at most {limits.in_literals:,} are allowed."
        hint = f"Give the profiles an attribute of that meaning. {_setting('in_literals')}"
        excess.add("in_literals", message, node.options[limits.in_literals], hint)
    if isinstance(node, ast.Arithmetic) and len(node.rest) >= MAX_ARITHMETIC_TERMS:
        message = f"This calculation has {len(node.rest) + 1:,} terms; at most {MAX_ARITHMETIC_TERMS} are allowed."
        excess.add("terms", message, node.rest[MAX_ARITHMETIC_TERMS - 1], _FIXED)


def _past(excess: _Excess, limit: str, most: int, node: ast.Node, advice: str) -> None:
    message = f"The query has more than {most:,} {limit}, a named part counting wherever it is used."
    excess.add(limit, message, node, f"{advice} {_setting(limit)}")


def _setting(limit: str) -> str:
    return f"The limit is the setting SEGGQL_QUERY_MAX_{limit.upper()}."


def _children(node: _Tree) -> Iterable[_Tree]:
    """The sets, steps and expressions directly within `node`, in the order of the text; no names and paths."""
    match node:
        case ast.Chain():
            return (node.source, *node.steps)
        case ast.SetOperation():
            return (node.first, *(operand.operand for operand in node.rest))
        case ast.Grouped():
            return (node.set,)
        case ast.Filter():
            return (node.condition,)
        case ast.Traverse():
            return () if node.condition is None else (node.condition,)
        case ast.Having():
            return (node.condition,) if node.window is None else (node.condition, node.window)
        case ast.BetweenWindow():
            return (node.low, node.high)
        case ast.RelativeWindow() | ast.Distinct() | ast.OrderBy() | ast.Skip() | ast.Take() | ast.Select():
            return ()
        case ast.ProfileSource() | ast.SegmentSource() | ast.InteractionSource() | ast.Reference():
            return ()
        case _:
            return _operands(node)


def _operands(node: ast.Expression) -> Iterable[ast.Expression]:
    match node:
        case ast.Or() | ast.And():
            return node.operands
        case ast.Not() | ast.Negation():
            return (node.operand,)
        case ast.Comparison():
            return (node.left, node.right)
        case ast.Between():
            return (node.value, node.low, node.high)
        case ast.In():
            return (node.value, *node.options)
        case ast.TextTest():
            return (node.value, node.text)
        case ast.Arithmetic():
            return (node.first, *(term.operand for term in node.rest))
        case ast.Quantifier():
            return (node.condition,)
        case ast.DateAdd():
            return (node.amount, node.date)
        case ast.DateDiff():
            return (node.start, node.end)
        case ast.DatePartOf():
            return (node.date,)
        case ast.StringLiteral() | ast.NumberLiteral() | ast.BooleanLiteral() | ast.DateLiteral() | ast.Now():
            return ()
        case ast.Path() | ast.IsNull() | ast.Aggregate() | ast.Length():
            return ()
        case _:
            assert_never(node)
