"""Which columns queries read, by collection: what is worth packing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import assert_never

from seggql.query.bound import (
    BoundSet,
    Combined,
    Condition,
    Everyone,
    Filtered,
    Interacted,
    MembersOf,
    Traversed,
)
from seggql.query.needs import paths_read
from seggql.query.planning.negation import when_true
from seggql.store.collections import interactions_collection, profiles_collection, relationships_collection

Needs = Mapping[str, frozenset[str]]
"""The paths of columns by the collection of their records."""


def needs_of(sets: Iterable[BoundSet]) -> Needs:
    """What the sets read of profiles, interactions and edges, whatever the plan that is made of them."""
    needs: dict[str, set[str]] = defaultdict(set)
    waiting = list(sets)
    while waiting:
        match waiting.pop():
            case MembersOf():
                pass
            case Everyone(profile_type=profile_type):
                needs[profiles_collection(profile_type)].add("_id")
            case Filtered() as filtered:
                needs[profiles_collection(filtered.profile_type)] |= {"_id", *_paths(filtered.condition)}
                waiting.append(filtered.source)
            case Interacted() as interacted:
                own = _paths(interacted.condition) | _paths(interacted.having)
                needs[interactions_collection(interacted.interaction)] |= {"t", f"l.{interacted.link}", *own}
            case Traversed() as traversed:
                needs[relationships_collection(traversed.relationship)] |= {"f", "t", *_paths(traversed.condition)}
                waiting.append(traversed.source)
            case Combined() as combined:
                waiting += [combined.first, *(each.operand for each in combined.rest)]
            case other:
                assert_never(other)
    return {collection: frozenset(paths) for collection, paths in needs.items()}


def united(needs: Iterable[Needs]) -> Needs:
    """What any of `needs` has."""
    together: dict[str, frozenset[str]] = {}
    for each in needs:
        for collection, paths in each.items():
            together[collection] = together.get(collection, frozenset()) | paths
    return together


def _paths(condition: Condition | None) -> frozenset[str]:
    return paths_read(when_true(condition)) if condition is not None else frozenset()
