"""How a production of the grammar becomes a call of its method: with a span, and without keywords and brackets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lark import Token, v_args

from seggql.query.ast import Node
from seggql.query.source import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spanned(Generic[T]):
    """Something that is no node of its own, or a node within parentheses, and where it was written."""

    value: T
    span: Span


def _of_children(method: Callable[..., object], _production: str, children: list[object], _meta: object) -> object:
    values = []
    for child in children:
        if isinstance(child, Spanned):
            values.append(child.value)
        elif type(child) is not Token:
            values.append(child)
    return method(_span(children), *values)


def _of_tokens(method: Callable[..., object], _production: str, children: list[object], _meta: object) -> object:
    return method(_span(children), *(str(child) for child in children if isinstance(child, Token)))


def _span(children: list[object]) -> Span:
    """From the first child, which every production has, to the last that was written; optional ones may be None."""
    last = len(children) - 1
    while children[last] is None:
        last -= 1
    return Span(_place(children[0]).start, _place(children[last]).end)


def _place(child: object) -> Span:
    match child:
        case Token():
            return Span(child.start_pos or 0, child.end_pos or 0)
        case Node() | Spanned():
            return child.span
        case _:
            raise TypeError(f"{child!r} has no place in the text")


of_children = v_args(wrapper=_of_children)
"""Calls the method with (span, children…): nodes and values of Spanned, None for optional ones; tokens left out."""

of_tokens = v_args(wrapper=_of_tokens)
"""Calls the method with (span, texts…) of the tokens."""
