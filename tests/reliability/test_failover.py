"""MongoDB's primary steps down and is killed during ingest, refresh and export: work goes on by itself."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import pytest

from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.models import open_models
from tests.reliability import checks
from tests.reliability.api import REFRESH_ALL
from tests.reliability.conftest import LEASE_S, MONGODB_TIMEOUT_S, PACKED_SOON
from tests.reliability.hub_at_work import HubAtWork, hub_at_work
from tests.reliability.redis_of_its_own import redis_of_its_own
from tests.reliability.replica_set import ReplicaSet, running_replica_set

ROUNDS = int(os.environ.get("SEGGQL_TEST_FAILOVERS", "1"))
"""`make chaos` asks for more; in each round the primary steps down once and is killed once."""


@pytest.fixture
async def members(tmp_path: Path) -> AsyncIterator[ReplicaSet]:
    """Three mongods."""
    members = running_replica_set(tmp_path / "mongodb")
    yield await asyncio.to_thread(members.__enter__)
    await asyncio.to_thread(members.__exit__, None, None, None)


async def test_refresh_export_and_ingest_outlive_the_primary(
    members: ReplicaSet, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis_of_its_own(tmp_path) as url:
        settings = Settings(
            mongodb_uri=members.uri,
            database="test",
            broker_url=url,
            export_dir=tmp_path / "exports",
            port=0,
            lease_s=LEASE_S,
            mongodb_timeout_s=MONGODB_TIMEOUT_S,
        ).model_copy(update=PACKED_SOON)
        hub = open_hub(settings)
        await open_models(hub)
        took: list[float] = []
        try:
            async with hub_at_work(hub, settings, tmp_path, seed) as work:
                await work.start(workers=2)
                await work.furnish(guests=2_000, visits=10_000)
                for _ in range(ROUNDS):
                    took.append(await outlive(work, members, kills=False))
                    took.append(await outlive(work, members, kills=True))
                await work.check_packs()
                assert work.crew.tracebacks() == []
                jobs = await hub.collection("jobs").count_documents({"status": "SUCCESSFUL"})
        except BaseException as problem:
            problem.add_note(f"SEGGQL_TEST_SEED={seed}, logs in {tmp_path}")
            raise
        finally:
            await hub.close()
    with capsys.disabled():
        print(
            f"\n[failover, seed {seed}] the primary stepped down {ROUNDS} times and was killed {ROUNDS} times; "
            f"all quiet again: max {max(took):.1f} s; jobs successful {jobs}, failed 0; lost = 0, doubled = 0"
        )


async def outlive(work: HubAtWork, members: ReplicaSet, *, kills: bool) -> float:
    """Lose the primary during ingest, refresh and export; returns the seconds until all was done."""
    stream = work.stream
    clients = {
        path: work.importing(path, *kind)
        for path, *kind in (
            (stream.visits_file(3_000, work.keys), "--interactions", "Visit"),
            (stream.guests_file(500, work.keys), "--profiles", "Guest"),
        )
    }
    recording = asyncio.create_task(record(work))
    await work.pack()
    await work.api.ask(REFRESH_ALL)
    await work.run_export()
    await asyncio.sleep(work.chance.uniform(0, 1))
    began = monotonic()
    lost = await asyncio.to_thread(members.kill_primary if kills else members.step_down)
    await recording
    for client in clients.values():
        await work.retried(client)
    await checks.quiet(work.hub)
    took_s = monotonic() - began
    if kills:
        members.start_member(lost)
    await work.check()
    await work.refresh_all()
    await work.check_members((await work.check())[0])
    return took_s


async def record(work: HubAtWork) -> None:
    """Visits over the API, one request after the other; what is not acknowledged is sent again with the same ids."""
    for _ in range(20):
        rows = [work.stream.visit(work.keys) for _ in range(20)]
        outcome = await work.api.record(rows)
        assert outcome["rejected"] == 0, outcome
        work.stream.acknowledged(rows)
