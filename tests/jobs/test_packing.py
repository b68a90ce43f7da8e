"""Packs are kept by a worker, which the scheduler tells every minute."""

import asyncio
from datetime import UTC, datetime

import pytest

from seggql.jobs.in_process import working_here
from seggql.jobs.sweep import sweep_packs
from seggql.jobs.workplace import Workplace
from seggql.scheduler import schedule
from seggql.segments.packing import Packing
from seggql.segments.planning import read_surroundings
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.pack_writes import read_head
from tests.segments.world import ListQueue, dynamic, make_world

CONTACTS = "profiles.Contact"


@pytest.fixture
async def world(hub: Hub, settings: Settings) -> Hub:
    await make_world(hub)
    await dynamic(hub, settings, "Grown", "PROFILE(Contact).FILTER(Age >= 40)")
    return hub


async def test_a_worker_that_is_told_packs_what_active_segments_read(world: Hub, settings: Settings) -> None:
    settings = settings.model_copy(update={"pack_after": 5})
    async with working_here(world, settings) as queue, asyncio.timeout(60):
        sweep_packs(queue)
        while not (await read_head(world, CONTACTS)).parts:  # noqa: ASYNC110  # another thread packs
            await asyncio.sleep(0.05)
    head = await read_head(world, CONTACTS)
    assert head.paths == {"_id", "a.Age"}
    assert head.rows == 5


async def test_the_scheduler_tells_workers(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    scheduler = asyncio.create_task(schedule(world, settings, queue))
    async with asyncio.timeout(60):
        while not queue.packings:  # noqa: ASYNC110  # the scheduler only has its queue
            await asyncio.sleep(0.05)
    scheduler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scheduler


async def test_a_worker_packs_once_at_a_time(world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()
    times: list[datetime] = []

    async def keep(packing: Packing, hub: Hub, settings: Settings, owner: str) -> int:
        times.append(datetime.now(UTC))
        begun.set()
        await asyncio.sleep(3600)
        return 0

    monkeypatch.setattr(Packing, "keep", keep)
    workplace = Workplace(settings=settings, exporters={}, queue=ListQueue(), owner="me", hub=world)
    first = asyncio.create_task(workplace.keep_packs())
    await begun.wait()
    await workplace.keep_packs()
    assert len(times) == 1
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not workplace.is_packing


async def test_what_segments_read_is_remembered_until_they_change(world: Hub, settings: Settings) -> None:
    packing = Packing()
    assert (await packing.needs(world, await read_surroundings(world, settings)))[CONTACTS] == {"_id", "a.Age"}
    await dynamic(world, settings, "Keyed", "PROFILE(Contact).FILTER(Key == 'ann')")
    assert (await packing.needs(world, await read_surroundings(world, settings)))[CONTACTS] == {"_id", "a.Age", "key"}
    await world.collection("segments").update_many({}, {"$set": {"state": "INACTIVE"}})
    assert await packing.needs(world, await read_surroundings(world, settings)) == {}
    await world.collection("segments").update_many({}, {"$set": {"state": "ACTIVE", "query": "PROFILE(Nobody)"}})
    assert await packing.needs(world, await read_surroundings(world, settings)) == {}
