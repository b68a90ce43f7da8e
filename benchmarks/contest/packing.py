"""Packs of the contest's hubs: made, weighed, and kept by a process of their own while rows come in."""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.hub import environment_of
from seggql.segments.packing import Packing
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models

OWNER = "benchmark"
EVERY_S = 1.0


async def pack(hub: Hub, settings: Settings) -> None:
    """Bring the packs that the active segments want up to date, without rests."""
    await Packing().keep(hub, settings.model_copy(update={"pack_share": 1.0}), OWNER)


async def pack_for_ever(uri: str, database: str) -> None:
    """Keep the packs as workers do, but every second; says so once what is there already is packed."""
    settings = Settings(mongodb_uri=uri, database=database)
    hub = open_hub(settings)
    try:
        await open_models(hub)
        packing = Packing()
        await packing.keep(hub, settings, OWNER)
        print(OWNER, flush=True)
        while True:
            await asyncio.sleep(EVERY_S)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Bytes of documents: as BSON, and on disk, where MongoDB compresses them; without indexes."""

    bson: int
    disk: int


async def weigh(hub: Hub, collections: Collection[str]) -> Weight:
    """What the documents of these collections weigh."""
    facts = [await hub.database.command({"collStats": name}) for name in collections]
    return Weight(
        bson=sum(int(each["size"]) for each in facts),
        disk=sum(int(each["storageSize"]) - int(each.get("freeStorageSize", 0)) for each in facts),
    )


async def weigh_packs(hub: Hub) -> Weight:
    """What all packs weigh."""
    return await weigh(hub, [name for name in await hub.database.list_collection_names() if name.startswith("packs.")])


if __name__ == "__main__":
    asyncio.run(pack_for_ever(sys.argv[1], sys.argv[2]))
