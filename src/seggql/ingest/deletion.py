"""Deleting profiles: gone from every read at once, then their edges and links are cleared away."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bson import ObjectId
from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.ingest.outcome import BadRow, Rejection, RemoveOutcome, rejection
from seggql.ingest.rows import read_key
from seggql.ingest.types import require_profile_type
from seggql.store.batches import abandoned_deletions, close_abandoned_batches, close_batch
from seggql.store.bitmaps import from_binary
from seggql.store.catalog import load_catalog
from seggql.store.deletion import delete_keys, record_neighbours
from seggql.store.erasures import await_erasure
from seggql.store.hub import Hub
from seggql.store.interactions import unlink_profiles
from seggql.store.pack_writes import packs_in_use
from seggql.store.relationships import delete_edges_at, far_ends
from seggql.store.tail import writers_of_profiles

DELETED_AT_ONCE = 1_000
"""Keys a transaction: it stays well below the minute that MongoDB grants one."""

NEIGHBOURS = 1_000_000
"""Edges of one end up to which a deletion records where they lead (some seconds); past that refreshes look at
everybody, as they do for so many candidates anyway."""


async def delete_profiles(hub: Hub, profile_type: str, keys: Sequence[object]) -> RemoveOutcome:
    """Delete the profiles with these keys, their edges, and their links in interactions.

    A key seen again later is a new profile.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError.
    """
    await require_profile_type(hub, profile_type)
    valid: list[str] = []
    rejections: list[Rejection] = []
    for index, key in enumerate(keys):
        try:
            valid.append(read_key(key, "key"))
        except BadRow as bad:
            rejections.append(rejection(index, bad))
    removed = 0
    distinct = list(dict.fromkeys(valid))
    for start in range(0, len(distinct), DELETED_AT_ONCE):
        removed += await _delete(hub, profile_type, distinct[start : start + DELETED_AT_ONCE])
    return RemoveOutcome(
        received=len(keys),
        removed=removed,
        unknown=len(valid) - removed,
        rejected=len(rejections),
        rejections=tuple(rejections),
    )


async def sweep_batches(hub: Hub, now: datetime) -> int:
    """Finish what writers left behind when they died: close their batches, clear away after their deletions.

    Returns how many batches there were. Safe to run at any time, by several processes at once.
    """
    catalog = await load_catalog(hub)
    deletions = await abandoned_deletions(hub, now)
    for row in deletions:
        for profile_type, ordinals in row["touched"].items():
            await _clear_away(hub, catalog, profile_type, from_binary(ordinals), row["_id"])
        await _end(hub, catalog, row["touched"], row["_id"])
    return len(deletions) + await close_abandoned_batches(hub, now)


async def _delete(hub: Hub, profile_type: str, keys: list[str]) -> int:
    batch_id = ObjectId()
    ordinals = await delete_keys(hub, profile_type, keys, batch_id)
    if ordinals:
        catalog = await load_catalog(hub)
        await _clear_away(hub, catalog, profile_type, ordinals, batch_id)
        await _end(hub, catalog, [profile_type], batch_id)
    return len(ordinals)


async def _end(hub: Hub, catalog: Catalog, profile_types: Iterable[str], batch_id: ObjectId) -> None:
    """Close the batch; where packs may hold something of the profiles, leave that to whoever erases it from them.

    A pack that is made after this look is made of documents that have nothing of them any more.
    """
    related = {collection for name in profile_types for collection in writers_of_profiles(catalog, name)}
    if in_use := await packs_in_use(hub, sorted(related)):
        await await_erasure(hub, batch_id, in_use)
    else:
        await close_batch(hub, batch_id)


async def _clear_away(hub: Hub, catalog: Catalog, profile_type: str, ordinals: BitMap, batch_id: ObjectId) -> None:
    """Remove what still points to deleted profiles; doing it twice does no harm."""
    gone = list(ordinals)
    await record_neighbours(hub, batch_id, await _neighbours(hub, catalog, profile_type, gone))
    for relationship, end, _ in _ends_of(catalog, profile_type):
        await delete_edges_at(hub, relationship, end, gone)
    for interaction in catalog.interactions_of(profile_type):
        for link in interaction.links:
            if link.profile_type == profile_type:
                await unlink_profiles(hub, interaction.name, link.name, gone)


async def _neighbours(hub: Hub, catalog: Catalog, profile_type: str, gone: Sequence[int]) -> dict[str, BitMap] | None:
    """Who has edges with deleted profiles, by profile type; None where these are too many."""
    neighbours: dict[str, BitMap] = {}
    for relationship, end, far_type in _ends_of(catalog, profile_type):
        found = await far_ends(hub, relationship, end, gone, NEIGHBOURS)
        if found is None:
            return None
        neighbours[far_type] = neighbours.get(far_type, BitMap()) | found
    return neighbours


def _ends_of(catalog: Catalog, profile_type: str) -> Iterator[tuple[str, str, str]]:
    """The ends of edges at which a type stands: the relationship, "source" or "target", and the type at the other."""
    for relationship in catalog.relationships_of(profile_type):
        if relationship.source == profile_type:
            yield relationship.name, "source", relationship.target
        if relationship.target == profile_type:
            yield relationship.name, "target", relationship.source
