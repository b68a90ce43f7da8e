"""The noun of ingest: mutations that store profiles, interactions and edges, and take them away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.noun import Noun
from seggql.graphql.pages import First, page_size
from seggql.graphql.scalars import JSON
from seggql.ingest.deletion import delete_profiles
from seggql.ingest.interactions import record_interactions
from seggql.ingest.outcome import IngestOutcome, Rejection, RemoveOutcome
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.reading import Reading
from seggql.ingest.relationships import relate_profiles, unrelate_profiles
from seggql.settings import Settings

Type = Annotated[str, strawberry.argument(description="Name of the type.")]

ERRORS = "Why nothing was done; empty where it was, even if rows were rejected."


@strawberry.input(description="A profile: a new key makes one, a known one is merged into.")
class ProfileInput:
    """A row of upsertProfiles."""

    key: str = strawberry.field(description="Its unique key, 1 to 1,000 bytes.")
    attributes: JSON = strawberry.field(
        description="Values by attribute name; null unsets, what is left out stays. An OBJECT is replaced whole."
    )


@strawberry.input(description="An interaction; it never changes once it is stored.")
class InteractionInput:
    """A row of recordInteractions."""

    id: str | None = strawberry.field(
        default=None, description="Its id, so that sending it twice stores it once; left out, each is a new one."
    )
    timestamp: datetime = strawberry.field(description="When it happened.")
    links: JSON = strawberry.field(description="Link name to profile key, as an object; one at least.")
    attributes: JSON = strawberry.field(description="Values by attribute name.")


@strawberry.input(description="An edge between two profiles; there is one at most between a source and a target.")
class RelationshipInput:
    """A row of relateProfiles."""

    source: str = strawberry.field(description="Key of the profile that the edge comes from.")
    target: str = strawberry.field(description="Key of the profile that the edge leads to.")
    attributes: JSON | None = strawberry.field(
        default=None, description="Values by attribute name; null unsets, what is left out stays."
    )


@strawberry.type(description="A row that was not taken.")
class RejectedRow:
    """The GraphQL form of `ingest.outcome.Rejection`."""

    index: int = strawberry.field(description="Its place in the input, from 0.")
    code: str = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, for people.")
    field: str | None = strawberry.field(description="Path in the row of what is at fault.")


@strawberry.type(description="What became of rows: received = stored + unchanged + rejected.")
class IngestPayload:
    """The GraphQL form of `ingest.outcome.IngestOutcome`."""

    outcome: strawberry.Private[IngestOutcome]
    received: int = strawberry.field(description="Rows that came in.")
    stored: int = strawberry.field(description="Rows that changed something.")
    unchanged: int = strawberry.field(description="Rows that were stored already, just so.")
    rejected: int = strawberry.field(description="Rows that were not taken.")
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(description="The first rejected rows, in the order of the input.")
    def rejections(self, first: First = 100) -> list[RejectedRow]:
        return _rejected_rows(self.outcome.rejections, first)


@strawberry.type(description="What became of rows: received = removed + unknown + rejected.")
class RemovePayload:
    """The GraphQL form of `ingest.outcome.RemoveOutcome`."""

    outcome: strawberry.Private[RemoveOutcome]
    received: int = strawberry.field(description="Rows that came in.")
    removed: int = strawberry.field(description="Rows that named something that is gone now.")
    unknown: int = strawberry.field(description="Rows that named nothing.")
    rejected: int = strawberry.field(description="Rows that were not taken.")
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(description="The first rejected rows, in the order of the input.")
    def rejections(self, first: First = 100) -> list[RejectedRow]:
        return _rejected_rows(self.outcome.rejections, first)


Profiles = Annotated[list[ProfileInput], strawberry.argument(description="The profiles.")]
Interactions = Annotated[list[InteractionInput], strawberry.argument(description="The interactions.")]
Relationships = Annotated[list[RelationshipInput], strawberry.argument(description="The edges.")]
Keys = Annotated[list[str], strawberry.argument(description="Keys of profiles.")]


@strawberry.type
class IngestMutation:
    """Rows in and out."""

    @strawberry.mutation(description="Store profiles; bad rows are rejected one by one, the others are stored.")
    async def upsert_profiles(self, info: Info, type: Type, profiles: Profiles) -> IngestPayload:
        rows = [{"key": row.key, "attributes": row.attributes} for row in profiles]
        try:
            return _stored(await upsert_profiles(info.context.hub, type, rows, _reading(info.context.settings)))
        except REFUSALS as error:
            return _stored(IngestOutcome(), user_errors(error))

    @strawberry.mutation(description="Store interactions; profiles that they name and nobody knows yet are made.")
    async def record_interactions(self, info: Info, type: Type, interactions: Interactions) -> IngestPayload:
        rows = [
            {"id": row.id, "timestamp": row.timestamp, "links": row.links, "attributes": row.attributes}
            for row in interactions
        ]
        try:
            return _stored(await record_interactions(info.context.hub, type, rows, _reading(info.context.settings)))
        except REFUSALS as error:
            return _stored(IngestOutcome(), user_errors(error))

    @strawberry.mutation(description="Store edges; profiles that they name and nobody knows yet are made.")
    async def relate_profiles(self, info: Info, type: Type, relationships: Relationships) -> IngestPayload:
        try:
            rows = _edges(relationships)
            return _stored(await relate_profiles(info.context.hub, type, rows, _reading(info.context.settings)))
        except REFUSALS as error:
            return _stored(IngestOutcome(), user_errors(error))

    @strawberry.mutation(description="Remove edges; the profiles stay.")
    async def unrelate_profiles(self, info: Info, type: Type, relationships: Relationships) -> RemovePayload:
        try:
            return _removed(await unrelate_profiles(info.context.hub, type, _edges(relationships)))
        except REFUSALS as error:
            return _removed(RemoveOutcome(), user_errors(error))

    @strawberry.mutation(
        description="Delete profiles: with their memberships, their edges, and their links in interactions."
    )
    async def delete_profiles(self, info: Info, type: Type, keys: Keys) -> RemovePayload:
        try:
            return _removed(await delete_profiles(info.context.hub, type, keys))
        except REFUSALS as error:
            return _removed(RemoveOutcome(), user_errors(error))


def _reading(settings: Settings) -> Reading:
    return Reading(row_max_bytes=settings.row_max_bytes)


def _edges(inputs: Sequence[RelationshipInput]) -> list[object]:
    return [{"source": row.source, "target": row.target, "attributes": row.attributes} for row in inputs]


def _stored(outcome: IngestOutcome, errors: list[UserError] | None = None) -> IngestPayload:
    return IngestPayload(
        outcome=outcome,
        received=outcome.received,
        stored=outcome.stored,
        unchanged=outcome.unchanged,
        rejected=outcome.rejected,
        errors=errors or [],
    )


def _removed(outcome: RemoveOutcome, errors: list[UserError] | None = None) -> RemovePayload:
    return RemovePayload(
        outcome=outcome,
        received=outcome.received,
        removed=outcome.removed,
        unknown=outcome.unknown,
        rejected=outcome.rejected,
        errors=errors or [],
    )


def _rejected_rows(rejections: Sequence[Rejection], first: int | None) -> list[RejectedRow]:
    return [
        RejectedRow(index=row.index, code=row.code.value, message=row.message, field=row.field)
        for row in rejections[: page_size(first)]
    ]


NOUN = Noun(mutation=IngestMutation)
