"""A small world in plain Python: what the reference interpreter reads and what the tests put into MongoDB."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = Mapping[str, object]
"""Attributes as plain values: bool, int, float, Decimal, str, datetime, lists, dicts, and None for a stored null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile of the world."""

    ordinal: int
    key: str
    attributes: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """An interaction of the world; `links` are ordinals by the link's name."""

    timestamp: datetime
    links: Mapping[str, int]
    attributes: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge of the world, from ordinal to ordinal; either may no longer be there."""

    source: int
    target: int
    attributes: Row


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class World:
    """Everything that a query can see, by the names of types; `segments` are the members of segments."""

    profiles: Mapping[str, list[Profile]] = field(default_factory=dict)
    interactions: Mapping[str, list[Interaction]] = field(default_factory=dict)
    edges: Mapping[str, list[Edge]] = field(default_factory=dict)
    segments: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Short: a failing test names the query, and the world is always the same."""
        return "World(…)"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same for Hypothesis, which has a printer of its own for dataclasses."""
        printer.text(repr(self))
