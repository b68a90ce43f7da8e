"""The noun of the catalog: profile, relationship and interaction types, as they are read."""

from asyncio import gather
from typing import Annotated

import strawberry

from seggql.catalog import model
from seggql.catalog.model import AttributeType, Catalog
from seggql.graphql.context import Context, Info
from seggql.graphql.ids import to_global_id
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.interactions import count_interactions
from seggql.store.profiles import count_profiles
from seggql.store.relationships import count_edges

strawberry.enum(AttributeType, name="AttributeType", description="What values an attribute has.")

Name = Annotated[str, strawberry.argument(description="Its name.")]


@strawberry.type(description="A typed attribute of a profile, an interaction or a relationship.")
class Attribute:
    """The GraphQL form of `catalog.model.Attribute`."""

    name: str = strawberry.field(description="Identifier that queries use.")
    type: AttributeType = strawberry.field(description="The type of its values.")
    is_array: bool = strawberry.field(description="Whether it holds an array of such values.")
    is_indexed: bool = strawberry.field(description="Whether an index serves conditions on it.")
    display_name: str | None = strawberry.field(description="What people read.")
    attributes: list["Attribute"] = strawberry.field(description="The attributes of an OBJECT; else empty.")


@strawberry.type(description="A kind of record with typed attributes and a unique key; not only people.")
class ProfileType(Node):
    """The GraphQL form of `catalog.model.ProfileType`."""

    name: str = strawberry.field(description="Identifier that queries use.")
    display_name: str | None = strawberry.field(description="What people read.")
    attributes: list[Attribute] = strawberry.field(description="Its attributes, in the order they were defined.")

    @strawberry.field(description="How many profiles there are.")
    async def count(self, info: Info) -> int:
        return await info.context.loaders.of(_profile_counts).load(self.name)

    @strawberry.field(description="The relationship types that touch it at either end, by name.")
    async def relationships(self, info: Info) -> list["RelationshipType"]:
        catalog = await catalog_of(info.context)
        return [relationship_type_node(type_) for type_ in catalog.relationships_of(self.name)]

    @strawberry.field(description="The interaction types with a link to it, by name.")
    async def interactions(self, info: Info) -> list["InteractionType"]:
        catalog = await catalog_of(info.context)
        return [interaction_type_node(type_) for type_ in catalog.interactions_of(self.name)]


@strawberry.type(description="A directed edge between two profile types, with attributes of its own.")
class RelationshipType(Node):
    """The GraphQL form of `catalog.model.RelationshipType`."""

    defined: strawberry.Private[model.RelationshipType]
    name: str = strawberry.field(description="Identifier that queries use.")
    attributes: list[Attribute] = strawberry.field(description="The attributes of an edge.")

    @strawberry.field(description="The profile type that edges come from.")
    async def source(self, info: Info) -> ProfileType:
        return await require_profile_type_node(info.context, self.defined.source)

    @strawberry.field(description="The profile type that edges lead to.")
    async def target(self, info: Info) -> ProfileType:
        return await require_profile_type_node(info.context, self.defined.target)

    @strawberry.field(description="How many edges there are.")
    async def count(self, info: Info) -> int:
        return await info.context.loaders.of(_edge_counts).load(self.name)


@strawberry.type(description="How an interaction type names a profile that it concerns.")
class Link:
    """The GraphQL form of `catalog.model.Link`."""

    defined: strawberry.Private[model.Link]
    name: str = strawberry.field(description="Identifier that queries use.")

    @strawberry.field(description="The type of the profiles that it names.")
    async def profile_type(self, info: Info) -> ProfileType:
        return await require_profile_type_node(info.context, self.defined.profile_type)


@strawberry.type(description="An immutable, time-stamped act with typed attributes and links to profiles.")
class InteractionType(Node):
    """The GraphQL form of `catalog.model.InteractionType`."""

    name: str = strawberry.field(description="Identifier that queries use.")
    links: list[Link] = strawberry.field(description="How its interactions name profiles.")
    attributes: list[Attribute] = strawberry.field(description="The attributes of an interaction.")
    is_activity: bool = strawberry.field(description="Whether it counts as activity of the profiles it links to.")

    @strawberry.field(description="How many interactions there are.")
    async def count(self, info: Info) -> int:
        return await info.context.loaders.of(_interaction_counts).load(self.name)


@strawberry.type
class CatalogQuery:
    """Types."""

    @strawberry.field(description="Every profile type, by name.")
    async def profile_types(self, info: Info) -> list[ProfileType]:
        return [profile_type_node(type_) for type_ in (await catalog_of(info.context)).profile_types.values()]

    @strawberry.field(description="Every interaction type, by name.")
    async def interaction_types(self, info: Info) -> list[InteractionType]:
        return [interaction_type_node(type_) for type_ in (await catalog_of(info.context)).interaction_types.values()]

    @strawberry.field(description="Every relationship type, by name.")
    async def relationship_types(self, info: Info) -> list[RelationshipType]:
        return [relationship_type_node(type_) for type_ in (await catalog_of(info.context)).relationship_types.values()]

    @strawberry.field(description="A profile type by its name; null where there is none.")
    async def profile_type(self, info: Info, name: Name) -> ProfileType | None:
        return await read_profile_type(info.context, name)

    @strawberry.field(description="An interaction type by its name; null where there is none.")
    async def interaction_type(self, info: Info, name: Name) -> InteractionType | None:
        return await read_interaction_type(info.context, name)

    @strawberry.field(description="A relationship type by its name; null where there is none.")
    async def relationship_type(self, info: Info, name: Name) -> RelationshipType | None:
        return await read_relationship_type(info.context, name)


async def catalog_of(context: Context) -> Catalog:
    """The catalog, read once for an operation."""
    return await context.loaders.of(_catalogs).load("catalog")


async def read_profile_type(context: Context, name: str) -> ProfileType | None:
    """The profile type called `name`, or None."""
    found = (await catalog_of(context)).profile_types.get(name)
    return profile_type_node(found) if found else None


async def require_profile_type_node(context: Context, name: str) -> ProfileType:
    """The profile type called `name`, which something that is stored refers to; types are never deleted."""
    return profile_type_node((await catalog_of(context)).profile_types[name])


async def read_interaction_type(context: Context, name: str) -> InteractionType | None:
    """The interaction type called `name`, or None."""
    found = (await catalog_of(context)).interaction_types.get(name)
    return interaction_type_node(found) if found else None


async def read_relationship_type(context: Context, name: str) -> RelationshipType | None:
    """The relationship type called `name`, or None."""
    found = (await catalog_of(context)).relationship_types.get(name)
    return relationship_type_node(found) if found else None


def profile_type_node(type_: model.ProfileType) -> ProfileType:
    """The GraphQL form of a profile type."""
    return ProfileType(
        id=to_global_id("ProfileType", type_.name),
        name=type_.name,
        display_name=type_.display_name,
        attributes=_attributes(type_.attributes),
    )


def relationship_type_node(type_: model.RelationshipType) -> RelationshipType:
    """The GraphQL form of a relationship type."""
    return RelationshipType(
        id=to_global_id("RelationshipType", type_.name),
        defined=type_,
        name=type_.name,
        attributes=_attributes(type_.attributes),
    )


def interaction_type_node(type_: model.InteractionType) -> InteractionType:
    """The GraphQL form of an interaction type."""
    return InteractionType(
        id=to_global_id("InteractionType", type_.name),
        name=type_.name,
        links=[Link(defined=link, name=link.name) for link in type_.links],
        attributes=_attributes(type_.attributes),
        is_activity=type_.is_activity,
    )


def _attributes(attributes: tuple[model.Attribute, ...]) -> list[Attribute]:
    return [
        Attribute(
            name=attribute.name,
            type=attribute.type,
            is_array=attribute.is_array,
            is_indexed=attribute.is_indexed,
            display_name=attribute.display_name,
            attributes=_attributes(attribute.attributes),
        )
        for attribute in attributes
    ]


async def _catalogs(hub: Hub, keys: list[str]) -> list[Catalog]:
    return [await load_catalog(hub)] * len(keys)


async def _profile_counts(hub: Hub, names: list[str]) -> list[int]:
    return list(await gather(*(count_profiles(hub, name) for name in names)))


async def _edge_counts(hub: Hub, names: list[str]) -> list[int]:
    return list(await gather(*(count_edges(hub, name) for name in names)))


async def _interaction_counts(hub: Hub, names: list[str]) -> list[int]:
    return list(await gather(*(count_interactions(hub, name) for name in names)))


NOUN = Noun(
    query=CatalogQuery,
    nodes={
        "ProfileType": read_profile_type,
        "InteractionType": read_interaction_type,
        "RelationshipType": read_relationship_type,
    },
)
