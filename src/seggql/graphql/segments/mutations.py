"""Mutations of segments: made, changed, renamed, copied, deleted, activated, used."""

from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.ids import to_global_id
from seggql.graphql.noun import Noun
from seggql.graphql.payloads import DeletePayload
from seggql.graphql.segments.bulk import EACH, refusals_of
from seggql.graphql.segments.inputs import (
    CreateSegmentInput,
    DuplicateSegmentInput,
    RenameSegmentInput,
    SegmentIdsInput,
    SegmentUsageInput,
    UpdateSegmentInput,
    asked_ids,
    changes_of,
    draft_of,
    raw_id,
)
from seggql.graphql.segments.segment import KIND, Segment, segment_node
from seggql.segments import activation, change, define, removal, usages
from seggql.segments.bulk import Bulk
from seggql.store import segment as values


@strawberry.type(description="A segment that was made or changed, or why not.")
class SegmentPayload:
    """What mutations of one segment answer."""

    segment: Segment | None = strawberry.field(description="The segment; null where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type(description="Segments for which it was done, and why it was not for the others.")
class SegmentsPayload:
    """What mutations of several segments answer."""

    segments: list[Segment] = strawberry.field(description="Those for which it was done, or had been before.")
    errors: list[UserError] = strawberry.field(description="An error for each of the others, with its place in `ids`.")


@strawberry.type
class SegmentMutation:
    """Changes of segments."""

    @strawberry.mutation(description="Make a segment. Nothing is stored where it is refused.")
    async def create_segment(
        self, info: Info, input: Annotated[CreateSegmentInput, strawberry.argument(description="The new one.")]
    ) -> SegmentPayload:
        context = info.context
        try:
            return payload_of(
                await define.create_segment(context.hub, context.settings, context.queue, draft_of(input))
            )
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(
        description="Change a segment. A new query of an active one queues a refresh; in active use it keeps its query."
    )
    async def update_segment(
        self, info: Info, input: Annotated[UpdateSegmentInput, strawberry.argument(description="The changes.")]
    ) -> SegmentPayload:
        context = info.context
        try:
            updated = await change.update_segment(
                *(context.hub, context.settings, context.queue, raw_id(input.id), changes_of(input)),
                expected_updated_at=input.expected_updated_at,
            )
            return payload_of(updated)
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(description="Change the display name; the name that queries use stays.")
    async def rename_segment(
        self, info: Info, input: Annotated[RenameSegmentInput, strawberry.argument(description="The new name.")]
    ) -> SegmentPayload:
        try:
            return payload_of(await change.rename_segment(info.context.hub, raw_id(input.id), input.display_name))
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(description="Copy a segment: a static one with its members, a dynamic one inactive.")
    async def duplicate_segment(
        self, info: Info, input: Annotated[DuplicateSegmentInput, strawberry.argument(description="The copy.")]
    ) -> SegmentPayload:
        try:
            hub, settings, original = info.context.hub, info.context.settings, raw_id(input.id)
            return payload_of(await define.duplicate_segment(hub, settings, original, input.name, input.display_name))
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(description=f"Delete segments that nothing uses but others deleted with them. {EACH}")
    async def delete_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> DeletePayload:
        try:
            outcome = await removal.delete_segments(info.context.hub, asked_ids(input.ids))
        except REFUSALS as error:
            return DeletePayload(deleted_ids=[], errors=user_errors(error))
        deleted = [to_global_id(KIND, segment.id) for segment in outcome.segments]
        return DeletePayload(deleted_ids=deleted, errors=refusals_of(outcome))

    @strawberry.mutation(description=f"Activate segments, and queue a refresh of those that were inactive. {EACH}")
    async def activate_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> SegmentsPayload:
        hub, settings, queue = info.context.hub, info.context.settings, info.context.queue
        try:
            return _outcome(await activation.activate_segments(hub, settings, queue, asked_ids(input.ids)))
        except REFUSALS as error:
            return SegmentsPayload(segments=[], errors=user_errors(error))

    @strawberry.mutation(
        description=f"Deactivate segments: nobody is in them any more, and they are not refreshed. {EACH}"
    )
    async def deactivate_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> SegmentsPayload:
        try:
            hub, settings = info.context.hub, info.context.settings
            return _outcome(await activation.deactivate_segments(hub, settings, asked_ids(input.ids)))
        except REFUSALS as error:
            return SegmentsPayload(segments=[], errors=user_errors(error))

    @strawberry.mutation(
        description="Say that something uses a segment; while that is active, nobody deletes it or changes its query."
    )
    async def register_usage(
        self, info: Info, input: Annotated[SegmentUsageInput, strawberry.argument(description="What uses which.")]
    ) -> SegmentPayload:
        try:
            usage = values.SegmentUsage(kind=input.kind, name=input.name, is_active=input.is_active is not False)
            return payload_of(await usages.register_usage(info.context.hub, raw_id(input.segment_id), usage))
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(description="Say that something uses a segment no longer.")
    async def release_usage(
        self, info: Info, input: Annotated[SegmentUsageInput, strawberry.argument(description="What used which.")]
    ) -> SegmentPayload:
        try:
            segment = raw_id(input.segment_id)
            return payload_of(await usages.release_usage(info.context.hub, segment, input.kind, input.name))
        except REFUSALS as error:
            return refusal_of(error)


def payload_of(stored: values.Segment) -> SegmentPayload:
    """The answer of a mutation that was done."""
    return SegmentPayload(segment=segment_node(stored), errors=[])


def _outcome(outcome: Bulk) -> SegmentsPayload:
    return SegmentsPayload(
        segments=[segment_node(segment) for segment in outcome.segments], errors=refusals_of(outcome)
    )


def refusal_of(error: Exception) -> SegmentPayload:
    """The answer of a mutation that was refused."""
    return SegmentPayload(segment=None, errors=user_errors(error))


NOUN = Noun(mutation=SegmentMutation)
