"""Which fields a pipeline hands over: those that predicates read, and no others."""

from seggql.query.needs import paths_read
from seggql.query.predicate import Predicate


def projection(*predicates: Predicate | None) -> dict[str, int]:
    """The paths of the document that `predicates` read, to be projected; none lies within another."""
    kept: list[str] = []
    for path in sorted(paths_read(*predicates)):
        if not any(path.startswith(f"{whole}.") for whole in kept):
            kept.append(path)
    return dict.fromkeys(kept, 1)
