"""Parts that several plans have in common, so that a run evaluates each of them once, and whole."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never

from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan


def shared_parts(plans: Iterable[Plan]) -> frozenset[Plan]:
    """The plans that stand in `plans` more than once, as a whole or inside; those that others hold are left out.

    Members are no work and never among them.
    """
    counts = Counter(part for plan in plans for part in _parts(plan))
    shared = {part for part, count in counts.items() if count > 1 and not isinstance(part, Members)}
    held = {inner for part in shared for inner in _parts(part) if inner is not part and counts[inner] == counts[part]}
    return frozenset(shared - held)


def parts_in(plan: Plan, shared: frozenset[Plan]) -> Iterator[Plan]:
    """Those of `shared` that stand in `plan`, inner ones first."""
    return (part for part in reversed(list(_parts(plan))) if part in shared)


def _parts(plan: Plan) -> Iterator[Plan]:
    """The plan and every plan inside it."""
    yield plan
    match plan:
        case Scan() | Aggregate() | Members():
            return
        case Hop():
            yield from _parts(plan.source)
        case Algebra():
            yield from _parts(plan.first)
            for step in plan.rest:
                yield from _parts(step.operand)
        case _:
            assert_never(plan)
