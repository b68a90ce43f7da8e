"""Packs of the contest's hubs: made, weighed, and kept by a process of their own while rows come in."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.hub import environment_of
from seggql.segments.packing import Packing
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models

OWNER = "benchmark"


async def pack(hub: Hub, settings: Settings) -> None:
    """Bring the packs that the active segments want up to date, without rests."""
    await Packing().keep(hub, settings.model_copy(update={"pack_share": 1.0}), OWNER)


async def pack_for_ever(uri: str, database: str) -> None:
    """Keep the packs as workers do, one time after the other."""
    settings = Settings(mongodb_uri=uri, database=database)
    hub = open_hub(settings)
    try:
        await open_models(hub)
        packing = Packing()
        print(OWNER, flush=True)
        while True:
            await packing.keep(hub, settings, OWNER)
    finally:
        await hub.close()


@asynccontextmanager
async def being_packed(settings: Settings) -> AsyncIterator[None]:
    """A process keeps the packs of the hub meanwhile."""
    arguments = ["-m", "benchmarks.contest.packing", settings.mongodb_uri, settings.database]
    packer = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env=environment_of(settings)
    )
    assert packer.stdout
    assert await packer.stdout.readline(), "the packing process did not start"
    try:
        yield
        assert packer.returncode is None, "the packing process ended by itself"
    finally:
        packer.kill()
        await packer.wait()


async def packs_bytes(hub: Hub) -> int:
    """What packs take on disk."""
    names = await hub.database.list_collection_names()
    return sum([await stored_bytes(hub, name) for name in names if name.startswith("packs.")])


async def stored_bytes(hub: Hub, collection: str) -> int:
    """What the documents of a collection take on disk, without indexes and without what can be used again."""
    facts = await hub.database.command({"collStats": collection})
    return int(facts["storageSize"]) - int(facts.get("freeStorageSize", 0))


if __name__ == "__main__":
    asyncio.run(pack_for_ever(sys.argv[1], sys.argv[2]))
