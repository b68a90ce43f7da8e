"""The noun Profile: a record with a key and attributes, by key or in pages."""

from asyncio import gather
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError
from seggql.graphql.catalog.types import ProfileType, catalog_of, require_profile_type_node
from seggql.graphql.context import Context, Info
from seggql.graphql.ids import to_global_id
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.pages import After, Connection, First, connection, decode_cursor, page_size
from seggql.graphql.scalars import JSON, to_json
from seggql.ingest.coercion import SURROGATE
from seggql.store import profiles as store
from seggql.store.hub import Hub

if TYPE_CHECKING:
    from seggql.graphql.profiles.interactions import Interaction
    from seggql.graphql.segments.segment import Segment

LazySegment = Annotated["Segment", strawberry.lazy("seggql.graphql.segments.segment")]
"""Segments lead to this noun too."""

Type = Annotated[str, strawberry.argument(description="Name of the profile type.")]
Interactions = Connection[Annotated["Interaction", strawberry.lazy("seggql.graphql.profiles.interactions")]]


@strawberry.type(description="A record of a profile type: a key, and attributes.")
class Profile(Node):
    """The GraphQL form of `store.profiles.StoredProfile`."""

    stored: strawberry.Private[store.StoredProfile]
    type_name: strawberry.Private[str]
    key: str = strawberry.field(description="Its unique key.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field(description="Its type.")
    async def type(self, info: Info) -> ProfileType:
        return await require_profile_type_node(info.context, self.type_name)

    @strawberry.field(description="Values by attribute name; what is missing is left out.")
    def attributes(self) -> JSON:
        return to_json(self.stored.attributes)

    @strawberry.field(description="Segments this profile belongs to now.")
    async def segments(self, info: Info) -> list[LazySegment]:
        from seggql.graphql.segments.segment import segments_of_profiles

        return list(await info.context.loaders.of(segments_of_profiles).load((self.type_name, self.stored.ordinal)))

    @strawberry.field(description="Interactions of one type that concern this profile, newest first.")
    async def interactions(
        self,
        info: Info,
        type: Annotated[str, strawberry.argument(description="Name of the interaction type.")],
        link: Annotated[
            str | None, strawberry.argument(description="Only by this link; left out, by every link to this type.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Interactions:
        from seggql.graphql.profiles.interactions import interactions_of

        return await interactions_of(info.context, self.type_name, self.stored.ordinal, type, link, first, after)


@strawberry.type
class ProfileQuery:
    """Profiles."""

    @strawberry.field(description="A profile by its key; null where there is none.")
    async def profile(
        self, info: Info, type: Type, key: Annotated[str, strawberry.argument(description="Its key.")]
    ) -> Profile | None:
        await _require(info.context, type)
        return await info.context.loaders.of(profiles_by_key).load((type, key))

    @strawberry.field(description="Profiles of a type in the order of their keys, by code point.")
    async def profiles(
        self,
        info: Info,
        type: Type,
        first: First = 50,
        after: After = None,
        key_starts_with: Annotated[
            str | None, strawberry.argument(description="Only those whose key begins so; upper and lower case differ.")
        ] = None,
    ) -> Connection[Profile]:
        await _require(info.context, type)
        return await _page(info.context.hub, type, page_size(first), after, key_starts_with)


def profile_node(profile_type: str, stored: store.StoredProfile) -> Profile:
    """The GraphQL form of a profile."""
    return Profile(
        id=to_global_id("Profile", f"{profile_type}:{stored.ordinal}"),
        stored=stored,
        type_name=profile_type,
        key=stored.key,
        updated_at=stored.updated_at,
    )


async def profiles_by_key(hub: Hub, keys: list[tuple[str, str]]) -> list[Profile | None]:
    """Profiles by type and key, for a loader."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for name, key in keys:
        if not SURROGATE.search(key):
            wanted[name].append(key)
    found = dict(zip(wanted, await gather(*(store.find_profiles(hub, *item) for item in wanted.items())), strict=True))
    return [profile_node(name, found[name][key]) if key in found.get(name, {}) else None for name, key in keys]


async def profiles_by_id(hub: Hub, ids: list[tuple[str, int]]) -> list[Profile | None]:
    """Profiles by type and ordinal, for a loader."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for name, ordinal in ids:
        wanted[name].append(ordinal)
    found = dict(zip(wanted, await gather(*(store.profiles_of(hub, *item) for item in wanted.items())), strict=True))
    return [profile_node(name, found[name][ordinal]) if ordinal in found[name] else None for name, ordinal in ids]


async def read_profile(context: Context, raw: str) -> Profile | None:
    """The profile that a global id names, or None."""
    name, _, ordinal = raw.partition(":")
    if name not in (await catalog_of(context)).profile_types or not ordinal.isdecimal() or len(ordinal) > 10:
        return None
    return await context.loaders.of(profiles_by_id).load((name, int(ordinal)))


async def _require(context: Context, profile_type: str) -> None:
    types = (await catalog_of(context)).profile_types
    if profile_type not in types:
        message = f"There is no profile type {shown(profile_type)}.{did_you_mean(profile_type, types)}"
        raise RequestError(RequestCode.NOT_FOUND, message, field=("type",))


async def _page(
    hub: Hub, profile_type: str, size: int, after: str | None, key_starts_with: str | None
) -> Connection[Profile]:
    if key_starts_with and SURROGATE.search(key_starts_with):
        message = "`keyStartsWith` has half of a surrogate pair, which is no character."
        raise RequestError(RequestCode.INVALID, message, field=("keyStartsWith",))
    list_name = f"profiles:{profile_type}:{key_starts_with or ''}"
    start = decode_cursor(list_name, after, str) if after else None
    rows = await store.page_of_profiles(hub, profile_type, size + 1, after=start, key_starts_with=key_starts_with)
    return connection(
        list_name,
        rows,
        size,
        after=after,
        position=lambda row: row.key,
        node=lambda row: profile_node(profile_type, row),
        count=lambda: store.count_profiles(hub, profile_type, key_starts_with),
    )


NOUN = Noun(query=ProfileQuery, nodes={"Profile": read_profile})
