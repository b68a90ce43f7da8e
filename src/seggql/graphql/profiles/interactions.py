"""The noun Interaction: what happened to profiles, newest first."""

from asyncio import gather
from collections import defaultdict
from datetime import datetime

import strawberry

from seggql.catalog.model import InteractionType as DefinedType
from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError
from seggql.graphql.catalog.types import InteractionType, catalog_of, interaction_type_node
from seggql.graphql.context import Context, Info
from seggql.graphql.ids import to_global_id
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.pages import Connection, Position, connection, decode_cursor, page_size
from seggql.graphql.profiles.profile import Profile, profiles_by_id
from seggql.graphql.scalars import JSON, to_json
from seggql.ingest.coercion import SURROGATE
from seggql.store import interactions as store
from seggql.store.hub import Hub

PageKey = tuple[str, tuple[str, ...], int, int]
"""What a loader reads a first page by: interaction type, links, limit, ordinal."""

CountKey = tuple[str, tuple[str, ...], int]
"""What a loader counts by: interaction type, links, ordinal."""


@strawberry.type(description="A profile that an interaction concerns.")
class LinkedProfile:
    """One link of an interaction."""

    profile_type: strawberry.Private[str]
    ordinal: strawberry.Private[int]
    name: str = strawberry.field(description="Name of the link.")

    @strawberry.field(description="The profile; null once it has been deleted.")
    async def profile(self, info: Info) -> Profile | None:
        return await info.context.loaders.of(profiles_by_id).load((self.profile_type, self.ordinal))


@strawberry.type(description="Something that happened, with attributes of its own; it never changes.")
class Interaction(Node):
    """The GraphQL form of `store.interactions.StoredInteraction`."""

    stored: strawberry.Private[store.StoredInteraction]
    defined: strawberry.Private[DefinedType]
    timestamp: datetime = strawberry.field(description="When it happened.")

    @strawberry.field(description="Its type.")
    def type(self) -> InteractionType:
        return interaction_type_node(self.defined)

    @strawberry.field(description="The profiles that it concerns.")
    def links(self) -> list[LinkedProfile]:
        linked = self.stored.links
        return [
            LinkedProfile(profile_type=link.profile_type, ordinal=linked[link.name], name=link.name)
            for link in self.defined.links
            if link.name in linked
        ]

    @strawberry.field(description="Values by attribute name; what is missing is left out.")
    def attributes(self) -> JSON:
        return to_json(self.stored.attributes)


async def interactions_of(
    context: Context, profile_type: str, ordinal: int, name: str, link: str | None, first: int | None, after: str | None
) -> Connection[Interaction]:
    """A page of the interactions of one type that link to a profile."""
    defined = await _require(context, name)
    links = _links(defined, profile_type, link)
    size = page_size(first, 20)
    list_name = f"interactions:{profile_type}:{ordinal}:{name}:{','.join(links)}"
    if after:
        start = _start(decode_cursor(list_name, after, list))
        rows = await store.page_of_interactions(context.hub, name, links, ordinal, size + 1, start)
    else:
        rows = await context.loaders.of(_first_pages).load((name, links, size + 1, ordinal))
    return connection(
        list_name,
        rows,
        size,
        after=after,
        position=lambda row: [row.timestamp.isoformat(), row.id],
        node=lambda row: interaction_node(defined, row),
        count=lambda: context.loaders.of(_counts).load((name, links, ordinal)),
    )


def interaction_node(defined: DefinedType, stored: store.StoredInteraction) -> Interaction:
    """The GraphQL form of an interaction."""
    return Interaction(
        id=to_global_id("Interaction", f"{defined.name}:{stored.id}"),
        stored=stored,
        defined=defined,
        timestamp=stored.timestamp,
    )


async def read_interaction(context: Context, raw: str) -> Interaction | None:
    """The interaction that a global id names, or None."""
    name, _, id_ = raw.partition(":")
    defined = (await catalog_of(context)).interaction_types.get(name)
    if defined is None or SURROGATE.search(id_):
        return None
    stored = await context.loaders.of(_by_id).load((name, id_))
    return interaction_node(defined, stored) if stored else None


async def _require(context: Context, name: str) -> DefinedType:
    types = (await catalog_of(context)).interaction_types
    if name not in types:
        message = f"There is no interaction type {shown(name)}.{did_you_mean(name, types)}"
        raise RequestError(RequestCode.NOT_FOUND, message, field=("type",))
    return types[name]


def _links(defined: DefinedType, profile_type: str, link: str | None) -> tuple[str, ...]:
    """The links to follow: the one that is asked for, or all that lead to the profile's type."""
    leading = tuple(each.name for each in defined.links if each.profile_type == profile_type)
    if link is None and leading:
        return leading
    if link in leading:
        return (link,)
    what = f"link {shown(link)} to" if link is not None else "link to"
    message = f"{defined.name} has no {what} {profile_type}.{did_you_mean(link or '', leading)}"
    raise RequestError(RequestCode.NOT_FOUND, message, field=("link",))


def _start(position: list[Position]) -> tuple[datetime, str]:
    match position:
        case [str() as at, str() as id_] if not SURROGATE.search(id_):
            try:
                return datetime.fromisoformat(at), id_
            except ValueError:
                pass
    raise RequestError(RequestCode.INVALID, "This is not a cursor.", field=("after",))


async def _first_pages(hub: Hub, keys: list[PageKey]) -> list[list[store.StoredInteraction]]:
    """The first pages of many profiles: one read for each link, however many profiles there are."""
    reads: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for name, links, limit, ordinal in keys:
        for link in links:
            reads[name, link, limit].append(ordinal)
    pages = await gather(
        *(store.newest_interactions(hub, name, link, wanted, limit) for (name, link, limit), wanted in reads.items())
    )
    found = dict(zip(reads, pages, strict=True))
    return [
        _merged([found[name, link, limit].get(ordinal, []) for link in links], limit)
        for name, links, limit, ordinal in keys
    ]


def _merged(pages: list[list[store.StoredInteraction]], limit: int) -> list[store.StoredInteraction]:
    distinct = {row.id: row for page in pages for row in page}
    return sorted(distinct.values(), key=lambda row: (row.timestamp, row.id), reverse=True)[:limit]


async def _counts(hub: Hub, keys: list[CountKey]) -> list[int]:
    ordinals: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for name, links, ordinal in keys:
        ordinals[name, links].append(ordinal)
    counted = await gather(
        *(store.count_interactions_of(hub, name, links, wanted) for (name, links), wanted in ordinals.items())
    )
    found = dict(zip(ordinals, counted, strict=True))
    return [found[name, links].get(ordinal, 0) for name, links, ordinal in keys]


async def _by_id(hub: Hub, ids: list[tuple[str, str]]) -> list[store.StoredInteraction | None]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for name, id_ in ids:
        wanted[name].append(id_)
    found = dict(
        zip(wanted, await gather(*(store.find_interactions(hub, *item) for item in wanted.items())), strict=True)
    )
    return [found[name].get(id_) for name, id_ in ids]


NOUN = Noun(nodes={"Interaction": read_interaction})
