"""Lists of segments: searched, filtered, ordered, and read a page at a time in either direction."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from seggql.store.hub import Document, Hub
from seggql.store.segment import Segment, SegmentKind, SegmentState
from seggql.store.segment_document import segment_value

COLLECTION = "segments"


class SegmentSort(Enum):
    """What a list can be ordered by; the value is the field, which is never null."""

    NAME = "name"
    MEMBER_COUNT = "order.members"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    LAST_REFRESHED_AT = "order.refreshed"
    COST = "order.cost_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFilter:
    """Which segments a list shows; None takes all, and of `states` and `kinds` the empty tuple takes none.

    `search` is looked for in names and display names, in any case; `tags` must all be there; `uses` is the name of a
    segment that the query refers to.
    """

    search: str | None = None
    tags: tuple[str, ...] = ()
    states: tuple[SegmentState, ...] | None = None
    kinds: tuple[SegmentKind, ...] | None = None
    profile_type: str | None = None
    uses: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOrder:
    """The order of a list; segments that are equal in it stand by age."""

    by: SegmentSort = SegmentSort.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPosition:
    """A place in an ordered list: the key of its segment, and its id."""

    key: str | int | datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSegment:
    """A segment and its place in the list."""

    segment: Segment
    position: SegmentPosition


async def page_of_segments(
    hub: Hub,
    which: SegmentFilter,
    order: SegmentOrder,
    limit: int,
    *,
    after: SegmentPosition | None = None,
    before: SegmentPosition | None = None,
    backward: bool = False,
) -> list[PlacedSegment]:
    """At most `limit` segments between two places, in order: the first of them, or with `backward` the last."""
    conditions = [_query(which)]
    if after:
        conditions.append(_beyond(order.by, after, "$lt" if order.descending else "$gt"))
    if before:
        conditions.append(_beyond(order.by, before, "$gt" if order.descending else "$lt"))
    direction = -1 if order.descending != backward else 1
    cursor = (
        hub.collection(COLLECTION)
        .find({"$and": conditions})
        .sort([(order.by.value, direction), ("_id", direction)])
        .limit(limit)
    )
    placed = [_placed(stored, order.by) for stored in await cursor.to_list()]
    return placed[::-1] if backward else placed


async def count_segments(hub: Hub, which: SegmentFilter) -> int:
    """How many segments the filter lets through."""
    return await hub.collection(COLLECTION).count_documents(_query(which))


def _query(which: SegmentFilter) -> Document:
    query: Document = {}
    if which.search:
        # No regular expression, so that nothing in the text can mean anything but itself.
        place = {"$indexOfCP": ["$folded", {"$literal": which.search.casefold()}]}
        query["$expr"] = {"$gte": [place, 0]}
    if which.tags:
        query["tags"] = {"$all": list(which.tags)}
    if which.states is not None:
        query["state"] = {"$in": [state.value for state in which.states]}
    if which.kinds is not None:
        query["kind"] = {"$in": [kind.value for kind in which.kinds]}
    if which.profile_type is not None:
        query["profile_type"] = which.profile_type
    if which.uses is not None:
        query["depends_on"] = which.uses
    return query


def _beyond(by: SegmentSort, position: SegmentPosition, operator: str) -> Document:
    return {
        "$or": [
            {by.value: {operator: position.key}},
            {by.value: position.key, "_id": {operator: position.id}},
        ]
    }


def _placed(stored: Document, by: SegmentSort) -> PlacedSegment:
    key = stored
    for name in by.value.split("."):
        key = key[name]
    assert isinstance(key, str | int | datetime)
    return PlacedSegment(segment=segment_value(stored), position=SegmentPosition(key=key, id=stored["_id"]))
