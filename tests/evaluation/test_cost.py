"""What an evaluation says it read, held to what MongoDB's explain says."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyroaring import BitMap

from seggql.dev.mongod import Mongod
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.evaluation.sources import Columns
from seggql.mongo.pipeline import CoveringIndex
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.evaluation.fixture_world import CATALOG, WORLD
from tests.evaluation.test_fixtures import FOLDER, compiled
from tests.reference.storage import store_world

Asked = list[tuple[str, Sequence[dict[str, Any]], CoveringIndex]]


@pytest.fixture(scope="module")
async def fixtures_hub(mongod: Mongod) -> AsyncIterator[Hub]:
    hub = open_hub(Settings(mongodb_uri=mongod.uri, database="costs"))
    await store_world(hub, CATALOG, WORLD)
    yield hub
    await hub.client.drop_database(hub.database.name)
    await hub.close()


class Recorded(SnapshotSources):
    """Remembers the pipelines that are said to be covered."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.covered: Asked = []

    async def aggregate(
        self, collection: str, pipeline: Sequence[dict[str, Any]], *, hint: Any = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        self._note(collection, pipeline, hint)
        async for row in super().aggregate(collection, pipeline, hint=hint):
            yield row

    async def columns(
        self, collection: str, pipeline: Sequence[dict[str, Any]], names: Sequence[str], *, hint: Any = None
    ) -> AsyncGenerator[Columns, None]:
        self._note(collection, pipeline, hint)
        async for columns in super().columns(collection, pipeline, names, hint=hint):
            yield columns

    def _note(self, collection: str, pipeline: Sequence[dict[str, Any]], hint: Any) -> None:
        if isinstance(hint, CoveringIndex):
            self.covered.append((collection, pipeline, hint))


async def members_of(segment: str) -> BitMap:
    return BitMap(WORLD.segments[segment])


def documents_examined(explained: Mapping[str, Any]) -> int:
    """All `totalDocsExamined` and `docsExamined` of an explanation, the greatest of them."""
    found = 0
    for name, value in explained.items():
        if name in ("totalDocsExamined", "docsExamined"):
            found = max(found, int(value))
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Mapping):
                found = max(found, documents_examined(part))
    return found


@pytest.mark.parametrize("universe", [None, BitMap(range(100))], ids=["whole", "restricted"])
async def test_what_counts_as_keys_looked_at_no_document(
    fixtures_hub: Hub, universe: BitMap | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seggql.evaluation.access.SMALL", 0)
    sources = Recorded(fixtures_hub, await take_snapshot(fixtures_hub), members_of)
    settings = Settings(database="costs")
    for file in sorted(Path(FOLDER).glob("*.segql")):
        _, planned = compiled(file.read_text().partition("\n==== ")[0])
        await find(planned.root, Run(sources=sources, catalog=CATALOG, settings=settings), universe)
    assert len(sources.covered) > 10
    for collection, pipeline, hint in sources.covered:
        command = {"aggregate": collection, "pipeline": list(pipeline), "cursor": {}, "hint": hint}
        explained = await fixtures_hub.database.command("explain", command, verbosity="executionStats")
        assert documents_examined(explained) == 0, (collection, pipeline, hint)


async def test_a_scan_counts_its_rows_as_documents_and_the_bytes_that_came(fixtures_hub: Hub) -> None:
    sources = SnapshotSources(fixtures_hub, await take_snapshot(fixtures_hub), members_of)
    run = Run(sources=sources, catalog=CATALOG, settings=Settings(database="costs"))
    _, planned = compiled("PROFILE(Contact).FILTER(Age >= 0)")
    before = run.cost
    found = await find(planned.root, run)
    cost = run.cost - before
    assert (cost.pipelines, cost.documents, cost.keys) == (1, len(found), 0)
    assert len(found) > 2
    assert cost.bytes > 20 * len(found), "a row is a small document"
