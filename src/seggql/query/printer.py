"""Prints a syntax tree in canonical form, the form in which queries are stored."""

from typing import assert_never

from seggql.query import ast
from seggql.query.syntax.expression_printer import print_expression, print_name, print_path
from seggql.query.syntax.words import SET_OPERATORS, SOURCES

__all__ = ["print_document", "print_expression", "print_set", "print_step"]

MAX_WIDTH = 100
"""Columns past which a set takes a line for each step and operand."""

_INDENT = "    "
_KEYWORDS_AS_SETS = SET_OPERATORS | SOURCES
"""A bare name of a set must be quoted where it is one of these."""


def print_document(document: ast.Document) -> str:
    """The canonical form of `document`: a line or more for each part, then its result."""
    parts = [_print_part(part) for part in document.parts]
    return "\n".join([*parts, print_set(document.result)])


def print_set(set_: ast.Set, *, indent: str = "", width: int = MAX_WIDTH) -> str:
    """The canonical form of `set_`: on one line where that has at most `width` columns.

    `indent` stands before each further line, but not before the first.
    """
    line = _print_line(set_)
    if len(line) <= width:
        return line
    match set_:
        case ast.Chain():
            source = _print_source(set_.source, indent)
            return "".join([source, *(f"\n{indent}{_INDENT}{print_step(step)}" for step in set_.steps)])
        case ast.SetOperation():
            first = print_set(set_.first, indent=indent, width=width)
            return "".join([first, *(_print_operand(operand, indent, width) for operand in set_.rest)])
        case _:
            return line


def print_step(step: ast.Step) -> str:
    """The canonical form of a step, its point included."""
    match step:
        case ast.Filter():
            return f".FILTER({print_expression(step.condition)})"
        case ast.Traverse():
            return _print_traverse(step)
        case ast.Having():
            window = f", {_print_window(step.window)}" if step.window else ""
            return f".HAVING({print_expression(step.condition)}{window})"
        case ast.Distinct():
            return ".DISTINCT()"
        case ast.OrderBy():
            keys = (f"{print_path(key.path)}{' DESC' if key.descending else ''}" for key in step.keys)
            return f".ORDERBY({', '.join(keys)})"
        case ast.Skip():
            return f".SKIP({step.count})"
        case ast.Take():
            return f".TAKE({step.count})"
        case ast.Select():
            return f".SELECT({', '.join(map(print_path, step.paths))})"
        case _:
            assert_never(step)


def _print_part(part: ast.Part) -> str:
    name = f"{print_name(part.name, _KEYWORDS_AS_SETS)} = "
    return name + print_set(part.set, indent=_INDENT, width=MAX_WIDTH - len(name))


def _print_line(set_: ast.Set) -> str:
    """On one line, save for line breaks within strings."""
    match set_:
        case ast.ProfileSource():
            return f"PROFILE({set_.type.text})"
        case ast.SegmentSource():
            return f"SEGMENT({set_.segment.text})"
        case ast.InteractionSource():
            return f"INTERACTION({set_.type.text}, {set_.link.text})"
        case ast.Reference():
            return print_name(set_.name, _KEYWORDS_AS_SETS)
        case ast.Grouped():
            return f"({_print_line(set_.set)})"
        case ast.Chain():
            source = _print_line(set_.source)
            source = f"({source})" if isinstance(set_.source, ast.SetOperation) else source
            return "".join([source, *map(print_step, set_.steps)])
        case ast.SetOperation():
            operands = (f" {operand.operator.value} {_print_operand_line(operand.operand)}" for operand in set_.rest)
            return "".join([_print_line(set_.first), *operands])
        case _:
            assert_never(set_)


def _print_operand_line(set_: ast.Set) -> str:
    line = _print_line(set_)
    return f"({line})" if isinstance(set_, ast.SetOperation) else line


def _print_source(source: ast.Set, indent: str) -> str:
    """What a broken chain begins with; sets in parentheses stand on lines of their own where they are long."""
    inner = source.set if isinstance(source, ast.Grouped) else source
    if isinstance(inner, ast.SetOperation) or inner is not source:
        return _print_parentheses(inner, indent)
    return _print_line(source)


def _print_operand(operand: ast.SetOperand, indent: str, width: int) -> str:
    """On a line of its own, after its operator."""
    operator = f"\n{indent}{operand.operator.value} "
    if isinstance(operand.operand, ast.SetOperation):
        return operator + _print_parentheses(operand.operand, indent)
    return operator + print_set(operand.operand, indent=indent, width=width)


def _print_parentheses(set_: ast.Set, indent: str) -> str:
    line = f"({_print_line(set_)})"
    if len(line) <= MAX_WIDTH - len(indent):
        return line
    deeper = indent + _INDENT
    return f"(\n{deeper}{print_set(set_, indent=deeper, width=0)}\n{indent})"


def _print_traverse(step: ast.Traverse) -> str:
    reverse = ", REVERSE" if step.reverse else ""
    condition = f", FILTER({print_expression(step.condition)})" if step.condition else ""
    return f".TRAVERSE({step.relationship.text}{reverse}{condition})"


def _print_window(window: ast.RelativeWindow | ast.BetweenWindow) -> str:
    match window:
        case ast.RelativeWindow():
            return f"{window.unit.value}({window.count})"
        case ast.BetweenWindow():
            return f"BETWEEN({print_expression(window.low)}, {print_expression(window.high)})"
        case _:
            assert_never(window)
