"""How to hold a pipeline to a universe: as lists of ordinals, or as a range, which MongoDB reads faster."""

from collections.abc import Iterator

from pyroaring import BitMap

from seggql.mongo.restriction import OrdinalList, OrdinalRange, Restriction

LIST_SIZE = 10_000
"""Ordinals in one `$in`: larger ones gained nothing (performance.md)."""

DENSE = 2
"""A range pays when it holds at most so many ordinals for each one wanted."""


def restrictions(universe: BitMap) -> Iterator[Restriction]:
    """Restrictions that together hold a pipeline to `universe`, or to little more."""
    if not universe:
        return
    if is_dense(universe) or universe.max() - universe.min() < len(universe):
        yield OrdinalRange(first=universe.min(), last=universe.max())
        return
    for start in range(0, len(universe), LIST_SIZE):
        yield OrdinalList(ordinals=list(universe[start : start + LIST_SIZE]))


def is_dense(universe: BitMap) -> bool:
    """Whether `universe` is best said as a range."""
    return len(universe) > LIST_SIZE and universe.max() - universe.min() < len(universe) * DENSE
