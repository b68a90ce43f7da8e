"""Finds what is right by the rules and probably not meant, or slow."""

from seggql.query import ast, bound
from seggql.query.binding import Binding


def find_warnings(b: Binding, document: ast.Document, result: bound.BoundSet) -> None:
    """Notes every warning on a query without problems."""
