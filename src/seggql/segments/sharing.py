"""Parts that several plans have in common, so that a run evaluates each of them once, and whole."""

from collections import Counter
from collections.abc import Iterable, Iterator

from seggql.query.plan import Members, Plan, parts_of


def shared_parts(plans: Iterable[Plan]) -> frozenset[Plan]:
    """The plans that stand in `plans` more than once, as a whole or inside; those that others hold are left out.

    Members are no work and never among them.
    """
    counts = Counter(part for plan in plans for part in parts_of(plan))
    shared = {part for part, count in counts.items() if count > 1 and not isinstance(part, Members)}
    held = {inner for part in shared for inner in parts_of(part) if inner is not part and counts[inner] == counts[part]}
    return frozenset(shared - held)


def parts_in(plan: Plan, shared: frozenset[Plan]) -> Iterator[Plan]:
    """Those of `shared` that stand in `plan`, inner ones first."""
    return (part for part in reversed(list(parts_of(plan))) if part in shared)
