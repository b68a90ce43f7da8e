"""Drops from a document what binding has shown to say nothing: a REVERSE where there is only one direction."""

from collections.abc import Iterable
from dataclasses import replace

from seggql.query import ast


def without_reverse(document: ast.Document, redundant: Iterable[ast.Traverse]) -> ast.Document:
    """`document` with the REVERSE of each TRAVERSE in `redundant` left out."""
    places = {id(step) for step in redundant}
    if not places:
        return document
    parts = tuple(replace(part, set=_rewrite(part.set, places)) for part in document.parts)
    return replace(document, parts=parts, result=_rewrite(document.result, places))


def _rewrite(node: ast.Set, places: set[int]) -> ast.Set:
    match node:
        case ast.Grouped():
            return replace(node, set=_rewrite(node.set, places))
        case ast.SetOperation():
            rest = tuple(replace(operand, operand=_rewrite(operand.operand, places)) for operand in node.rest)
            return replace(node, first=_rewrite(node.first, places), rest=rest)
        case ast.Chain():
            source = _rewrite(node.source, places)
            assert not isinstance(source, ast.Chain), "rewriting keeps the kind of a node"
            steps = tuple(
                replace(step, reverse=False) if isinstance(step, ast.Traverse) and id(step) in places else step
                for step in node.steps
            )
            return replace(node, source=source, steps=steps)
        case _:
            return node
