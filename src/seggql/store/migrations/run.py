"""Brings the collections of a hub to the version that the code expects; the process that starts first does it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

from pymongo.errors import DuplicateKeyError

from seggql.errors import SchemaError
from seggql.stopping import cancel_for_certain
from seggql.store.hub import Document, Hub
from seggql.store.outage import OUTAGES

logger = logging.getLogger(__name__)

Migration = Callable[[Hub], Awaitable[None]]
"""One step, from the version before to its own; idempotent."""

SCHEMA = "schema"
"""The collection: one document with the version, one that is the lock."""

VERSION, LOCK = "version", "lock"

LEASE_S, WAIT_S = 30.0, 0.2
"""How long a process that died in a migration keeps others waiting, and how often they look."""


async def settle_schema(hub: Hub, migrations: Sequence[Migration], *, lease_s: float = LEASE_S) -> None:
    """Run what is missing of `migrations`, or wait until another process has.

    Raises: SchemaError where the database is newer than this code.
    """
    newest = len(migrations) + 1
    while await stored_version(hub, newest=newest) != newest:
        async with _locked(hub, lease_s) as is_ours:
            if is_ours:
                await _migrate(hub, migrations)
        if not is_ours:
            await asyncio.sleep(WAIT_S)


async def stored_version(hub: Hub, *, newest: int) -> int:
    """The version of the hub, 0 where none was written yet. Raises: SchemaError where it is past `newest`."""
    stored = await hub.collection(SCHEMA).find_one({"_id": VERSION})
    version = int(stored["version"]) if stored else 0
    if version > newest:
        raise SchemaError(
            f"The database {hub.database.name!r} has version {version} of the schema, written by a newer seggql; this "
            f"one knows versions up to {newest}. Start the newer release, or restore the backup made before it."
        )
    return version


async def _migrate(hub: Hub, migrations: Sequence[Migration]) -> None:
    """Every step from the stored version on; a hub without one is as the first release left it, or new."""
    version = max(await stored_version(hub, newest=len(migrations) + 1), 1)
    for number, migration in enumerate(migrations, start=2):
        if number > version:
            start = monotonic()
            await migration(hub)
            await _store(hub, number)
            elapsed_ms = round((monotonic() - start) * 1000)
            logger.info("migrated version=%d step=%s elapsed_ms=%d", number, migration.__name__, elapsed_ms)
    if not migrations:
        await _store(hub, 1)


async def _store(hub: Hub, version: int) -> None:
    await hub.collection(SCHEMA).update_one({"_id": VERSION}, {"$max": {"version": version}}, upsert=True)


@asynccontextmanager
async def _locked(hub: Hub, lease_s: float) -> AsyncIterator[bool]:
    """Whether the lock is ours, by a lease that is extended while the block runs and given back at its end."""
    owner = uuid4().hex
    if not await _take(hub, owner, lease_s):
        yield False
        return
    heart = asyncio.create_task(_beat(hub, owner, lease_s))
    try:
        yield True
    finally:
        await cancel_for_certain([heart])
        await hub.collection(SCHEMA).delete_one({"_id": LOCK, "owner": owner})


async def _take(hub: Hub, owner: str, lease_s: float) -> bool:
    free: Document = {"_id": LOCK, "owner": None, "until": datetime.fromtimestamp(0, UTC)}
    with suppress(DuplicateKeyError):
        await hub.collection(SCHEMA).insert_one(free)
    taken = await hub.collection(SCHEMA).update_one(
        {"_id": LOCK, "$expr": {"$lt": ["$until", "$$NOW"]}},
        [{"$set": {"owner": owner, "until": {"$add": ["$$NOW", round(lease_s * 1000)]}}}],
    )
    return taken.matched_count == 1


async def _beat(hub: Hub, owner: str, lease_s: float) -> None:
    """Two processes that migrate at once would do no harm, each step being idempotent; they would waste time."""
    until: list[Document] = [{"$set": {"until": {"$add": ["$$NOW", round(lease_s * 1000)]}}}]
    while True:
        await asyncio.sleep(lease_s / 4)
        try:
            await hub.collection(SCHEMA).update_one({"_id": LOCK, "owner": owner}, until)
        except OUTAGES as error:
            logger.warning("heartbeat of a migration missed error=%s", type(error).__name__)
