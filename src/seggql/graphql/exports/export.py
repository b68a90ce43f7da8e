"""The noun Export: which segments' members go where, and each delivery with its manifest."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from seggql.exporter import ExportMode
from seggql.graphql.context import Context, Info
from seggql.graphql.exports.destinations import Destination, destinations_by_id
from seggql.graphql.exports.runs import ExportRun, export_run_node
from seggql.graphql.ids import from_global_id, to_global_id
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.pages import After, Connection, First, connection, decode_cursor, page_size
from seggql.store import export_runs as run_store
from seggql.store import exports as store
from seggql.store.hub import Document, Hub

if TYPE_CHECKING:
    from seggql.graphql.segments.segment import Segment

LazySegment = Annotated["Segment", strawberry.lazy("seggql.graphql.segments.segment")]
"""Segments lead to this noun too."""

KIND = "Export"
LIST = "exports"


@strawberry.type(description="A column of an export.")
class ExportField:
    """The GraphQL form of `store.exports.ExportField`."""

    attribute: str = strawberry.field(description="`Key`, an attribute, or a path like `Address.City`.")
    as_: str = strawberry.field(name="as", description="The column's name at the destination.")


@strawberry.type(description="Which segments' members go to which destination, with which columns.")
class Export(Node):
    """The GraphQL form of `store.exports.Export`."""

    stored: strawberry.Private[store.Export]
    name: str = strawberry.field(description="Unique name.")
    mode: ExportMode = strawberry.field(description="Every member each time, or who entered and left.")
    fields: list[ExportField] = strawberry.field(description="Its columns; empty is Key and every attribute.")
    is_scheduled: bool = strawberry.field(description="Whether it runs after scheduled refreshes of its segments.")

    @strawberry.field(description="Where the members go.")
    async def destination(self, info: Info) -> Destination:
        found = await info.context.loaders.of(destinations_by_id).load(self.stored.destination_id)
        assert found is not None, "a destination that an export uses is not deleted"
        return found

    @strawberry.field(description="The segments it delivers.")
    async def segments(self, info: Info) -> list[LazySegment]:
        from seggql.graphql.segments.segment import segments_by_id

        found = await info.context.loaders.of(segments_by_id).load_many(list(self.stored.segment_ids))
        return [segment for segment in found if segment is not None]

    @strawberry.field(description="Its deliveries, newest first.")
    async def runs(self, info: Info, first: First = 20, after: After = None) -> Connection[ExportRun]:
        size = page_size(first)
        list_name = f"export_runs:{self.stored.id}"
        start = decode_cursor(list_name, after, str) if after else None
        return connection(
            list_name,
            await run_store.page_of_export_runs(self.stored.id, after=start, limit=size + 1),
            size,
            after=after,
            position=lambda run: run.id,
            node=export_run_node,
            count=lambda: run_store.count_export_runs(self.stored.id),
        )


@strawberry.type
class ExportQuery:
    """Exports."""

    @strawberry.field(description="An export by its id; null where there is none.")
    async def export(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Export | None:
        return await read_export(info.context, from_global_id(id, KIND))

    @strawberry.field(description="Exports by name.")
    async def exports(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        segment_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only those that deliver this segment.")
        ] = None,
        without_segment_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only those that this segment could be added to.")
        ] = None,
    ) -> Connection[Export]:
        size = page_size(first)
        condition = _condition(segment_id, without_segment_id)
        start = decode_cursor(LIST, after, str) if after else None
        return connection(
            LIST,
            await store.page_of_exports(condition, size + 1, start),
            size,
            after=after,
            position=lambda export: export.name,
            node=export_node,
            count=lambda: store.count_exports(condition),
        )


def export_node(stored: store.Export) -> Export:
    """The GraphQL form of a stored export."""
    return Export(
        id=to_global_id(KIND, stored.id),
        stored=stored,
        name=stored.name,
        mode=stored.mode,
        fields=[ExportField(attribute=field.attribute, as_=field.name) for field in stored.fields or ()],
        is_scheduled=stored.is_scheduled,
    )


async def exports_by_id(hub: Hub, ids: list[str]) -> Sequence[Export | None]:
    """Exports for a loader, in the order of `ids`."""
    found = {stored.id: export_node(stored) for stored in await store.find_exports(store.with_ids(ids))}
    return [found.get(id_) for id_ in ids]


async def exports_of_destinations(hub: Hub, ids: list[str]) -> Sequence[list[Export]]:
    """The exports to each destination, for a loader."""
    by_destination: defaultdict[str, list[Export]] = defaultdict(list)
    for stored in await store.find_exports(store.of_destinations(ids)):
        by_destination[stored.destination_id].append(export_node(stored))
    return [by_destination[id_] for id_ in ids]


async def exports_of_segments(hub: Hub, ids: list[str]) -> Sequence[list[Export]]:
    """The exports of each segment, for a loader."""
    by_segment: defaultdict[str, list[Export]] = defaultdict(list)
    for stored in await store.find_exports(store.of_segments(ids)):
        for segment_id in stored.segment_ids:
            by_segment[segment_id].append(export_node(stored))
    return [by_segment[id_] for id_ in ids]


async def read_export(context: Context, raw: str) -> Export | None:
    """The export that storage knows as `raw`."""
    return await context.loaders.of(exports_by_id).load(raw)


def _condition(segment_id: str | None, without_segment_id: str | None) -> Document:
    conditions = []
    if segment_id is not None:
        conditions.append(store.of_segments([from_global_id(segment_id, "Segment")]))
    if without_segment_id is not None:
        conditions.append(store.without_segment(from_global_id(without_segment_id, "Segment")))
    return store.all_of(conditions)


NOUN = Noun(query=ExportQuery, nodes={KIND: read_export})
