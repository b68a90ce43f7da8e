"""What mutations of segments take, and what that means to the use cases."""

from datetime import datetime
from typing import TypeVar

import strawberry

from seggql.errors import RequestError
from seggql.graphql.ids import from_global_id
from seggql.graphql.segments.segment import KIND
from seggql.segments.bulk import Asked
from seggql.segments.change import UNSET, SegmentChanges, Unset
from seggql.segments.draft import SegmentDraft
from seggql.store.segment import SegmentId, SegmentKind

T = TypeVar("T")


@strawberry.input(description="A new segment.")
class CreateSegmentInput:
    """What createSegment takes."""

    name: str = strawberry.field(description="Identifier that queries will use: letters, digits and _.")
    display_name: str | None = strawberry.field(default=None, description="What people read; the name if left out.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default_factory=list, description="Words to find it by.")
    kind: SegmentKind = strawberry.field(
        default=SegmentKind.DYNAMIC, description="Whether it follows its query or changes by hand."
    )
    profile_type: str = strawberry.field(description="The type of its members, by name.")
    query: str | None = strawberry.field(
        default=None, description="Dynamic: the definition. Static: a one-time query, or null."
    )
    member_keys: list[str] | None = strawberry.field(default=None, description="Static: keys to begin with.")
    interval_minutes: int | None = strawberry.field(
        default=None, description="Dynamic: how often it is to be refreshed; null is never by itself."
    )
    activate: bool | None = strawberry.field(
        default=False, description="Dynamic: activate it and queue its first refresh."
    )


@strawberry.input(description="Changes of a segment: what is left out stays as it is, null clears.")
class UpdateSegmentInput:
    """What updateSegment takes."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=strawberry.UNSET, description="Words to find it by.")
    query: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Dynamic: the new definition. Static: a one-time query that replaces the members at once.",
    )
    interval_minutes: int | None = strawberry.field(
        default=strawberry.UNSET, description="Dynamic: how often it is to be refreshed."
    )
    expected_updated_at: datetime | None = strawberry.field(
        default=None, description="`updatedAt` as it was read; refused with CONFLICT if somebody wrote since."
    )


@strawberry.input(description="A new display name.")
class RenameSegmentInput:
    """What renameSegment takes."""

    id: strawberry.ID = strawberry.field(description="The segment's id.")
    display_name: str = strawberry.field(description="What people will read.")


@strawberry.input(description="A copy of a segment.")
class DuplicateSegmentInput:
    """What duplicateSegment takes."""

    id: strawberry.ID = strawberry.field(description="The segment to copy.")
    name: str = strawberry.field(description="Name of the copy.")
    display_name: str | None = strawberry.field(default=None, description="Display name of the copy.")


@strawberry.input(description="Some segments.")
class SegmentIdsInput:
    """What mutations of several segments take."""

    ids: list[strawberry.ID] = strawberry.field(description="Their ids.")


@strawberry.input(description="What uses a segment.")
class SegmentUsageInput:
    """What registerUsage and releaseUsage take."""

    segment_id: strawberry.ID = strawberry.field(description="The segment.")
    kind: str = strawberry.field(description="What uses it, like `CAMPAIGN`.")
    name: str = strawberry.field(description="The name of what uses it.")
    is_active: bool | None = strawberry.field(default=True, description="Whether it is using the segment at present.")


@strawberry.input(description="Profiles of a static segment.")
class SegmentMembersInput:
    """What addMembers, removeMembers and replaceMembers take."""

    id: strawberry.ID = strawberry.field(description="The segment.")
    keys: list[str] = strawberry.field(description="Keys of the profiles.")


def draft_of(wanted: CreateSegmentInput) -> SegmentDraft:
    """The segment that somebody wants to make."""
    return SegmentDraft(
        name=wanted.name,
        display_name=wanted.display_name,
        description=wanted.description,
        tags=tuple(wanted.tags or ()),
        kind=wanted.kind,
        profile_type=wanted.profile_type,
        query=wanted.query,
        member_keys=None if wanted.member_keys is None else tuple(wanted.member_keys),
        interval_minutes=wanted.interval_minutes,
        activate=bool(wanted.activate),
    )


def changes_of(wanted: UpdateSegmentInput) -> SegmentChanges:
    """What somebody wants to change."""
    return SegmentChanges(
        description=given(wanted.description),
        tags=given(wanted.tags),
        query=given(wanted.query),
        interval_minutes=given(wanted.interval_minutes),
    )


def raw_id(id: strawberry.ID) -> SegmentId:
    """What storage knows a segment by. Raises: RequestError (INVALID)."""
    return SegmentId(from_global_id(id, KIND))


def asked_ids(ids: list[strawberry.ID]) -> list[Asked]:
    """The same for several; in the place of what is no id of a segment stands the reason."""
    return [_asked(id) for id in ids]


def _asked(id: strawberry.ID) -> Asked:
    try:
        return raw_id(id)
    except RequestError as error:
        return error


def given(value: T | None) -> T | Unset | None:
    """What an input said; UNSET where it left it out."""
    return UNSET if value is strawberry.UNSET else value
