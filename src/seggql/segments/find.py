"""The segments that a request names, or why they cannot be had."""

from collections.abc import Sequence

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import find_segments


async def require_segment(hub: Hub, segment: SegmentId) -> Segment:
    """The segment. Raises: RequestError (NOT_FOUND)."""
    return (await require_segments(hub, [segment], field="id"))[0]


async def require_segments(hub: Hub, ids: Sequence[SegmentId], *, field: str = "ids") -> list[Segment]:
    """The segments, each once, in the order of `ids`. Raises: RequestError (NOT_FOUND) where one is not there."""
    wanted = list(dict.fromkeys(ids))
    found = await find_segments(hub, wanted)
    if missing := [segment for segment in wanted if segment not in found]:
        raise RequestError(RequestCode.NOT_FOUND, f"There is no segment with the id {missing[0]!r}.", field=(field,))
    return [found[segment] for segment in wanted]


def refuse_locked(segment: Segment) -> None:
    """Raises: RequestError (LOCKED)."""
    if segment.is_locked:
        message = f"The segment {segment.name!r} is read-only. Duplicate it, and change the copy."
        raise RequestError(RequestCode.LOCKED, message, field=("id",))
