"""The order of a run: segments before those that use them, and what belongs together side by side."""

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter


def in_dependency_order(depends_on: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The names, grouped so that no group needs another, and each group ordered so that a name follows what it needs.

    Names outside the mapping are left out. There are no cycles: they are refused when a query is saved.
    """
    inside = {name: [other for other in others if other in depends_on] for name, others in depends_on.items()}
    group_of: dict[str, list[str]] = {}
    for name in TopologicalSorter(inside).static_order():
        merged = {id(group_of[other]): group_of[other] for other in inside[name]}
        group = [member for group in merged.values() for member in group] + [name]
        group_of |= dict.fromkeys(group, group)
    return list({id(group): group for group in group_of.values()}.values())


def path_between(start: str, goal: str, depends_on: Mapping[str, Collection[str]]) -> list[str] | None:
    """Names from `start` to `goal`, each using the next; None where `start` does not come to use `goal`."""
    reached_from: dict[str, str | None] = {start: None}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return _back(name, reached_from)[::-1]
        for other in depends_on.get(name, ()):
            if other not in reached_from:
                reached_from[other] = name
                waiting.append(other)
    return None


def _back(name: str | None, reached_from: Mapping[str, str | None]) -> list[str]:
    path = []
    while name is not None:
        path.append(name)
        name = reached_from[name]
    return path
