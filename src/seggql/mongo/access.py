"""What is asked of the collections in order to choose how to read them."""

from collections.abc import Iterable
from typing import Any

from seggql.mongo.match import match
from seggql.mongo.pipeline import Hint, Pipeline
from seggql.mongo.restriction import match_stage
from seggql.query.predicate import EveryItem, IsEmpty, IsPresent, Never, Predicate, SomeItem


def render_share(collection: str, condition: dict[str, Any], hint: Hint | None, limit: int) -> Pipeline:
    """A pipeline that counts, up to `limit`, what an index says fulfils `condition`, in `n`; of none it yields none."""
    stages = (*match_stage([condition]), {"$limit": limit}, {"$count": "n"})
    return Pipeline(collection=collection, stages=stages, hint=hint)


def render_sample(collection: str, size: int, paths: Iterable[str]) -> Pipeline:
    """A pipeline that yields `size` documents at random, with the fields at `paths`, none of which lies in another."""
    stages = ({"$sample": {"size": size}}, {"$project": {"_id": 1, **dict.fromkeys(paths, 1)}})
    return Pipeline(collection=collection, stages=stages)


def condition_of(predicate: Predicate) -> dict[str, Any]:
    """`predicate` in match language."""
    return match(predicate)


def is_covered_by(predicate: Predicate, paths: frozenset[str], read: frozenset[str]) -> bool:
    """Whether an index over `paths` decides `predicate`, which reads `read`, without a look at the documents.

    Arrays and tests for missing values need the document: an index has one entry an item, and null for both.
    """
    return read <= paths and not _needs_document(predicate)


def _needs_document(predicate: Predicate) -> bool:
    match predicate:
        case SomeItem() | EveryItem() | IsEmpty() | Never():
            return True
        case IsPresent():
            return True
        case _:
            return any(_needs_document(part) for part in getattr(predicate, "predicates", ()))
