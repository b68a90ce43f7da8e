"""Mutations of exports: made, changed, given segments, run, deleted."""

from typing import Annotated, Any

import strawberry

from seggql.exporter import ExportMode
from seggql.exports import define
from seggql.exports.run import request_export
from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.exports.export import KIND, Export, export_node
from seggql.graphql.ids import from_global_id
from seggql.graphql.jobs import JobsPayload, job_node
from seggql.graphql.noun import Noun
from seggql.graphql.payloads import DeletePayload
from seggql.store import exports as store


@strawberry.input(description="A column of an export.")
class ExportFieldInput:
    """What to deliver and what to call it."""

    attribute: str = strawberry.field(description="`Key`, an attribute, or a path like `Address.City`.")
    as_: str | None = strawberry.field(
        name="as", default=None, description="The column's name at the destination; the attribute's where left out."
    )


@strawberry.input(description="A new export.")
class CreateExportInput:
    """What createExport takes."""

    name: str = strawberry.field(description="Unique name, 1 to 100 characters.")
    destination_id: strawberry.ID = strawberry.field(description="Where the members go.")
    segment_ids: list[strawberry.ID] = strawberry.field(default_factory=list, description="The segments to deliver.")
    fields: list[ExportFieldInput] | None = strawberry.field(
        default=None, description="Its columns; Key and every attribute where left out."
    )
    mode: ExportMode = strawberry.field(default=ExportMode.FULL, description="One that the exporter has.")
    is_scheduled: bool | None = strawberry.field(
        default=True, description="Whether it runs after scheduled refreshes of its segments."
    )


@strawberry.input(description="Changes of an export; what is left out stays.")
class UpdateExportInput:
    """What updateExport takes."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="New name.")
    fields: list[ExportFieldInput] | None = strawberry.field(
        default=strawberry.UNSET, description="New columns; null is Key and every attribute."
    )
    mode: ExportMode | None = strawberry.field(default=strawberry.UNSET, description="One that the exporter has.")
    is_scheduled: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it runs after scheduled refreshes."
    )


@strawberry.input(description="A segment of an export.")
class ExportSegmentInput:
    """What addSegmentToExport and removeSegmentFromExport take."""

    export_id: strawberry.ID = strawberry.field(description="The export.")
    segment_id: strawberry.ID = strawberry.field(description="The segment.")


@strawberry.type(description="An export that was made or changed, or why not.")
class ExportPayload:
    """What the mutations of exports answer."""

    export: Export | None = strawberry.field(description="The export; null where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type
class ExportMutation:
    """Changes of exports."""

    @strawberry.mutation(description="Make an export.")
    async def create_export(
        self, info: Info, input: Annotated[CreateExportInput, strawberry.argument(description="The new one.")]
    ) -> ExportPayload:
        try:
            return _done(
                await define.create_export(
                    info.context.hub,
                    info.context.exporters,
                    name=input.name,
                    destination_id=from_global_id(input.destination_id, "Destination"),
                    segment_ids=[from_global_id(id_, "Segment") for id_ in input.segment_ids],
                    fields=_fields(input.fields),
                    mode=input.mode,
                    is_scheduled=input.is_scheduled is not False,
                )
            )
        except REFUSALS as error:
            return _refused(error)

    @strawberry.mutation(description="Change an export.")
    async def update_export(
        self, info: Info, input: Annotated[UpdateExportInput, strawberry.argument(description="The changes.")]
    ) -> ExportPayload:
        try:
            raw = from_global_id(input.id, KIND)
            return _done(await define.update_export(info.context.hub, info.context.exporters, raw, _changes(input)))
        except REFUSALS as error:
            return _refused(error)

    @strawberry.mutation(description="Deliver one segment more.")
    async def add_segment_to_export(
        self, info: Info, input: Annotated[ExportSegmentInput, strawberry.argument(description="Which to which.")]
    ) -> ExportPayload:
        try:
            return _done(await define.add_segment_to_export(info.context.hub, *_ids(input)))
        except REFUSALS as error:
            return _refused(error)

    @strawberry.mutation(description="Deliver a segment no longer.")
    async def remove_segment_from_export(
        self, info: Info, input: Annotated[ExportSegmentInput, strawberry.argument(description="Which from which.")]
    ) -> ExportPayload:
        try:
            return _done(await define.remove_segment_from_export(*_ids(input)))
        except REFUSALS as error:
            return _refused(error)

    @strawberry.mutation(description="Deliver every segment of an export now: a job for each.")
    async def run_export(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The export's id.")]
    ) -> JobsPayload:
        try:
            jobs = await request_export(info.context.hub, info.context.queue, from_global_id(id, KIND))
        except REFUSALS as error:
            return JobsPayload(jobs=[], errors=user_errors(error))
        return JobsPayload(jobs=[job_node(job) for job in jobs], errors=[])

    @strawberry.mutation(
        description="Delete an export with its runs; what it delivered stays, what is under way is canceled."
    )
    async def delete_export(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> DeletePayload:
        try:
            await define.delete_export(info.context.hub, from_global_id(id, KIND))
        except REFUSALS as error:
            return DeletePayload(deleted_ids=[], errors=user_errors(error))
        return DeletePayload(deleted_ids=[id], errors=[])


def _done(stored: store.Export) -> ExportPayload:
    return ExportPayload(export=export_node(stored), errors=[])


def _refused(error: Exception) -> ExportPayload:
    return ExportPayload(export=None, errors=user_errors(error))


def _ids(input: ExportSegmentInput) -> tuple[str, str]:
    return from_global_id(input.export_id, KIND), from_global_id(input.segment_id, "Segment")


def _fields(fields: list[ExportFieldInput] | None) -> list[store.ExportField] | None:
    if fields is None:
        return None
    return [store.ExportField(attribute=field.attribute, name=field.as_ or field.attribute) for field in fields]


def _changes(input: UpdateExportInput) -> dict[str, Any]:
    """What the input says; null clears the columns, and elsewhere leaves."""
    given = {"name": input.name, "mode": input.mode, "is_scheduled": input.is_scheduled}
    changes = {name: value for name, value in given.items() if value is not strawberry.UNSET and value is not None}
    return changes if input.fields is strawberry.UNSET else changes | {"fields": _fields(input.fields)}


NOUN = Noun(mutation=ExportMutation)
