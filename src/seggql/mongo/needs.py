"""Which fields a pipeline hands over: those that predicates read, and no others."""

from seggql.query.needs import paths_read
from seggql.query.paths import outermost
from seggql.query.predicate import Predicate


def projection(*predicates: Predicate | None) -> dict[str, int]:
    """The paths of the document that `predicates` read, to be projected; none lies within another."""
    return dict.fromkeys(outermost(paths_read(*predicates)), 1)
