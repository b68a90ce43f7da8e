"""The documents of the catalog: profile types, relationship types and interaction types, each under its name."""

from typing import ClassVar

from pydantic import BaseModel, Field

from seggql.catalog.model import (
    Attribute,
    AttributeType,
    InteractionType,
    Link,
    ProfileType,
    RelationshipType,
)


class AttributeDocument(BaseModel):
    """Attribute as it is stored."""

    name: str
    type: AttributeType
    is_array: bool = False
    is_indexed: bool = False
    display_name: str | None = None
    attributes: list["AttributeDocument"] = []


class LinkDocument(BaseModel):
    """Link as it is stored."""

    name: str
    profile_type: str


class ProfileTypeDocument(BaseModel):
    """ProfileType as it is stored; `version` counts its extensions. The bitmap of deleted ordinals lies beside them."""

    COLLECTION: ClassVar[str] = "profile_types"

    id: str = Field(alias="_id")
    version: int = 1
    display_name: str | None = None
    attributes: list[AttributeDocument] = []


class RelationshipTypeDocument(BaseModel):
    """RelationshipType as it is stored."""

    COLLECTION: ClassVar[str] = "relationship_types"

    id: str = Field(alias="_id")
    version: int = 1
    source: str
    target: str
    attributes: list[AttributeDocument] = []


class InteractionTypeDocument(BaseModel):
    """InteractionType as it is stored."""

    COLLECTION: ClassVar[str] = "interaction_types"

    id: str = Field(alias="_id")
    version: int = 1
    links: list[LinkDocument]
    attributes: list[AttributeDocument] = []
    is_activity: bool = False


TypeDocument = ProfileTypeDocument | RelationshipTypeDocument | InteractionTypeDocument


def document_of(record_type: ProfileType | RelationshipType | InteractionType) -> TypeDocument:
    """The document of a type in its first version."""
    attributes = [_attribute_document(attribute) for attribute in record_type.attributes]
    match record_type:
        case ProfileType():
            return ProfileTypeDocument(
                _id=record_type.name, display_name=record_type.display_name, attributes=attributes
            )
        case RelationshipType():
            return RelationshipTypeDocument(
                _id=record_type.name, source=record_type.source, target=record_type.target, attributes=attributes
            )
        case InteractionType():
            links = [LinkDocument(name=link.name, profile_type=link.profile_type) for link in record_type.links]
            return InteractionTypeDocument(
                _id=record_type.name, links=links, attributes=attributes, is_activity=record_type.is_activity
            )


def type_of(document: TypeDocument) -> ProfileType | RelationshipType | InteractionType:
    """The type that a document holds."""
    attributes = tuple(_attribute(attribute) for attribute in document.attributes)
    match document:
        case ProfileTypeDocument():
            return ProfileType(name=document.id, display_name=document.display_name, attributes=attributes)
        case RelationshipTypeDocument():
            return RelationshipType(
                name=document.id, source=document.source, target=document.target, attributes=attributes
            )
        case InteractionTypeDocument():
            links = tuple(Link(name=link.name, profile_type=link.profile_type) for link in document.links)
            return InteractionType(
                name=document.id, links=links, attributes=attributes, is_activity=document.is_activity
            )


def _attribute_document(attribute: Attribute) -> AttributeDocument:
    return AttributeDocument(
        name=attribute.name,
        type=attribute.type,
        is_array=attribute.is_array,
        is_indexed=attribute.is_indexed,
        display_name=attribute.display_name,
        attributes=[_attribute_document(inner) for inner in attribute.attributes],
    )


def _attribute(document: AttributeDocument) -> Attribute:
    return Attribute(
        name=document.name,
        type=document.type,
        is_array=document.is_array,
        is_indexed=document.is_indexed,
        display_name=document.display_name,
        attributes=tuple(_attribute(inner) for inner in document.attributes),
    )
