"""Mutations of the members of static segments."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.noun import Noun
from seggql.graphql.segments.inputs import SegmentMembersInput, raw_id
from seggql.graphql.segments.segment import Segment, segment_node
from seggql.segments.static import MembersOutcome, add_members, remove_members, replace_members

Members = Annotated[SegmentMembersInput, strawberry.argument(description="Which segment, and who.")]


@strawberry.type(description="A static segment after a change of its members, or why there was none.")
class MembersPayload:
    """What addMembers, removeMembers and replaceMembers answer."""

    segment: Segment | None = strawberry.field(description="The segment; null where it was refused.")
    added: int = strawberry.field(description="Members who entered.")
    removed: int = strawberry.field(description="Members who left.")
    unknown_keys: list[str] = strawberry.field(description="Keys that no profile has; the others were taken.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type
class MembersMutation:
    """Changes of members by hand."""

    @strawberry.mutation(description="Let profiles into a static segment.")
    async def add_members(self, info: Info, input: Members) -> MembersPayload:
        return await _changed(lambda: add_members(info.context.hub, raw_id(input.id), input.keys))

    @strawberry.mutation(description="Put profiles out of a static segment.")
    async def remove_members(self, info: Info, input: Members) -> MembersPayload:
        return await _changed(lambda: remove_members(info.context.hub, raw_id(input.id), input.keys))

    @strawberry.mutation(description="Let a static segment have these profiles and no others.")
    async def replace_members(self, info: Info, input: Members) -> MembersPayload:
        return await _changed(lambda: replace_members(info.context.hub, raw_id(input.id), input.keys))


async def _changed(change: Callable[[], Awaitable[MembersOutcome]]) -> MembersPayload:
    try:
        outcome = await change()
    except REFUSALS as error:
        return MembersPayload(segment=None, added=0, removed=0, unknown_keys=[], errors=user_errors(error))
    return MembersPayload(
        segment=segment_node(outcome.segment),
        added=outcome.added,
        removed=outcome.removed,
        unknown_keys=list(outcome.unknown_keys),
        errors=[],
    )


NOUN = Noun(mutation=MembersMutation)
