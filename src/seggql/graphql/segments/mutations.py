"""Mutations of segments: made, changed, renamed, copied, deleted, activated, used."""

from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.ids import to_global_id
from seggql.graphql.noun import Noun
from seggql.graphql.payloads import DeletePayload
from seggql.graphql.segments.inputs import (
    CreateSegmentInput,
    DuplicateSegmentInput,
    RenameSegmentInput,
    SegmentIdsInput,
    SegmentUsageInput,
    UpdateSegmentInput,
    changes_of,
    draft_of,
    raw_id,
    raw_ids,
)
from seggql.graphql.segments.segment import KIND, Segment, segment_node
from seggql.segments import activation, change, define, removal, usages
from seggql.store import segment as values


@strawberry.type(description="A segment that was made or changed, or why not.")
class SegmentPayload:
    """What mutations of one segment answer."""

    segment: Segment | None = strawberry.field(description="The segment; null where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type(description="Segments that were changed, or why not.")
class SegmentsPayload:
    """What mutations of several segments answer."""

    segments: list[Segment] = strawberry.field(description="The segments; empty where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


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

    @strawberry.mutation(description="Change a segment; a new query of an active one queues a refresh.")
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
            hub, original = info.context.hub, raw_id(input.id)
            return payload_of(await define.duplicate_segment(hub, original, input.name, input.display_name))
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(description="Delete segments: all of them, or none where one is in use.")
    async def delete_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> DeletePayload:
        try:
            deleted = await removal.delete_segments(info.context.hub, raw_ids(input.ids))
        except REFUSALS as error:
            return DeletePayload(deleted_ids=[], errors=user_errors(error))
        return DeletePayload(deleted_ids=[to_global_id(KIND, segment) for segment in deleted], errors=[])

    @strawberry.mutation(description="Activate segments, and queue a refresh of those that were inactive.")
    async def activate_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> SegmentsPayload:
        try:
            context = info.context
            return _all_done(await activation.activate_segments(context.hub, context.queue, raw_ids(input.ids)))
        except REFUSALS as error:
            return SegmentsPayload(segments=[], errors=user_errors(error))

    @strawberry.mutation(description="Deactivate segments: nobody is in them any more, and they are not refreshed.")
    async def deactivate_segments(
        self, info: Info, input: Annotated[SegmentIdsInput, strawberry.argument(description="Which.")]
    ) -> SegmentsPayload:
        try:
            return _all_done(await activation.deactivate_segments(info.context.hub, raw_ids(input.ids)))
        except REFUSALS as error:
            return SegmentsPayload(segments=[], errors=user_errors(error))

    @strawberry.mutation(description="Say that something uses a segment, which keeps it from being deleted.")
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


def _all_done(stored: list[values.Segment]) -> SegmentsPayload:
    return SegmentsPayload(segments=[segment_node(segment) for segment in stored], errors=[])


def refusal_of(error: Exception) -> SegmentPayload:
    """The answer of a mutation that was refused."""
    return SegmentPayload(segment=None, errors=user_errors(error))


NOUN = Noun(mutation=SegmentMutation)
