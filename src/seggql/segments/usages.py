"""Usages: what says that it uses a segment keeps the segment from being deleted."""

from seggql.errors import RequestCode, RequestError
from seggql.segments.dependencies import EXPORT
from seggql.segments.find import require_segment
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentId, SegmentUsage
from seggql.store.segments import add_usage, remove_usage

MAX_TEXT = 1_000
"""Longest kind or name, in characters."""

MAX_USAGES = 1_000
"""Most of one segment, which holds them in one document."""


async def register_usage(hub: Hub, segment: SegmentId, usage: SegmentUsage) -> Segment:
    """Note that a campaign or the like uses the segment; registered again, it replaces what was said before.

    Raises: RequestError (NOT_FOUND, INVALID, LIMIT_REACHED).
    """
    for field, text in (("kind", usage.kind), ("name", usage.name)):
        if not 1 <= len(text.strip()) <= MAX_TEXT:
            message = f"The {field} of a usage must have from 1 to {MAX_TEXT:,} characters."
            raise RequestError(RequestCode.INVALID, message, field=(field,))
    if usage.kind == EXPORT:
        message = (
            f"Exports say by themselves what they use; a usage that is registered is of another kind than {EXPORT}."
        )
        raise RequestError(RequestCode.INVALID, message, field=("kind",))
    found = await require_segment(hub, segment)
    others = [other for other in found.usages if (other.kind, other.name) != (usage.kind, usage.name)]
    if len(others) >= MAX_USAGES:
        message = f"{len(others):,} usages of {found.name!r} are registered, and {MAX_USAGES:,} may be: release some."
        raise RequestError(RequestCode.LIMIT_REACHED, message, field=("segmentId",))
    return await add_usage(hub, segment, usage) or await require_segment(hub, segment)


async def release_usage(hub: Hub, segment: SegmentId, kind: str, name: str) -> Segment:
    """Note that it does so no longer; nothing where it never did. Raises: RequestError (NOT_FOUND)."""
    return await remove_usage(hub, segment, kind, name) or await require_segment(hub, segment)
