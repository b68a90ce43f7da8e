"""SIGKILL at random moments, again and again: nothing is lost, doubled, half done or stuck."""

import asyncio
import os
from pathlib import Path
from time import monotonic

import pytest

from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.jobs.rabbitmq_server import running_rabbitmq
from tests.jobs.worker_process import STALL_IN_TRANSACTION, worker_process
from tests.reliability import checks
from tests.reliability.api import REFRESH_ALL
from tests.reliability.hub_at_work import hub_at_work
from tests.reliability.kills import Toll, kill_amid_ingest, kill_amid_refresh
from tests.reliability.redis_of_its_own import redis_of_its_own
from tests.requirements import needs, part_path

KILLS = int(os.environ.get("SEGGQL_TEST_KILLS", "15"))
"""`make chaos` asks for more."""

KILLS_OVER_RABBITMQ = max(3, KILLS // 5)


async def survive(hub: Hub, settings: Settings, folder: Path, seed: int, kills: int) -> Toll:
    """Kill so many workers, one after the other."""
    toll = Toll()
    async with hub_at_work(hub, settings, folder, seed) as work:
        await work.start(workers=2)
        await work.furnish(guests=2_000, visits=10_000)
        for number in range(kills):
            try:
                await (kill_amid_refresh if number % 2 else kill_amid_ingest)(work, toll)
            except BaseException as problem:
                problem.add_note(f"kill {number + 1}, SEGGQL_TEST_SEED={seed}, logs in {folder}")
                raise
        await work.pack()
        toll.packed_rows = await work.check_packs()
        assert work.crew.tracebacks() == []
    return toll


async def test_workers_killed_at_random_moments_over_redis(
    hub: Hub, hasty: Settings, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis_of_its_own(tmp_path) as url:
        toll = await survive(hub, hasty.model_copy(update={"broker_url": url}), tmp_path, seed, KILLS)
    with capsys.disabled():
        print(f"\n[kill test, Redis, seed {seed}] {toll}")
    assert toll.kills == KILLS
    assert toll.deliveries > 0
    assert toll.packed_rows > 0


@needs("rabbitmq-server")
async def test_workers_killed_at_random_moments_over_rabbitmq(
    hub: Hub, hasty: Settings, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_rabbitmq(part_path("rabbitmq-server"), tmp_path) as url:
        toll = await survive(hub, hasty.model_copy(update={"broker_url": url}), tmp_path, seed, KILLS_OVER_RABBITMQ)
    with capsys.disabled():
        print(f"\n[kill test, RabbitMQ, seed {seed}] {toll}")
    assert toll.kills == KILLS_OVER_RABBITMQ


async def test_a_worker_killed_within_a_transaction_holds_nobody_up(
    hub: Hub, hasty: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis_of_its_own(tmp_path) as url:
        settings = hasty.model_copy(update={"broker_url": url})
        async with hub_at_work(hub, settings, tmp_path, 0, extra=0) as work:
            await work.start(workers=1)
            await work.furnish(guests=100, visits=100)
            (alive,) = work.workers
            alive.kill()
            with worker_process(settings, before=STALL_IN_TRANSACTION) as doomed:
                await work.api.ask(REFRESH_ALL)
                assert doomed.stdout is not None
                assert await asyncio.to_thread(doomed.stdout.readline) == "stalled\n"
                killed = monotonic()
                doomed.kill()
                work.workers = [work.crew.again(alive)]
                await checks.quiet(hub)
            waited_s = monotonic() - killed
            await work.check()
    with capsys.disabled():
        print(f"\n[killed within a transaction] all quiet again after {waited_s:.1f} s")
    assert waited_s < 40, "MongoDB alone would have let go of it after 60 s"
