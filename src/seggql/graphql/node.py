"""The interface Node, and `node` and `nodes` that find any object by its global id.

A type that implements Node names its reader in its noun (`Noun(nodes={"Segment": read_segment_node})`); readers load
through `context.loaders`, so that `nodes(ids)` costs one read for each kind.
"""

from asyncio import gather
from typing import Annotated

import strawberry

from seggql.errors import RequestCode, RequestError
from seggql.graphql.context import Context, Info
from seggql.graphql.ids import split_global_id
from seggql.graphql.noun import Noun
from seggql.graphql.pages import MAX_PAGE_SIZE


@strawberry.interface(description="An object that can be read again by its id.")
class Node:
    """Make ids with `to_global_id(kind, raw)`."""

    id: strawberry.ID = strawberry.field(description="Identifies the object among all objects; opaque.")


@strawberry.type
class NodeQuery:
    """Objects by global id."""

    @strawberry.field(description="Any object by its id; null where there is none any more.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Node | None:
        return await _read(info.context, id)

    @strawberry.field(description="Objects by their ids, at most 1,000, in the same order; null where there is none.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their ids.")]
    ) -> list[Node | None]:
        if len(ids) > MAX_PAGE_SIZE:
            message = f"`ids` may hold {MAX_PAGE_SIZE:,} ids, not {len(ids):,}."
            raise RequestError(RequestCode.INVALID, message, field=("ids",))
        return list(await gather(*(_read(info.context, id) for id in ids)))


NOUN = Noun(query=NodeQuery)


async def _read(context: Context, id: str) -> Node | None:
    kind, raw = split_global_id(id)
    if kind not in context.node_reads:
        raise RequestError(RequestCode.INVALID, f"There are no objects of the kind {kind!r}.", field=("id",))
    node = await context.node_reads[kind](context, raw)
    assert node is None or isinstance(node, Node), f"the reader of {kind} returned {type(node).__name__}"
    return node
