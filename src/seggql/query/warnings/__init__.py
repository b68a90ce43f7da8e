"""Finds what is right by the rules and probably not meant, or slow; each kind of warning has a module of its own."""

from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.tree_walk import conditions_of, sets_in
from seggql.query.warnings.dates import warn_of_one_sided_tests
from seggql.query.warnings.groups import warn_of_empty_groups
from seggql.query.warnings.indexes import warn_of_full_reads
from seggql.query.warnings.order import warn_of_mixed_operators


def find_warnings(b: Binding, document: ast.Document, result: bound.BoundSet) -> None:
    """Notes every warning on a query without problems; what a part stands for is looked at once.

    Attributes that nobody has are noted where paths are resolved, in bind_paths.py.
    """
    warn_of_mixed_operators(b, document)
    for node in sets_in(result):
        for condition in conditions_of(node):
            warn_of_one_sided_tests(b, condition)
        if isinstance(node, bound.Interacted) and node.having is not None:
            warn_of_empty_groups(b, node.having)
        warn_of_full_reads(b, node)
