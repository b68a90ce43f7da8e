"""Gathers interactions from many frames for groups by several links and conditions, and keeps no more than those need.

gathering = Gathering([Groupings(link="l.By", predicate=…, requests=(GroupRequest(…), …)), …])
for frame in frames:
    gathering.add(frame)
gathering.found() -> [[bitmap of each request, …] of each of the Groupings, …]
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from seggql.columns.frame import Frame
from seggql.columns.groups import GroupRequest, fields_grouped, ordinals_found
from seggql.columns.interactions import Interactions
from seggql.columns.masks import Conditions
from seggql.query.plan import spanned
from seggql.query.predicate import Always, Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Groupings:
    """Requests over the interactions that have a link (its path) and for which `predicate` is true."""

    link: str
    predicate: Predicate
    requests: tuple[GroupRequest, ...]


class Gathering:
    """What of the frames so far the groups are made of."""

    def __init__(self, groupings: Sequence[Groupings]) -> None:
        self._groupings = tuple(groupings)
        self._conditions = Conditions.of(one.predicate for one in groupings)
        self._fields = [fields_grouped(request.having for request in one.requests) for one in groupings]
        self._needed = [spanned([request.interval for request in one.requests]) for one in groupings]
        self._is_timed = [any(request.interval for request in one.requests) for one in groupings]
        self._pieces: list[list[Interactions]] = [[] for _ in groupings]
        self._rows = 0

    @property
    def rows(self) -> int:
        """How many interactions were kept, each once for every one of the groupings that needs it."""
        return self._rows

    def crowded(self, link: str, share: float) -> list[int]:
        """The ordinals at `link` that have more than this share of the interactions that are kept."""
        kept = zip(self._groupings, self._pieces, strict=True)
        pieces = [piece.ordinals for grouping, pieces in kept if grouping.link == link for piece in pieces]
        if not pieces:
            return []
        ordinals, counts = np.unique(np.concatenate(pieces), return_counts=True)
        return [int(one) for one in ordinals[counts > share * self.rows]]

    def add(self, frame: Frame) -> None:
        """Keep what the groups need of `frame`."""
        masks = self._conditions.masks(frame)
        for place, (grouping, mask) in enumerate(zip(self._groupings, masks, strict=True)):
            kept = None if isinstance(grouping.predicate, Always) else mask
            fields, is_timed = self._fields[place], self._is_timed[place]
            piece = Interactions.of(frame, kept, grouping.link, fields, is_timed=is_timed)
            piece = piece.within(piece.stretch(self._needed[place]))
            if piece.rows:
                self._pieces[place].append(piece)
                self._rows += piece.rows

    def found(self) -> list[list[BitMap]]:
        """For each of the groupings what its requests find; what was gathered is gone then."""
        return [self._found(place) for place in range(len(self._groupings))]

    def _found(self, place: int) -> list[BitMap]:
        requests, pieces = self._groupings[place].requests, self._pieces[place]
        if not pieces:
            return [BitMap() for _ in requests]
        interactions = Interactions.joined(pieces)
        pieces.clear()
        return ordinals_found(requests, interactions)
