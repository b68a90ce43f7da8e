"""Actions on several segments, each with a result of its own: what can be done is done, the rest is told."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import find_segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """The segments for which the action was done, in the order they were named, and why it was not for the others."""

    segments: tuple[Segment, ...]
    refusals: tuple[RequestError, ...] = ()


@dataclass(slots=True, kw_only=True)
class Named:
    """The segments that a request names, each once; those that are not there are refused already."""

    ids: tuple[SegmentId, ...]
    found: dict[SegmentId, Segment]
    refused: dict[SegmentId, RequestError] = field(default_factory=dict)

    @property
    def left(self) -> list[Segment]:
        """Those that nothing was found against so far."""
        return [self.found[id_] for id_ in self.ids if id_ in self.found and id_ not in self.refused]

    def refuse(self, segment: SegmentId, error: RequestError) -> None:
        """Leave one out; the error is told at its place in the request."""
        place = ("ids", str(self.ids.index(segment)))
        self.refused[segment] = RequestError(RequestCode(error.code), str(error), field=place)

    def hold(self, check: Callable[[Segment], None]) -> None:
        """Leave out the segments that `check` refuses with a RequestError."""
        for segment in self.left:
            try:
                check(segment)
            except RequestError as error:
                self.refuse(segment.id, error)

    def outcome(self, done: Iterable[Segment]) -> Bulk:
        """What became of all."""
        return Bulk(segments=tuple(done), refusals=tuple(self.refused[id_] for id_ in self.ids if id_ in self.refused))


async def find_named(hub: Hub, ids: Sequence[SegmentId]) -> Named:
    """The segments with these ids."""
    distinct = tuple(dict.fromkeys(ids))
    named = Named(ids=distinct, found=await find_segments(hub, distinct))
    for id_ in distinct:
        if id_ not in named.found:
            named.refuse(id_, RequestError(RequestCode.NOT_FOUND, f"There is no segment with the id {id_!r}."))
    return named
