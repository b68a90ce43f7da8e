"""The members of a segment for a query that uses it."""

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import Hub
from seggql.store.members import read_members
from seggql.store.segment import Segment, SegmentState
from seggql.store.segments import find_segment_named


async def readable_members(hub: Hub, name: str) -> BitMap:
    """The members of the last complete generation; raises what readable_segment does."""
    return await read_members(hub, await readable_segment(hub, name))


async def readable_segment(hub: Hub, name: str) -> Segment:
    """The segment with a name, which has members.

    Raises: RequestError where the segment is gone, inactive, or was never refreshed: it is not read as empty.
    """
    segment = await find_segment_named(hub, name)
    if segment is None:
        raise RequestError(RequestCode.NOT_FOUND, f"The segment {name!r}, which the query uses, has been deleted.")
    if segment.state is SegmentState.INACTIVE:
        raise RequestError(
            RequestCode.NOT_ALLOWED,
            f"The segment {name!r}, which the query uses, is inactive: it has no members. Activate it first.",
        )
    if not segment.is_readable:
        raise RequestError(
            RequestCode.NOT_ALLOWED,
            f"The segment {name!r}, which the query uses, was never refreshed. Refresh it first, or both together.",
        )
    return segment
