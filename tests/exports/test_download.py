"""Members as a file that is made while it is sent."""

import tracemalloc

from seggql.exporter import FileFormat
from seggql.exports.download import download_members
from seggql.ingest.profiles import upsert_profiles
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.segments.world import make_world, static

LONG = "x" * 500


async def peak_of_download(hub: Hub, segment: str) -> int:
    """The most memory, in bytes, that Python held at once for a download."""
    tracemalloc.start()
    async for _ in await download_members(hub, segment, FileFormat.NDJSON):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


async def test_memory_does_not_grow_with_the_members(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    keys = [f"{index:06}{LONG}" for index in range(40_000)]
    for start in range(0, len(keys), 10_000):
        await upsert_profiles(hub, "Contact", [{"key": key, "attributes": {}} for key in keys[start : start + 10_000]])
    await static(hub, settings, "Few", *keys[:10_000])
    await static(hub, settings, "Many", *keys)
    del keys
    few = await peak_of_download(hub, "Few")
    many = await peak_of_download(hub, "Many")
    assert many < 1.8 * few
