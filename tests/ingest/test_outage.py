"""MongoDB gone in the middle of a write: what it may have forgotten is not said to be stored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bson import ObjectId

from seggql.dev.mongod import Mongod, start_mongod
from seggql.errors import UnavailableError
from seggql.ingest.interactions import record_interactions
from seggql.settings import Settings
from seggql.store import batches
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models
from tests.segments.making import NOW
from tests.segments.world import make_world


@dataclass(slots=True)
class Frail:
    """A mongod of one test alone, and a hub over it."""

    mongod: Mongod
    hub: Hub
    folder: Path

    async def crash(self) -> None:
        """End it as a power cut would, and start it again."""
        self.mongod.process.kill()
        await asyncio.to_thread(self.mongod.process.wait)
        port = self.mongod.port
        self.mongod = await asyncio.to_thread(start_mongod, self.folder, port=port, cache_gb=0.25)


@pytest.fixture
async def frail(tmp_path: Path) -> AsyncIterator[Frail]:
    """A mongod that may crash."""
    mongod = await asyncio.to_thread(start_mongod, tmp_path, cache_gb=0.25)
    hub = open_hub(Settings(mongodb_uri=mongod.uri, database="frail", export_dir=tmp_path))
    await open_models(hub)
    frail = Frail(mongod=mongod, hub=hub, folder=tmp_path)
    yield frail
    await hub.close()
    await asyncio.to_thread(frail.mongod.stop)


async def test_rows_that_mongodb_may_have_forgotten_are_not_acknowledged(
    frail: Frail, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = frail.hub
    await make_world(hub)

    async def close_after_a_crash(hub: Hub, batch_id: ObjectId) -> None:
        await frail.crash()
        await close(hub, batch_id)

    close = batches.close_batch
    rows = [{"id": f"p{n}", "timestamp": NOW, "links": {"Buyer": "ann"}, "attributes": {"Amount": n}} for n in range(3)]
    monkeypatch.setattr(batches, "close_batch", close_after_a_crash)
    with pytest.raises(UnavailableError, match="again"):
        await record_interactions(hub, "Purchase", rows)
    monkeypatch.setattr(batches, "close_batch", close)
    again = await record_interactions(hub, "Purchase", rows)
    assert (again.received, again.rejected) == (3, 0)
    assert await hub.collection("interactions.Purchase").count_documents({"_id": {"$regex": "^p"}}) == 3
