"""What every test may use: a real mongod for the run, and a hub of its own for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from seggql.dev.mongod import Mongod, running_mongod
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A one-node replica set that lives as long as the test run."""
    with running_mongod(tmp_path_factory.mktemp("mongod")) as mongod:
        yield mongod


@pytest.fixture
def settings(mongod: Mongod, tmp_path: Path) -> Settings:
    """Settings for a database of this test alone."""
    return Settings(
        mongodb_uri=mongod.uri, database=f"test_{uuid4().hex[:12]}", export_dir=tmp_path / "exports", port=0
    )


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """An empty hub, dropped after the test."""
    hub = open_hub(settings)
    yield hub
    await hub.client.drop_database(hub.database.name)
    await hub.close()
