import pytest
from pyroaring import BitMap

from seggql.catalog.model import AttributeType, Catalog
from seggql.evaluation.evaluate import evaluate
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.bound import Constant, Field
from seggql.query.plan import Scan
from seggql.query.predicate import Compares, HasText, Predicate
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources, take_snapshot

AGE = Field(names=("Age",), type=AttributeType.INT)
NAME = Field(names=("Name",), type=AttributeType.STRING)


async def no_members(segment: str) -> BitMap:
    raise AssertionError(segment)


async def scanned(hub: Hub, settings: Settings, predicate: Predicate, universe: BitMap | None = None) -> list[int]:
    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    plan = Scan(profile_type="Contact", predicate=predicate)
    return list(await evaluate(plan, sources, Catalog(), settings, universe))


@pytest.fixture
async def people(hub: Hub) -> None:
    rows = [{"Age": 30, "Name": "Ann"}, {"Age": 31.5}, {"Age": None, "Name": "annabel"}, {}, {"Age": 29, "Name": ""}]
    await hub.collection("profiles.Contact").insert_many(
        [{"_id": ordinal, "key": f"c{ordinal}", "a": row} for ordinal, row in enumerate(rows)]
    )


@pytest.mark.usefixtures("people")
async def test_a_missing_value_compares_with_nothing(hub: Hub, settings: Settings) -> None:
    thirty = Constant(value=30, type=AttributeType.INT)
    not_thirty = Compares(operator=ComparisonOperator.NOT_EQUAL, left=AGE, right=thirty)
    assert await scanned(hub, settings, not_thirty) == [1, 4]
    assert await scanned(hub, settings, not_thirty, BitMap([0, 1, 2])) == [1]


@pytest.mark.usefixtures("people")
async def test_a_pattern_is_tested_in_the_worker(hub: Hub, settings: Settings) -> None:
    pattern = Constant(value="^a", type=AttributeType.STRING)
    matches = HasText(operator=TextOperator.MATCHES, value=NAME, text=pattern, ignores_case=True)
    assert await scanned(hub, settings, matches) == [0, 2]
