"""The lists of a segment: members now and then, who entered and left, and the trend."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime

from seggql.errors import RequestCode, RequestError
from seggql.graphql.ids import to_global_id
from seggql.graphql.pages import Connection, Edge, Position, connection, connection_of, decode_cursor, encode_cursor
from seggql.graphql.profiles.profile import Profile, profiles_by_id
from seggql.graphql.segments.types import MemberCount, MembershipChange
from seggql.store import ledger
from seggql.store.hub import Hub
from seggql.store.members import MembersPage, count_members, members_at, members_page, page_of
from seggql.store.segment import Segment

MAX_TREND = 10_000
"""Generations in one trend: a hundred days of a refresh every quarter of an hour."""


async def read_members_page(hub: Hub, segment: Segment, size: int, after: str | None) -> Connection[Profile]:
    """A page of the members now, in the order of their ordinals."""
    list_name = f"members:{segment.id}"
    page = await members_page(hub, segment, after=_ordinal(list_name, after), limit=size)

    async def count() -> int:
        return (await count_members(hub, [segment]))[segment.id] or 0

    return await _profiles_page(hub, segment.profile_type, list_name, page, after, count)


async def read_members_at_page(
    hub: Hub, segment: Segment, at: datetime, size: int, after: str | None
) -> Connection[Profile]:
    """A page of the members at an instant, in the order of their ordinals."""
    list_name = f"members:{segment.id}:{at.isoformat()}"
    members = await members_at(hub, segment, at)
    page = page_of(members, after=_ordinal(list_name, after), limit=size)

    async def count() -> int:
        return len(members)

    return await _profiles_page(hub, segment.profile_type, list_name, page, after, count)


async def read_changes_page(hub: Hub, segment: Segment, size: int, after: str | None) -> Connection[MembershipChange]:
    """A page of who entered and left, oldest first."""
    list_name = f"changes:{segment.id}"
    start = _place(decode_cursor(list_name, after, list)) if after else None
    if start and segment.history and start[0] < segment.history.generation:
        message = (
            f"Changes are kept from {segment.history.at.isoformat()} on, and this cursor is older: read the members "
            "anew, then the changes without a cursor."
        )
        raise RequestError(RequestCode.INVALID, message, field=("after",))
    until = segment.pointer.generation if segment.pointer else 0
    rows: list[ledger.MembershipChange] = []
    async with aclosing(ledger.changes(hub, segment.id, until, after=start)) as changes:
        async for change in changes:
            rows.append(change)
            if len(rows) > size:
                break
    return connection(
        list_name,
        rows,
        size,
        after=after,
        position=lambda change: [change.generation, change.ordinal],
        node=lambda change: _change_node(segment.profile_type, change),
        count=lambda: ledger.count_changes(hub, segment.id),
    )


async def read_trend(hub: Hub, segment: Segment, start: datetime | None, end: datetime | None) -> list[MemberCount]:
    """The generations from `start` to `end`, oldest first. Raises: RequestError (LIMIT_REACHED) for too many."""
    trend: list[MemberCount] = []
    async for entry in ledger.entries(hub, segment.id, start=start, end=end):
        if len(trend) == MAX_TREND:
            message = f"There are more than {MAX_TREND:,} changes in this time: ask for a shorter one."
            raise RequestError(RequestCode.LIMIT_REACHED, message, field=("from",))
        trend.append(MemberCount(at=entry.at, count=entry.count, entered=entry.entered, exited=entry.exited))
    return trend


async def _profiles_page(
    hub: Hub,
    profile_type: str,
    list_name: str,
    page: MembersPage,
    after: str | None,
    count: Callable[[], Awaitable[int]],
) -> Connection[Profile]:
    """The page with its profiles; one deleted this instant is left out."""
    profiles = await profiles_by_id(hub, [(profile_type, ordinal) for ordinal in page.ordinals])
    edges = [
        Edge(cursor=encode_cursor(list_name, ordinal), node=profile)
        for ordinal, profile in zip(page.ordinals, profiles, strict=True)
        if profile is not None
    ]
    return connection_of(edges, has_next=page.has_more, has_previous=after is not None, count=count)


def _ordinal(list_name: str, after: str | None) -> int | None:
    return decode_cursor(list_name, after, int) if after else None


def _place(position: list[Position]) -> tuple[int, int]:
    match position:
        case [int() as generation, int() as ordinal]:
            return generation, ordinal
        case _:
            raise RequestError(RequestCode.INVALID, "This is not a cursor of this list.", field=("after",))


def _change_node(profile_type: str, change: ledger.MembershipChange) -> MembershipChange:
    return MembershipChange(
        stored=change,
        profile_type=profile_type,
        profile_id=to_global_id("Profile", f"{profile_type}:{change.ordinal}"),
        entered=change.entered,
        at=change.at,
        cause=change.cause,
        generation=change.generation,
    )
