"""Finds the type that rows are for, or says which name was meant."""

from collections.abc import Mapping
from typing import TypeVar

from seggql.catalog.model import InteractionType, ProfileType, RelationshipType
from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub

T = TypeVar("T", ProfileType, RelationshipType, InteractionType)


async def require_profile_type(hub: Hub, name: str) -> ProfileType:
    """Raises: RequestError NOT_FOUND."""
    return _require((await load_catalog(hub)).profile_types, name, "profile type")


async def require_interaction_type(hub: Hub, name: str) -> InteractionType:
    """Raises: RequestError NOT_FOUND."""
    return _require((await load_catalog(hub)).interaction_types, name, "interaction type")


async def require_relationship_type(hub: Hub, name: str) -> RelationshipType:
    """Raises: RequestError NOT_FOUND."""
    return _require((await load_catalog(hub)).relationship_types, name, "relationship type")


def _require(types: Mapping[str, T], name: str, kind: str) -> T:
    if name not in types:
        raise RequestError(
            RequestCode.NOT_FOUND, f"There is no {kind} {shown(name)}.{did_you_mean(name, types)}", field=("type",)
        )
    return types[name]
