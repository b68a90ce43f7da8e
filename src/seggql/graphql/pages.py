"""Pages of lists: sizes, cursors and connections.

A resolver of a list reads one row more than it shows, and lets `connection` do the rest:

    async def members(self, info: Info, first: First = 100, after: After = None) -> Connection[Profile]:
        size = page_size(first)
        start = decode_cursor(f"members:{self.name}", after, int) if after else None
        rows = await read_members(info.context.hub, self.name, after=start, limit=size + 1)
        return connection(f"members:{self.name}", rows, size, after=after, position=lambda row: row.ordinal,
                          node=profile_node, count=lambda: count_members(info.context.hub, self.name))
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry
from graphql import Undefined, value_from_ast_untyped

from seggql.errors import RequestCode, RequestError
from seggql.graphql.context import Info
from seggql.graphql.page_info import PageInfo

MAX_PAGE_SIZE = 1_000
"""Longest page; a thousand objects with their fields already cost a second. Members in bulk are streamed instead."""

First = Annotated[int | None, strawberry.argument(description="How many, from 1 to 1,000; null is as if left out.")]
After = Annotated[str | None, strawberry.argument(description="Cursor that the page begins after.")]

Position = str | int | float | bool | None | list["Position"]
"""Where a cursor points: the sort key of its row, as JSON."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""`json.dumps` makes an encoder for every call; a page has a cursor for every row."""

NodeT = TypeVar("NodeT")
Row = TypeVar("Row")
T = TypeVar("T")
P = TypeVar("P", int, str, list[Position])


@strawberry.type(description="An object in a list, with its place.")
class Edge(Generic[NodeT]):
    """One object of a page; `Edge[Segment]` is called SegmentEdge in the schema."""

    cursor: str = strawberry.field(description="The place in the list; opaque, and good for this list alone.")
    node: NodeT = strawberry.field(description="The object.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    """A page; `Connection[Segment]` is called SegmentConnection in the schema."""

    edges: list[Edge[NodeT]] = strawberry.field(description="The objects of this page, with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in its list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The objects of this page.")
    def nodes(self) -> list[NodeT]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="Length of the whole list; counted only when it is asked for.")
    async def total_count(self) -> int:
        return await self.count()


def page_size(first: int | None, default: int = 100, *, field: str = "first") -> int:
    """How many objects the page has: `first`, or `default` where it was left out or null.

    Raises: RequestError INVALID outside 1 to MAX_PAGE_SIZE.
    """
    size = default if first is None else first
    if not 1 <= size <= MAX_PAGE_SIZE:
        message = f"`{field}` must be from 1 to {MAX_PAGE_SIZE:,}, not {size:,}. Read further pages with `after`."
        raise RequestError(RequestCode.INVALID, message, field=(field,))
    return size


def is_given(info: Info, argument: str) -> bool:
    """Whether the caller gives `argument` a value; resolvers see the default otherwise, and null is as if left out."""
    for node in info._raw_info.field_nodes[0].arguments or ():
        if node.name.value == argument:
            return value_from_ast_untyped(node.value, info.variable_values) not in (None, Undefined)
    return False


def allowed(values: Sequence[T] | None) -> tuple[T, ...] | None:
    """A list of allowed values as filters take it: an empty one allows nothing, null everything."""
    return None if values is None else tuple(values)


def encode_cursor(list_name: str, position: Position) -> str:
    """The cursor of a row of the list called `list_name` (`segments`, `members:lapsed`) that stands at `position`."""
    return urlsafe_b64encode(_encode([list_name, position]).encode()).decode().rstrip("=")


def decode_cursor(list_name: str, text: str, shape: type[P], *, field: str = "after") -> P:
    """The position that a cursor of the list called `list_name` points to: an int, a str or a list, as `shape` says.

    Elements of a list are not checked: a resolver that reads them must refuse what it did not write.
    Raises: RequestError INVALID for a text that is no cursor, and for a cursor of another list.
    """
    try:
        name, position = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, RecursionError):
        raise _refused_cursor("This is not a cursor.", field) from None
    if name != list_name:
        raise _refused_cursor("This is a cursor from another list.", field)
    if type(position) is not shape or not _has_64_bits(position):
        raise _refused_cursor("This is not a cursor.", field)
    return position


def connection(
    list_name: str,
    rows: Sequence[Row],
    size: int,
    *,
    position: Callable[[Row], Position],
    node: Callable[[Row], NodeT],
    count: Callable[[], Awaitable[int]],
    after: str | None = None,
) -> Connection[NodeT]:
    """A page of `size` made from up to `size + 1` rows read after the cursor `after`.

    `node` makes the object of a row, `position` its place; `count` is called only when totalCount is asked for.
    """
    edges = [Edge(cursor=encode_cursor(list_name, position(row)), node=node(row)) for row in rows[:size]]
    return connection_of(edges, has_next=len(rows) > size, has_previous=after is not None, count=count)


def connection_of(
    edges: list[Edge[NodeT]], *, has_next: bool, has_previous: bool, count: Callable[[], Awaitable[int]]
) -> Connection[NodeT]:
    """A page made from finished edges, for lists that also go backwards."""
    page_info = PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=page_info, count=count)


def _has_64_bits(position: Position) -> bool:
    """Whether every integer is one that MongoDB can compare with."""
    if isinstance(position, list):
        return all(_has_64_bits(part) for part in position)
    return not isinstance(position, int) or -(2**63) <= position < 2**63


def _refused_cursor(what: str, field: str) -> RequestError:
    advice = f"Give `{field}` a cursor as it was read from the same list, or leave it out to begin at the start."
    return RequestError(RequestCode.INVALID, f"{what} {advice}", field=(field,))
