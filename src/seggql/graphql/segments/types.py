"""The enums and small types that a segment is made of in the API."""

from datetime import datetime

import strawberry

from seggql.exporter import FileFormat
from seggql.graphql.context import Info
from seggql.graphql.profiles.profile import Profile, profiles_by_id
from seggql.graphql.scalars import Long
from seggql.store.ledger import MembershipChange as StoredChange
from seggql.store.segment import ChangeCause, SegmentKind, SegmentOrigin, SegmentState

strawberry.enum(FileFormat, name="FileFormat", description="Format of a file of members.")
strawberry.enum(SegmentKind, description="DYNAMIC follows its query; STATIC changes only by hand.")
strawberry.enum(SegmentOrigin, description="Who made a segment.")
strawberry.enum(SegmentState, description="An inactive segment has no members and is not refreshed.")
strawberry.enum(ChangeCause, description="Why members entered or left.")


@strawberry.type(description="A campaign, an export or whatever else uses a segment.")
class SegmentUsage:
    """The GraphQL form of `store.segment.SegmentUsage`."""

    kind: str = strawberry.field(description="What uses it: `EXPORT`, or as registerUsage said.")
    name: str = strawberry.field(description="The name of what uses it.")
    is_active: bool = strawberry.field(description="Whether it is using the segment at present.")


@strawberry.type(
    description="What the evaluation of a segment's last refresh took. MongoDB does not tell how much it looked at for "
    "its answers, so that what it sent is counted; members of segments that the query uses are not. Work that is done "
    "for several segments of a run at once is shared among them; what they merely have in common is paid for by the "
    "first that needs it."
)
class RefreshCost:
    """The GraphQL form of `store.segment.RefreshCost`."""

    documents: Long = strawberry.field(
        description="Rows that MongoDB made of documents and sent; a column of packed values is one."
    )
    keys: Long = strawberry.field(description="Rows that MongoDB sent from an index alone, reading no document.")
    bytes: Long = strawberry.field(description="Bytes of MongoDB's answers.")
    elapsed_ms: int = strawberry.field(description="From the first question to the last answer used, in milliseconds.")
    share: float = strawberry.field(
        description="Part, from 0 to 1, of the time that all evaluations of the same run took; final once the run is."
    )


@strawberry.type(description="When a segment is refreshed, activated and deactivated by itself.")
class SegmentSchedule:
    """A part of `store.segment.Segment`."""

    interval_minutes: int | None = strawberry.field(description="It is refreshed every so many minutes.")
    cron: str | None = strawberry.field(description="It is refreshed when this says; see scheduleSegment.")
    time_zone: str = strawberry.field(description="The zone that `cron` is read in.")
    activate_at: datetime | None = strawberry.field(description="It will be activated then.")
    deactivate_at: datetime | None = strawberry.field(description="It will be deactivated then.")


@strawberry.type(description="How many members a segment had after one of its generations.")
class MemberCount:
    """The GraphQL form of `store.ledger.LedgerEntry`."""

    at: datetime = strawberry.field(description="Since when.")
    count: int = strawberry.field(description="Members from then on.")
    entered: int = strawberry.field(description="Members who entered then.")
    exited: int = strawberry.field(description="Members who left then.")


@strawberry.type(description="A profile that entered a segment, or left it.")
class MembershipChange:
    """The GraphQL form of `store.ledger.MembershipChange`."""

    stored: strawberry.Private[StoredChange]
    profile_type: strawberry.Private[str]
    profile_id: strawberry.ID = strawberry.field(description="Id of the profile, also once that has been deleted.")
    entered: bool = strawberry.field(description="True where it entered, false where it left.")
    at: datetime = strawberry.field(description="When.")
    cause: ChangeCause = strawberry.field(description="Why.")
    generation: int = strawberry.field(description="The segment's generation that did it.")

    @strawberry.field(description="The profile; null once it has been deleted.")
    async def profile(self, info: Info) -> Profile | None:
        return await info.context.loaders.of(profiles_by_id).load((self.profile_type, self.stored.ordinal))
