"""What every test may use: a real mongod for the run, and a hub of its own for each test."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from seggql.dev.mongod import Mongod, running_mongod
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models
from tests.requirements import refuse_or_skip

# No deadlines and no health checks of speed: the machine may be busy. HYPOTHESIS_PROFILE=deep looks longer.
for name, max_examples in {"usual": 100, "deep": 2_000}.items():
    hypothesis.settings.register_profile(
        name,
        max_examples=max_examples,
        deadline=None,
        print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
    )
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests that need a system part are skipped by name where it is missing, or fail in continuous integration."""
    refuse_or_skip(item)


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A one-node replica set that lives as long as the test run."""
    with running_mongod(tmp_path_factory.mktemp("mongod")) as mongod:
        yield mongod


@pytest.fixture
def settings(mongod: Mongod, tmp_path: Path) -> Settings:
    """Settings of this test: the one database of the run, a folder for exports of its own."""
    return Settings(mongodb_uri=mongod.uri, database="test", export_dir=tmp_path / "exports", port=0)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """An empty hub; emptied again after the test, which takes a tenth of the time that making a new one does."""
    hub = open_hub(settings)
    await open_models(hub)
    yield hub
    for name in await hub.database.list_collection_names():
        if "." in name:  # collections of types: profiles.Contact, keys.Contact, …
            await hub.database.drop_collection(name)
        else:
            await hub.collection(name).delete_many({})
    await hub.close()
