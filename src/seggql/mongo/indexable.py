"""Which parts of a predicate an index can serve."""

from seggql.mongo.leaf import field_and_operators
from seggql.query.ast import TextOperator
from seggql.query.bound import Field
from seggql.query.paths import path_of
from seggql.query.planning.connectives import all_of
from seggql.query.predicate import AllOf, AnyOf, Compares, HasText, IsOneOf, IsPresent, Predicate


def indexable_parts(predicate: Predicate) -> dict[str, Predicate]:
    """By the path of an attribute: what `predicate` demands of it alone, as an interval or two of its index."""
    parts: dict[str, list[Predicate]] = {}
    for part in predicate.predicates if isinstance(predicate, AllOf) else (predicate,):
        path = _indexable_path(part)
        if path is not None:
            parts.setdefault(path, []).append(part)
    return {path: all_of(demands) for path, demands in parts.items()}


def indexable_alternatives(predicate: Predicate) -> list[list[dict[str, Predicate]]]:
    """The same of each alternative, for each OR that `predicate` demands."""
    parts = predicate.predicates if isinstance(predicate, AllOf) else (predicate,)
    return [[indexable_parts(one) for one in part.predicates] for part in parts if isinstance(part, AnyOf)]


def _indexable_path(part: Predicate) -> str | None:
    match part:
        case Compares() | IsOneOf() | IsPresent(negated=False):
            pass
        case HasText(operator=TextOperator.STARTSWITH, negated=False, ignores_case=False):
            pass
        case _:
            return None
    leaf = field_and_operators(part)
    if leaf is None or not isinstance(leaf[0], Field) or leaf[0].depth or leaf[0].is_array:
        return None
    return path_of(leaf[0])
