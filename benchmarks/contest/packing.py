"""Packs, as far as this seggql has them: made for the contest, weighed, and kept while rows come in."""

from importlib.util import find_spec

from seggql.settings import Settings
from seggql.store.hub import Hub

PACKS = "packs"
"""What figures lack where there are none."""


def has_packs() -> bool:
    """Whether this seggql makes packs."""
    return find_spec("seggql.packs") is not None


async def pack(hub: Hub, settings: Settings) -> None:
    """Make the packs that the active segments want; nothing where this seggql has none."""


async def packs_bytes(hub: Hub) -> int:
    """What packs take on disk."""
    return sum([await stored_bytes(hub, name) for name in await hub.database.list_collection_names() if is_pack(name)])


async def stored_bytes(hub: Hub, collection: str) -> int:
    """What the documents of a collection take on disk, without indexes and what can be used again."""
    facts = await hub.database.command({"collStats": collection})
    return int(facts["storageSize"]) - int(facts.get("freeStorageSize", 0))


def is_pack(collection: str) -> bool:
    """Whether a collection holds packs."""
    return collection.startswith("packs.")
