"""Finding segments: one by id or name, or a list that is searched, filtered, ordered and paged both ways."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from seggql.errors import RequestCode, RequestError
from seggql.graphql.context import Info
from seggql.graphql.ids import from_global_id
from seggql.graphql.noun import Noun
from seggql.graphql.pages import (
    After,
    Connection,
    Edge,
    First,
    Position,
    allowed,
    connection_of,
    decode_cursor,
    encode_cursor,
    is_given,
    page_size,
)
from seggql.graphql.segments.segment import KIND, Segment, read_segment, segment_node, segments_by_name
from seggql.store import segment_pages as store
from seggql.store.segment import SegmentKind, SegmentState
from seggql.store.segment_pages import PlacedSegment, SegmentPosition, SegmentSort

strawberry.enum(SegmentSort, description="What a list of segments is ordered by.")


@strawberry.input(description="Which segments a list shows; what is left out takes all.")
class SegmentFilter:
    """The GraphQL form of `store.segment_pages.SegmentFilter`."""

    search: str | None = strawberry.field(default=None, description="Part of a name or display name, in any case.")
    tags: list[str] | None = strawberry.field(default=None, description="Tags that each of them has, all of these.")
    states: list[SegmentState] | None = strawberry.field(
        default=None, description="In one of these states; of an empty list none, of null all."
    )
    kinds: list[SegmentKind] | None = strawberry.field(default=None, description="Of one of these kinds, as `states`.")
    profile_type: str | None = strawberry.field(default=None, description="Of this profile type, by name.")
    uses: str | None = strawberry.field(default=None, description="Whose query uses this segment, by name.")


@strawberry.input(description="The order of a list of segments.")
class SegmentOrder:
    """The GraphQL form of `store.segment_pages.SegmentOrder`."""

    by: SegmentSort = strawberry.field(description="What to order by.")
    descending: bool | None = strawberry.field(default=False, description="Greatest first.")


@strawberry.type
class SegmentQuery:
    """Segments."""

    @strawberry.field(description="A segment by its id or else its name; null where there is none.")
    async def segment(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")] = None,
        name: Annotated[str | None, strawberry.argument(description="Its name.")] = None,
    ) -> Segment | None:
        if (id is None) == (name is None):
            raise RequestError(RequestCode.INVALID, "Give either the id or the name of the segment.", field=("id",))
        if id is not None:
            return await read_segment(info.context, from_global_id(id, KIND))
        return await info.context.loaders.of(segments_by_name).load(name or "")

    @strawberry.field(description="Segments, by name unless `orderBy` says otherwise.")
    async def segments(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        last: Annotated[
            int | None,
            strawberry.argument(description="How many from the end, instead of `first`; from 1 to 1,000. Not both."),
        ] = None,
        before: Annotated[str | None, strawberry.argument(description="Cursor that the page ends before.")] = None,
        filter: Annotated[SegmentFilter | None, strawberry.argument(description="Which of them.")] = None,
        order_by: Annotated[SegmentOrder | None, strawberry.argument(description="In what order.")] = None,
    ) -> Connection[Segment]:
        order = (
            store.SegmentOrder(by=order_by.by, descending=bool(order_by.descending))
            if order_by
            else store.SegmentOrder()
        )
        list_name = f"segments:{order.by.name}"
        backward = last is not None
        if backward and is_given(info, "first"):
            message = "Give `first` or `last`, not both: a page is read from the beginning or from the end."
            raise RequestError(RequestCode.INVALID, message, field=("last",))
        size = page_size(last, field="last") if backward else page_size(first, 50)
        which = _filter(filter or SegmentFilter())
        placed = await store.page_of_segments(
            info.context.hub,
            which,
            order,
            size + 1,
            after=_position(list_name, order.by, after, "after"),
            before=_position(list_name, order.by, before, "before"),
            backward=backward,
        )
        has_more = len(placed) > size
        shown = placed[1:] if backward and has_more else placed[:size]
        return connection_of(
            [_edge(list_name, row) for row in shown],
            has_next=before is not None if backward else has_more,
            has_previous=has_more if backward else after is not None,
            count=lambda: store.count_segments(info.context.hub, which),
        )


def _filter(wanted: SegmentFilter) -> store.SegmentFilter:
    return store.SegmentFilter(
        search=wanted.search,
        tags=tuple(wanted.tags or ()),
        states=allowed(wanted.states),
        kinds=allowed(wanted.kinds),
        profile_type=wanted.profile_type,
        uses=wanted.uses,
    )


def _edge(list_name: str, row: PlacedSegment) -> Edge[Segment]:
    key = row.position.key
    milliseconds = round(key.timestamp() * 1000) if isinstance(key, datetime) else key
    return Edge(cursor=encode_cursor(list_name, [milliseconds, row.position.id]), node=segment_node(row.segment))


def _position(list_name: str, by: SegmentSort, cursor: str | None, field: str) -> SegmentPosition | None:
    """The place that a cursor points to. Raises: RequestError (INVALID) for a cursor of another list or order."""
    if cursor is None:
        return None
    match by, decode_cursor(list_name, cursor, list, field=field):
        case SegmentSort.NAME, [str() as key, str() as id]:
            return SegmentPosition(key=key, id=id)
        case SegmentSort.MEMBER_COUNT | SegmentSort.COST, [int() as key, str() as id]:
            return SegmentPosition(key=key, id=id)
        case SegmentSort.CREATED_AT | SegmentSort.UPDATED_AT | SegmentSort.LAST_REFRESHED_AT, [
            int() as ms,
            str() as id,
        ]:
            return SegmentPosition(key=_instant(ms, field), id=id)
        case _:
            message = "This is not a cursor of this list. Give one as it was read, or leave it out."
            raise RequestError(RequestCode.INVALID, message, field=(field,))


def _instant(milliseconds: Position, field: str) -> datetime:
    assert isinstance(milliseconds, int)
    try:
        seconds, rest = divmod(milliseconds, 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
    except (ValueError, OverflowError, OSError):
        raise RequestError(RequestCode.INVALID, "This is not a cursor of this list.", field=(field,)) from None


NOUN = Noun(query=SegmentQuery, nodes={KIND: read_segment})
