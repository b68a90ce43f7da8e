"""The broker goes in the middle of work with all that it had, and comes back empty: the work completes by itself."""

from pathlib import Path
from time import monotonic

import pytest

from seggql.dev.mongod import free_port
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.reliability import checks
from tests.reliability.api import REFRESH_ALL
from tests.reliability.hub_at_work import hub_at_work
from tests.reliability.redis_of_its_own import redis_of_its_own


async def test_a_broker_that_lost_everything_costs_nothing(
    hub: Hub, hasty: Settings, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    settings = hasty.model_copy(update={"broker_url": f"redis://127.0.0.1:{port}/0"})
    async with hub_at_work(hub, settings, tmp_path, seed) as work:
        with redis_of_its_own(tmp_path, port=port):
            await work.start(workers=2)
            await work.furnish(guests=2_000, visits=5_000)
            client = work.importing(work.stream.visits_file(3_000, work.keys), "--interactions", "Visit")
            for worker in work.workers:
                worker.kill()  # so that all of this is still with the broker when that goes
            await work.api.ask(REFRESH_ALL)
            await work.run_export()
            work.workers = [work.crew.again(worker) for worker in work.workers]
        await work.run_export()
        await work.finished(client)
        waiting = await hub.collection("jobs").count_documents(checks.UNFINISHED)
        assert waiting > 0, "the broker went while there was work"
        with redis_of_its_own(tmp_path, port=port):
            began = monotonic()
            await checks.quiet(hub)
            took_s = monotonic() - began
            await work.check()
            await work.refresh_all()
            replayed, delivered = await work.check()
            await work.check_members(replayed)
    with capsys.disabled():
        print(
            f"\n[lost broker, seed {seed}] {waiting} jobs were waiting when the broker came back empty, all done "
            f"{took_s:.1f} s later; deliveries {delivered}; lost = 0"
        )
