"""The noun Destination: exporters that are installed, and the configured targets they deliver to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from seggql.errors import RequestCode, RequestError
from seggql.exporter import AnyExporter, ExportMode
from seggql.exports import destinations as use_case
from seggql.graphql.context import Context, Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.ids import from_global_id, to_global_id
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.payloads import DeletePayload
from seggql.graphql.scalars import JSON, to_json
from seggql.store import destinations as store
from seggql.store.hub import Hub

if TYPE_CHECKING:
    from seggql.graphql.exports.export import Export

KIND = "Destination"

strawberry.enum(ExportMode, name="ExportMode", description="FULL delivers every member, DELTA who entered and left.")


@strawberry.type(description="A way of carrying members somewhere, offered by a plugin.")
class Exporter:
    """The GraphQL form of `seggql.exporter.Exporter`."""

    name: str = strawberry.field(description="Identifier that createDestination takes.")
    display_name: str = strawberry.field(description="What people read.")
    description: str = strawberry.field(description="Where it delivers to, and how.")
    version: str = strawberry.field(description="Version of the exporter.")
    options_schema: JSON = strawberry.field(description="JSON Schema of a destination's options.")
    modes: list[ExportMode] = strawberry.field(description="What it can deliver.")


@strawberry.type(description="What a destination answered when it was last asked whether it would take a delivery.")
class DestinationCheck:
    """The GraphQL form of `store.destinations.DestinationCheck`."""

    at: datetime = strawberry.field(description="When it was asked.")
    is_ok: bool = strawberry.field(description="Whether it would take a delivery.")
    message: str | None = strawberry.field(description="Why not.")


@strawberry.type(description="A configured target of exports.")
class Destination(Node):
    """The GraphQL form of `store.destinations.Destination`."""

    stored: strawberry.Private[store.Destination]
    name: str = strawberry.field(description="Unique name.")
    last_check: DestinationCheck | None = strawberry.field(description="Null until checkDestination asked it.")

    @strawberry.field(description="What carries members there; without modes where it is no longer installed.")
    def exporter(self, info: Info) -> Exporter:
        return _exporter(self.stored.exporter, info.context.exporters.get(self.stored.exporter))

    @strawberry.field(description="The exporter's options; secrets are masked, never returned.")
    def options(self, info: Info) -> JSON:
        installed = info.context.exporters.get(self.stored.exporter)
        return to_json(use_case.shown_options(installed, self.stored.options))

    @strawberry.field(description="The exports that deliver there, by name.")
    async def exports(self, info: Info) -> list[Annotated["Export", strawberry.lazy("seggql.graphql.exports.export")]]:
        from seggql.graphql.exports.export import exports_of_destinations

        return await info.context.loaders.of(exports_of_destinations).load(self.stored.id)


@strawberry.input(description="A new destination.")
class CreateDestinationInput:
    """What createDestination takes."""

    name: str = strawberry.field(description="Unique name, 1 to 100 characters.")
    exporter: str = strawberry.field(description="Name of an installed exporter.")
    options: JSON = strawberry.field(description="The exporter's options, as its optionsSchema says.")


@strawberry.input(description="Changes of a destination; what is left out stays.")
class UpdateDestinationInput:
    """What updateDestination takes."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    name: str | None = strawberry.field(default=None, description="New name.")
    options: JSON | None = strawberry.field(
        default=None, description="All options anew; a masked secret, sent as it was read, stays as it is."
    )


@strawberry.type(description="A destination that was made or changed, or why not.")
class DestinationPayload:
    """What the mutations of destinations answer."""

    destination: Destination | None = strawberry.field(description="The destination; null where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type
class DestinationQuery:
    """Exporters and destinations."""

    @strawberry.field(description="The exporters that are installed, by name.")
    def exporters(self, info: Info) -> list[Exporter]:
        installed = info.context.exporters
        return [_exporter(name, installed[name]) for name in sorted(installed)]

    @strawberry.field(description="Every destination, by name.")
    async def destinations(self, info: Info) -> list[Destination]:
        return [destination_node(stored) for stored in await store.find_destinations()]

    @strawberry.field(description="A destination by its id; null where there is none.")
    async def destination(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Destination | None:
        return await read_destination(info.context, from_global_id(id, KIND))


@strawberry.type
class DestinationMutation:
    """Changes of destinations."""

    @strawberry.mutation(description="Make a destination.")
    async def create_destination(
        self, info: Info, input: Annotated[CreateDestinationInput, strawberry.argument(description="The new one.")]
    ) -> DestinationPayload:
        exporters = info.context.exporters
        try:
            options = _options(input.options)
            return _done(await use_case.create_destination(exporters, input.name, input.exporter, options))
        except REFUSALS as error:
            return DestinationPayload(destination=None, errors=user_errors(error))

    @strawberry.mutation(description="Change a destination's name or options.")
    async def update_destination(
        self, info: Info, input: Annotated[UpdateDestinationInput, strawberry.argument(description="The changes.")]
    ) -> DestinationPayload:
        try:
            raw = from_global_id(input.id, KIND)
            options = None if input.options is None else _options(input.options)
            return _done(await use_case.update_destination(info.context.exporters, raw, input.name, options))
        except REFUSALS as error:
            return DestinationPayload(destination=None, errors=user_errors(error))

    @strawberry.mutation(description="Ask a destination whether it would take a delivery; see its lastCheck.")
    async def check_destination(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> DestinationPayload:
        try:
            return _done(await use_case.check_destination(info.context.exporters, from_global_id(id, KIND)))
        except REFUSALS as error:
            return DestinationPayload(destination=None, errors=user_errors(error))

    @strawberry.mutation(description="Delete a destination that no export uses.")
    async def delete_destination(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> DeletePayload:
        try:
            await use_case.delete_destination(info.context.hub, from_global_id(id, KIND))
        except REFUSALS as error:
            return DeletePayload(deleted_ids=[], errors=user_errors(error))
        return DeletePayload(deleted_ids=[id], errors=[])


def destination_node(stored: store.Destination) -> Destination:
    """The GraphQL form of a stored destination."""
    check = stored.last_check
    return Destination(
        id=to_global_id(KIND, stored.id),
        stored=stored,
        name=stored.name,
        last_check=DestinationCheck(at=check.at, is_ok=check.is_ok, message=check.message) if check else None,
    )


async def destinations_by_id(hub: Hub, ids: list[str]) -> Sequence[Destination | None]:
    """Destinations for a loader, in the order of `ids`."""
    found = {stored.id: destination_node(stored) for stored in await store.find_destinations(ids)}
    return [found.get(id_) for id_ in ids]


async def read_destination(context: Context, raw: str) -> Destination | None:
    """The destination that storage knows as `raw`."""
    return await context.loaders.of(destinations_by_id).load(raw)


def _done(stored: store.Destination) -> DestinationPayload:
    return DestinationPayload(destination=destination_node(stored), errors=[])


def _options(options: JSON) -> Mapping[str, object]:
    if isinstance(options, Mapping):
        return options
    raise RequestError(RequestCode.INVALID, "Options are a JSON object.", field=("input", "options"))


def _exporter(name: str, installed: AnyExporter | None) -> Exporter:
    if installed is None:
        return Exporter(
            name=name,
            display_name=name,
            description="No longer installed.",
            version="",
            options_schema=to_json({}),
            modes=[],
        )
    return Exporter(
        name=name,
        display_name=installed.display_name,
        description=installed.description,
        version=installed.version,
        options_schema=to_json(installed.options_model.model_json_schema()),
        modes=sorted(installed.modes, key=lambda mode: mode.value),
    )


NOUN = Noun(query=DestinationQuery, mutation=DestinationMutation, nodes={KIND: read_destination})
