"""Prints expressions in canonical form: upper-case keywords, one space around operators, parentheses where needed."""

from decimal import Decimal
from enum import IntEnum
from typing import assert_never

from seggql.query import ast
from seggql.query.syntax.expression_tree import ADDITIVE

_KEYWORDS_AS_VALUES = frozenset({"TRUE", "FALSE", "NOT"})
"""A path that begins with one of these must be quoted; all other keywords are names where a path can stand."""


class Rank(IntEnum):
    """How tightly an expression binds, as in the grammar."""

    OR = 1
    AND = 2
    NOT = 3
    PREDICATE = 4
    SUM = 5
    PRODUCT = 6
    UNARY = 7
    ATOM = 8


def print_expression(expression: ast.Expression) -> str:
    """The canonical form of `expression`, on one line save for line breaks within its strings."""
    match expression:
        case ast.Or():
            return " OR ".join(_within(operand, Rank.AND) for operand in expression.operands)
        case ast.And():
            return " AND ".join(_within(operand, Rank.NOT) for operand in expression.operands)
        case ast.Not():
            return f"NOT {_within(expression.operand, Rank.NOT)}"
        case ast.Comparison():
            return f"{_side(expression.left)} {expression.operator.value} {_side(expression.right)}"
        case ast.Between():
            low, high = _side(expression.low), _side(expression.high)
            return f"{_side(expression.value)} {_not(expression)}BETWEEN {low} AND {high}"
        case ast.In():
            options = ", ".join(_side(option) for option in expression.options)
            return f"{_side(expression.value)} {_not(expression)}IN ({options})"
        case ast.TextTest():
            test = f"{_side(expression.value)} {_not(expression)}{expression.operator.value} {_side(expression.text)}"
            return f"{test} IGNORECASE" if expression.ignores_case else test
        case ast.Arithmetic():
            return _print_arithmetic(expression)
        case ast.Negation():
            return f"-{_within(expression.operand, Rank.ATOM)}"
        case _:
            return _print_atom(expression)


Atom = (
    ast.StringLiteral
    | ast.NumberLiteral
    | ast.BooleanLiteral
    | ast.Path
    | ast.IsNull
    | ast.Quantifier
    | ast.Aggregate
    | ast.Now
    | ast.DateLiteral
    | ast.DateAdd
    | ast.DateDiff
    | ast.DatePartOf
    | ast.Length
)


def _print_atom(atom: Atom) -> str:
    match atom:
        case ast.StringLiteral():
            return "'" + atom.value.replace("'", "''") + "'"
        case ast.NumberLiteral():
            return _print_number(atom.value)
        case ast.BooleanLiteral():
            return "TRUE" if atom.value else "FALSE"
        case ast.Path():
            return print_path(atom)
        case ast.IsNull():
            return f"{'ISNOTNULL' if atom.negated else 'ISNULL'}({print_path(atom.path)})"
        case ast.Quantifier():
            return f"{atom.kind.value}({print_path(atom.path)}, {print_expression(atom.condition)})"
        case ast.Aggregate():
            return f"{atom.function.value}({print_path(atom.path) if atom.path else ''})"
        case ast.Now():
            return "DATETIMEUTCNOW()"
        case ast.DateLiteral():
            return f"DATE({', '.join(map(str, atom.numbers))})"
        case ast.DateAdd():
            return f"DATEADD({atom.part.value}, {_side(atom.amount)}, {_side(atom.date)})"
        case ast.DateDiff():
            return f"DATEDIFF({atom.part.value}, {_side(atom.start)}, {_side(atom.end)})"
        case ast.DatePartOf():
            return f"DATEPART({atom.part.value}, {_side(atom.date)})"
        case ast.Length():
            return f"LENGTH({print_path(atom.path)})"
        case _:
            assert_never(atom)


def print_path(path: ast.Path) -> str:
    """Its names with points between them, the first in back-ticks where it would be read as a keyword."""
    first, *rest = path.names
    return ".".join([print_name(first, _KEYWORDS_AS_VALUES), *(name.text for name in rest)])


def print_name(name: ast.Name, keywords: frozenset[str]) -> str:
    """The name, in back-ticks where it is one of `keywords` in any case."""
    return f"`{name.text}`" if name.text.upper() in keywords else name.text


def _print_arithmetic(arithmetic: ast.Arithmetic) -> str:
    is_sum = arithmetic.rest[0].operator in ADDITIVE
    rank = Rank.PRODUCT if is_sum else Rank.UNARY
    terms = [f" {term.operator.value} {_within(term.operand, rank)}" for term in arithmetic.rest]
    return _within(arithmetic.first, rank) + "".join(terms)


def _print_number(value: int | Decimal) -> str:
    """A Decimal keeps a point or an exponent, which is what makes it one."""
    text = str(value)
    return f"{text}.0" if isinstance(value, Decimal) and text.isdigit() else text


def _not(test: ast.Between | ast.In | ast.TextTest) -> str:
    return "NOT " if test.negated else ""


def _side(expression: ast.Expression) -> str:
    """A side of a predicate, or an argument that is a value."""
    return _within(expression, Rank.SUM)


def _within(expression: ast.Expression, least: Rank) -> str:
    """In parentheses where it binds less tightly than `least`."""
    printed = print_expression(expression)
    return printed if _rank(expression) >= least else f"({printed})"


def _rank(expression: ast.Expression) -> Rank:
    match expression:
        case ast.Or():
            return Rank.OR
        case ast.And():
            return Rank.AND
        case ast.Not():
            return Rank.NOT
        case ast.Comparison() | ast.Between() | ast.In() | ast.TextTest():
            return Rank.PREDICATE
        case ast.Arithmetic():
            return Rank.SUM if expression.rest[0].operator in ADDITIVE else Rank.PRODUCT
        case ast.Negation():
            return Rank.UNARY
        case _:
            return Rank.ATOM
