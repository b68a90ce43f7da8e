"""The version of our own collections that this code works with."""

from seggql.store.hub import Hub
from seggql.store.migrations import MIGRATIONS
from seggql.store.migrations.run import settle_schema, stored_version

VERSION = len(MIGRATIONS) + 1
"""Of the collections, not of seggql: it goes up with each migration."""


async def bring_up_to_date(hub: Hub) -> None:
    """Migrate what an older seggql left, or wait for the process that does.

    Raises: SchemaError where the database is newer than this code.
    """
    await settle_schema(hub, MIGRATIONS)


async def schema_version(hub: Hub) -> int:
    """The version of the hub, 0 before any process has opened it. Raises: SchemaError where it is newer."""
    return await stored_version(hub, newest=VERSION)
