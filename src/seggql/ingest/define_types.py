"""Defining types: a new one gets its collections and indexes before anybody can see it, a known one is extended."""

from collections.abc import Callable
from typing import TypeVar

from seggql.catalog.extend import extend_interaction_type, extend_profile_type, extend_relationship_type
from seggql.catalog.model import Catalog, InteractionType, ProfileType, RelationshipType
from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError
from seggql.store.catalog import find_type, insert_type, load_catalog, replace_type
from seggql.store.collections import (
    BUILD_US,
    collection_of,
    drop_superseded_indexes,
    make_collections,
    new_indexes,
)
from seggql.store.hub import Hub

LARGE = 1_000_000
"""Documents from which on an index is not made in passing: it takes seconds, and of a hundred millions minutes."""

ATTEMPTS = 20
"""How often a definition is tried again where another one of the same type came between."""

T = TypeVar("T", ProfileType, RelationshipType, InteractionType)


async def define_profile_type(hub: Hub, wanted: ProfileType, *, builds_indexes: bool = False) -> ProfileType:
    """Create the profile type, or add what is new of it to the one there is; what `wanted` leaves out stays.

    New indexes of a collection that has LARGE documents or more are made where `builds_indexes` says so.

    Raises: RequestError INVALID, CONFLICT, LIMIT_REACHED or NOT_ALLOWED with the path of the input that is at fault.
    """
    return await _define(
        hub, ProfileType, wanted.name, lambda known: extend_profile_type(known, wanted), builds_indexes
    )


async def define_relationship_type(
    hub: Hub, wanted: RelationshipType, *, builds_indexes: bool = False
) -> RelationshipType:
    """Create the relationship type, or add fields to the one there is.

    Raises: RequestError as `define_profile_type`, and NOT_FOUND where an end is no profile type.
    """
    catalog = await load_catalog(hub)
    _require_profile_type(catalog, wanted.source, ("source",))
    _require_profile_type(catalog, wanted.target, ("target",))
    return await _define(
        hub, RelationshipType, wanted.name, lambda known: extend_relationship_type(known, wanted), builds_indexes
    )


async def define_interaction_type(
    hub: Hub, wanted: InteractionType, *, builds_indexes: bool = False
) -> InteractionType:
    """Create the interaction type, or add fields and links to the one there is.

    Raises: RequestError as `define_profile_type`, and NOT_FOUND where a link leads to no profile type.
    """
    catalog = await load_catalog(hub)
    for index, link in enumerate(wanted.links):
        _require_profile_type(catalog, link.profile_type, ("links", str(index), "profileType"))
    return await _define(
        hub, InteractionType, wanted.name, lambda known: extend_interaction_type(known, wanted), builds_indexes
    )


async def _define(hub: Hub, kind: type[T], name: str, extend: Callable[[T | None], T], builds_indexes: bool) -> T:
    for _ in range(ATTEMPTS):
        found = await find_type(hub, kind, name)
        known = found[0] if found else None
        extended = extend(known)
        if extended == known:
            return extended
        if known is not None and not builds_indexes:
            await _refuse_long_builds(hub, extended, known)
        await make_collections(hub, extended, known)
        if found is None:
            if await insert_type(hub, extended):
                return extended
        elif await replace_type(hub, extended, found[1]):
            await drop_superseded_indexes(hub, extended, found[0])
            return extended
    raise RequestError(RequestCode.CONFLICT, f"{name} is being defined by others at the same time; try again.")


async def _refuse_long_builds(hub: Hub, extended: T, known: T) -> None:
    """Raises: RequestError (NOT_ALLOWED) where indexes of many documents would be made, saying how long that takes."""
    count = len(new_indexes(extended, known))
    documents = await hub.collection(collection_of(extended)).estimated_document_count() if count else 0
    if documents >= LARGE:
        seconds = documents * count * BUILD_US / 1e6
        raise RequestError(
            RequestCode.NOT_ALLOWED,
            f"{extended.name} has about {documents:,} documents, and this makes {count} "
            f"{'index' if count == 1 else 'indexes'} of them: it takes about {seconds:,.0f} s, MongoDB has less time "
            "for others meanwhile, and writes take longer from then on. Say buildsIndexes: true where that is meant.",
            field=("buildsIndexes",),
        )


def _require_profile_type(catalog: Catalog, name: str, path: tuple[str, ...]) -> None:
    if name not in catalog.profile_types:
        raise RequestError(
            RequestCode.NOT_FOUND,
            f"There is no profile type {shown(name)}; define it first.{did_you_mean(name, catalog.profile_types)}",
            field=path,
        )
