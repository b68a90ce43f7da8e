"""Hints with the nearest known name to one that is not known."""

from collections.abc import Iterable

from seggql.catalog.names import nearest_name


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, letters' case and underscores aside; None where none is close."""
    return nearest_name(name, candidates)


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint with the nearest candidate, or None where none is close."""
    found = nearest(name, candidates)
    return f"Did you mean {found}?" if found is not None else None
