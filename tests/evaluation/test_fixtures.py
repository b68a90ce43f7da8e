"""Every construct of the language, a file each: query, canonical form, plan, pipelines, members."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pyroaring import BitMap

from seggql.dev.mongod import Mongod
from seggql.evaluation.evaluate import evaluate
from seggql.query.bound import BoundQuery
from seggql.query.compile import compile_query
from seggql.query.explain import plan_text
from seggql.query.limits import Limits
from seggql.query.plan import QueryPlan
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics, indexed_paths
from seggql.query.printer import print_document
from seggql.query.scope import Scope, SegmentReference
from seggql.segments.pipelines import shown_pipelines
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.evaluation.fixture_world import AS_OF, CATALOG, WORLD
from tests.reference.interpreter import members
from tests.reference.storage import store_world

FOLDER = Path(__file__).parent / "fixtures"
HEADINGS = ("canonical", "plan", "pipelines", "members")
SCOPE = Scope(
    catalog=CATALOG, segments={"Adults": SegmentReference(name="Adults", profile_type="Contact")}, allows_listing=True
)
UPDATE = "SEGGQL_UPDATE_FIXTURES"
"""Set to 1, tests write what comes of each query instead of comparing; read the difference before keeping it."""


def compiled(text: str) -> tuple[BoundQuery, QueryPlan]:
    query = compile_query(text, SCOPE, Limits())
    return query, plan(query, AS_OF, Statistics(indexed=indexed_paths(CATALOG)))


@pytest.fixture(scope="module")
def whole_settings(mongod: Mongod) -> Settings:
    """Settings for the one database that all fixtures read."""
    return Settings(mongodb_uri=mongod.uri, database="fixtures")


@pytest.fixture(scope="module")
async def sources(whole_settings: Settings) -> AsyncIterator[SnapshotSources]:
    async def members_of(segment: str) -> BitMap:
        return BitMap(WORLD.segments[segment])

    hub = open_hub(whole_settings)
    await store_world(hub, CATALOG, WORLD)
    yield SnapshotSources(hub, await take_snapshot(hub), members_of)
    await hub.client.drop_database(hub.database.name)
    await hub.close()


def rendered(file: Path, outcome: dict[str, str]) -> str:
    """The whole file: the query as it stands, then each part below its heading."""
    query = file.read_text().partition("\n==== ")[0].strip()
    return "\n\n".join([query, *(f"==== {heading}\n{outcome[heading]}" for heading in HEADINGS)]) + "\n"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.segql")), ids=lambda file: file.stem)
async def test_a_construct_is_printed_planned_rendered_and_evaluated_as_its_file_says(
    file: Path, sources: SnapshotSources, whole_settings: Settings
) -> None:
    query, planned = compiled(file.read_text().partition("\n==== ")[0])
    found = set(await evaluate(planned.root, sources, CATALOG, whole_settings))
    assert found == members(query.set, WORLD, AS_OF)
    keys = {profile.ordinal: profile.key for profile in WORLD.profiles[query.profile_type]}
    outcome = {
        "canonical": print_document(query.document),
        "plan": plan_text(planned),
        "pipelines": "\n".join(
            json.dumps(one, ensure_ascii=False, default=str) for one in shown_pipelines(planned.root)
        ),
        "members": " ".join(sorted(keys[ordinal] for ordinal in found)),
    }
    if os.environ.get(UPDATE) == "1":
        file.write_text(rendered(file, outcome))
    assert file.read_text() == rendered(file, outcome)
