"""What segments depend on: no cycles, nothing that is used is deleted."""

from collections.abc import Mapping, Sequence

from seggql.errors import RequestCode, RequestError
from seggql.segments.ordering import path_between
from seggql.store.exports import find_exports, of_segments
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentId, SegmentUsage
from seggql.store.segments import find_dependants, guard_dependencies, summarize_segments
from seggql.store.transaction import Session

EXPORT = "EXPORT"
"""The kind of usages that exports are; others are registered."""


async def check_dependencies(hub: Hub, name: str, depends_on: Sequence[str], session: Session) -> None:
    """Hold what a segment is about to depend on against all segments as they are in this transaction.

    The binder has looked already; this keeps two people from making a cycle together.
    Raises: RequestError (CYCLE, NOT_FOUND).
    """
    if not depends_on:
        return
    await guard_dependencies(hub, session)
    summaries = await summarize_segments(hub, session)
    if gone := next((other for other in depends_on if other not in summaries), None):
        raise RequestError(RequestCode.NOT_FOUND, f"The segment {gone!r} has just been deleted.", field=("query",))
    graph = {other: summary.depends_on for other, summary in summaries.items()} | {name: tuple(depends_on)}
    for other in depends_on:
        if path := path_between(other, name, graph):
            way = " → ".join([name, *path])
            raise RequestError(RequestCode.CYCLE, f"The segment would depend on itself: {way}.", field=("query",))


async def users_of(hub: Hub, segments: Sequence[Segment], session: Session) -> dict[SegmentId, list[str]]:
    """Who would miss the segments, in words: other segments, exports, and those registered as using them now."""
    names: Mapping[str, SegmentId] = {segment.name: segment.id for segment in segments}
    users: dict[SegmentId, list[str]] = {segment.id: [] for segment in segments}
    for dependant in await find_dependants(hub, names, session):
        if dependant.id not in users:
            for name in dependant.depends_on:
                if name in names:
                    users[names[name]].append(f"segment {dependant.name}")
    for segment_id, usages in (await usages_of(hub, segments, session)).items():
        users[segment_id] += [_told(usage) for usage in usages if usage.is_active or usage.kind == EXPORT]
    return users


async def refuse_edit_in_use(hub: Hub, segment: Segment) -> None:
    """Raises: RequestError (IN_USE) where scheduled exports or campaigns count on what its query says."""
    usages = (await usages_of(hub, [segment]))[segment.id]
    if users := [_told(usage) for usage in usages if usage.is_active]:
        message = (
            f"The query of {segment.name!r} cannot be changed while it is used by {', '.join(users)}. Release it there "
            "first, or duplicate the segment and use the copy."
        )
        raise RequestError(RequestCode.IN_USE, message, field=("query",))


async def usages_of(
    hub: Hub, segments: Sequence[Segment], session: Session | None = None
) -> dict[SegmentId, list[SegmentUsage]]:
    """The registered usages of segments, and the exports that carry them, active where they are scheduled."""
    usages = {segment.id: list(segment.usages) for segment in segments}
    for export in await find_exports(of_segments([str(segment.id) for segment in segments]), session):
        for segment_id in export.segment_ids:
            if segment_id in usages:
                usage = SegmentUsage(kind=EXPORT, name=export.name, is_active=export.is_scheduled)
                usages[SegmentId(segment_id)].append(usage)
    return usages


def _told(usage: SegmentUsage) -> str:
    return f"{usage.kind.lower()} {usage.name}"
