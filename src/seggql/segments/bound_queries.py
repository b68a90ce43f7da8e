"""The meanings of segments' queries, kept while the catalog and what the segments depend on stay the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from seggql.catalog.model import Catalog
from seggql.query.bound import BoundQuery
from seggql.query.clock import depends_on_clock, leaps_at_midnight, moves_evenly
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.scope import Scope, SegmentReference

T = TypeVar("T")

KEPT = 4_096
"""Queries whose meaning is kept; some 20 KB each."""


@dataclass(frozen=True, slots=True)
class Same(Generic[T]):
    """A value that is equal to itself alone; the catalog is read into one object as long as it does not change."""

    value: T

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A bound query, whether the clock alone can change whom it finds, and whether it does no more than move bounds:
    evenly, but for those that leap at midnight."""

    query: BoundQuery
    is_clocked: bool
    moves_evenly: bool
    leaps_at_midnight: bool


def known_segments(segments: Mapping[str, SegmentReference]) -> Same[Mapping[str, SegmentReference]]:
    """`segments` by name; the same object for equal ones."""
    return _known(frozenset(segments.values()))


@lru_cache(maxsize=KEPT)
def meaning(
    text: str,
    output_type: str,
    segment_name: str,
    catalog: Same[Catalog],
    segments: Same[Mapping[str, SegmentReference]],
    limits: Limits,
) -> Meaning:
    """What the query of a segment means; warnings that depend on the data are left out.

    Raises: QueryError.
    """
    scope = Scope(catalog=catalog.value, segments=segments.value, output_type=output_type, segment_name=segment_name)
    query = compile_query(text, scope, limits)
    return Meaning(
        query=query,
        is_clocked=depends_on_clock(query),
        moves_evenly=moves_evenly(query),
        leaps_at_midnight=leaps_at_midnight(query),
    )


@lru_cache(maxsize=8)
def _known(segments: frozenset[SegmentReference]) -> Same[Mapping[str, SegmentReference]]:
    return Same({reference.name: reference for reference in segments})
