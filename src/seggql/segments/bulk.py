"""Actions on several segments, each with a result of its own: what can be done is done, the rest is told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import find_segments
from seggql.store.transaction import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """The segments for which the action was done, in the order they were named, and why it was not for the others."""

    segments: tuple[Segment, ...]
    refusals: tuple[RequestError, ...] = ()


Asked = SegmentId | RequestError
"""What a request names: a segment, or why what stands there is none."""


@dataclass(slots=True, kw_only=True)
class Named:
    """The segments that a request names, some perhaps twice; what is not there is refused, by its place, already."""

    asked: tuple[Asked, ...]
    found: dict[SegmentId, Segment]
    refused: dict[int, RequestError] = field(default_factory=dict)

    @property
    def left(self) -> list[Segment]:
        """Those that nothing was found against so far, each once."""
        places = ((self.asked.index(id_), id_) for id_ in dict.fromkeys(_ids(self.asked)))
        return [self.found[id_] for place, id_ in places if place not in self.refused]

    def refuse(self, asked: Asked, error: RequestError) -> None:
        """Leave one out; the error is told at its place in the request."""
        place = self.asked.index(asked)
        self.refused[place] = RequestError(RequestCode(error.code), str(error), field=("ids", str(place)))

    def hold(self, check: Callable[[Segment], None]) -> None:
        """Leave out the segments that `check` refuses with a RequestError."""
        for segment in self.left:
            try:
                check(segment)
            except RequestError as error:
                self.refuse(segment.id, error)

    def outcome(self, done: Iterable[Segment]) -> Bulk:
        """What became of all."""
        return Bulk(segments=tuple(done), refusals=tuple(self.refused[place] for place in sorted(self.refused)))


async def find_named(hub: Hub, asked: Sequence[Asked], session: Session | None = None) -> Named:
    """The segments that are asked for; with `session`, as they are in the caller's transaction."""
    named = Named(asked=tuple(asked), found=await find_segments(hub, set(_ids(asked)), session))
    for one in dict.fromkeys(asked):
        if isinstance(one, RequestError):
            named.refuse(one, one)
        elif one not in named.found:
            named.refuse(one, RequestError(RequestCode.NOT_FOUND, f"There is no segment with the id {one!r}."))
    return named


def _ids(asked: Iterable[Asked]) -> Iterator[SegmentId]:
    return (one for one in asked if not isinstance(one, RequestError))
