"""The noun of definitions: mutations that create and extend types."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from seggql.catalog import model
from seggql.catalog.model import AttributeType
from seggql.graphql.catalog.types import (
    InteractionType,
    ProfileType,
    RelationshipType,
    interaction_type_node,
    profile_type_node,
    relationship_type_node,
)
from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.noun import Noun
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.segments.predefined import make_predefined

ERRORS = "Why it was refused; empty where it was done."

BUILDS_INDEXES = (
    "Make new indexes also where the type has 1,000,000 records or more; without it that is refused, and the error "
    "says how long it takes. The answer comes once they are made; `seggql advise` says which ones pay."
)


@strawberry.input(description="A typed attribute.")
class AttributeInput:
    """One attribute of a definition."""

    name: str = strawberry.field(description="Letters, digits and _, not a digit first, at most 100.")
    type: AttributeType = strawberry.field(description="The type of its values; it can never change.")
    is_array: bool | None = strawberry.field(
        default=False, description="Whether it holds an array; it can never change."
    )
    is_indexed: bool | None = strawberry.field(
        default=False,
        description="Make an index for conditions on it, which takes a while where there are many records; see "
        "`buildsIndexes`. An index once made stays.",
    )
    display_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="What people read; left out = leave, null = clear."
    )
    attributes: list["AttributeInput"] | None = strawberry.field(
        default=None, description="The attributes of an OBJECT; those left out stay."
    )


@strawberry.input(description="A new profile type, or what is added to one.")
class DefineProfileTypeInput:
    """What defineProfileType takes."""

    name: str = strawberry.field(description="Letters, digits and _, not a digit first, at most 100.")
    display_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="What people read; left out = leave, null = clear."
    )
    attributes: list[AttributeInput] = strawberry.field(description="Attributes; those left out stay.")
    builds_indexes: bool | None = strawberry.field(default=False, description=BUILDS_INDEXES)


@strawberry.input(description="A new relationship type, or what is added to one.")
class DefineRelationshipTypeInput:
    """What defineRelationshipType takes."""

    name: str = strawberry.field(description="Letters, digits and _, not a digit first, at most 100.")
    source: str = strawberry.field(description="Name of the profile type that edges come from; it can never change.")
    target: str = strawberry.field(description="Name of the profile type that edges lead to; it can never change.")
    attributes: list[AttributeInput] | None = strawberry.field(
        default_factory=list, description="Attributes of an edge; those left out stay."
    )
    builds_indexes: bool | None = strawberry.field(default=False, description=BUILDS_INDEXES)


@strawberry.input(description="A way in which interactions name a profile.")
class LinkInput:
    """One link of a definition."""

    name: str = strawberry.field(description="Letters, digits and _, not a digit first, at most 100.")
    profile_type: str = strawberry.field(description="Name of the profile type it leads to; it can never change.")


@strawberry.input(description="A new interaction type, or what is added to one.")
class DefineInteractionTypeInput:
    """What defineInteractionType takes."""

    name: str = strawberry.field(description="Letters, digits and _, not a digit first, at most 100.")
    links: list[LinkInput] = strawberry.field(description="Links, one at least; those left out stay.")
    attributes: list[AttributeInput] = strawberry.field(description="Attributes; those left out stay.")
    is_activity: bool | None = strawberry.field(
        default=False,
        description="Marks it as activity, for ever: for each of its links two read-only segments are made, of the "
        "profiles that were active in the last 30 days and of all others. They begin inactive.",
    )
    builds_indexes: bool | None = strawberry.field(default=False, description=BUILDS_INDEXES)


@strawberry.type(description="A profile type that was defined, or why not.")
class ProfileTypePayload:
    """What defineProfileType answers."""

    profile_type: ProfileType | None = strawberry.field(description="The type as it is now; null where refused.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A relationship type that was defined, or why not.")
class RelationshipTypePayload:
    """What defineRelationshipType answers."""

    relationship_type: RelationshipType | None = strawberry.field(
        description="The type as it is now; null where refused."
    )
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="An interaction type that was defined, or why not.")
class InteractionTypePayload:
    """What defineInteractionType answers."""

    interaction_type: InteractionType | None = strawberry.field(
        description="The type as it is now; null where refused."
    )
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class DefinitionMutation:
    """Definitions."""

    @strawberry.mutation(
        description="Create a profile type, or extend it: what is left out stays, incompatible changes are refused."
    )
    async def define_profile_type(
        self, info: Info, input: Annotated[DefineProfileTypeInput, strawberry.argument(description="The type.")]
    ) -> ProfileTypePayload:
        wanted = model.ProfileType(
            name=input.name, display_name=_display_name(input.display_name), attributes=_attributes(input.attributes)
        )
        try:
            defined = await define_profile_type(info.context.hub, wanted, builds_indexes=bool(input.builds_indexes))
        except REFUSALS as error:
            return ProfileTypePayload(profile_type=None, errors=user_errors(error))
        return ProfileTypePayload(profile_type=profile_type_node(defined), errors=[])

    @strawberry.mutation(
        description="Create a relationship type, or extend it: what is left out stays, its ends never change."
    )
    async def define_relationship_type(
        self, info: Info, input: Annotated[DefineRelationshipTypeInput, strawberry.argument(description="The type.")]
    ) -> RelationshipTypePayload:
        wanted = model.RelationshipType(
            name=input.name, source=input.source, target=input.target, attributes=_attributes(input.attributes or [])
        )
        try:
            defined = await define_relationship_type(
                info.context.hub, wanted, builds_indexes=bool(input.builds_indexes)
            )
        except REFUSALS as error:
            return RelationshipTypePayload(relationship_type=None, errors=user_errors(error))
        return RelationshipTypePayload(relationship_type=relationship_type_node(defined), errors=[])

    @strawberry.mutation(
        description="Create an interaction type, or extend it: what is left out stays, links never change."
    )
    async def define_interaction_type(
        self, info: Info, input: Annotated[DefineInteractionTypeInput, strawberry.argument(description="The type.")]
    ) -> InteractionTypePayload:
        try:
            defined = await define_interaction_type(
                info.context.hub, _interaction_type(input), builds_indexes=bool(input.builds_indexes)
            )
            if defined.is_activity:
                await make_predefined(info.context.hub, info.context.settings)
        except REFUSALS as error:
            return InteractionTypePayload(interaction_type=None, errors=user_errors(error))
        return InteractionTypePayload(interaction_type=interaction_type_node(defined), errors=[])


def _interaction_type(input: DefineInteractionTypeInput) -> model.InteractionType:
    return model.InteractionType(
        name=input.name,
        links=tuple(model.Link(name=link.name, profile_type=link.profile_type) for link in input.links),
        attributes=_attributes(input.attributes),
        is_activity=bool(input.is_activity),
    )


def _attributes(inputs: Sequence[AttributeInput]) -> tuple[model.Attribute, ...]:
    return tuple(
        model.Attribute(
            name=input.name,
            type=input.type,
            is_array=bool(input.is_array),
            is_indexed=bool(input.is_indexed),
            display_name=_display_name(input.display_name),
            attributes=_attributes(input.attributes or []),
        )
        for input in inputs
    )


def _display_name(given: str | None) -> str | None:
    """None leaves the name as it was; the empty text, which null stands for, clears it."""
    if given is strawberry.UNSET:
        return None
    return given or ""


NOUN = Noun(mutation=DefinitionMutation)
