"""Which index a scan of many profiles names: none where mongod has to unite several, for alternatives of OR."""

import json

import pytest

from seggql.catalog.model import Attribute, AttributeType, ProfileType
from seggql.evaluation import access
from seggql.evaluation.access import scan_hint
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.ingest.define_types import define_profile_type
from seggql.ingest.profiles import upsert_profiles
from seggql.mongo.pipeline import NATURAL
from seggql.mongo.scan import render_scan
from seggql.query.plan import Scan
from seggql.segments.once import live_sources
from seggql.segments.planning import plan_query, read_surroundings
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.segments.making import NOW

PEOPLE = 3_000


@pytest.fixture
async def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """3,000 contacts, none of whom is too few: cities and ages are indexed, levels are not."""
    monkeypatch.setattr(access, "SMALL", 100)
    city = Attribute(name="City", type=AttributeType.STRING, is_indexed=True)
    age = Attribute(name="Age", type=AttributeType.INT, is_indexed=True)
    level = Attribute(name="Level", type=AttributeType.INT)
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(city, age, level)))
    attributes = [{"City": f"c{n % 200}", "Age": n % 100, "Level": n % 3} for n in range(PEOPLE)]
    await upsert_profiles(hub, "Contact", [{"key": f"k{n}", "attributes": each} for n, each in enumerate(attributes)])
    return hub


@pytest.mark.parametrize(
    ("condition", "is_read_whole", "found"),
    [
        ("City == 'c7' OR Age == 8", False, 45),
        ("(City == 'c7' OR Age == 8) AND Level == 1", False, 15),
        ("(City STARTSWITH 'c7' AND Level == 1) OR Age < 2", False, 115),
        ("City == 'c7' OR Age > 50", True, 1_485),
        ("City == 'c7' OR Level == 1", True, 1_010),
    ],
)
async def test_alternatives_that_leave_few_are_found_by_an_index_each(
    world: Hub, settings: Settings, condition: str, is_read_whole: bool, found: int
) -> None:
    surroundings = await read_surroundings(world, settings)
    query = await surroundings.bind(f"PROFILE(Contact).FILTER({condition})", output_type="Contact")
    plan = (await plan_query(world, surroundings, query, NOW)).root
    assert isinstance(plan, Scan)
    run = Run(sources=await live_sources(world), catalog=surroundings.catalog, settings=settings)
    hint = await scan_hint(plan, run)
    assert hint == (NATURAL if is_read_whole else None)
    asked = {"aggregate": "profiles.Contact", "pipeline": list(render_scan(plan).stages), "cursor": {}}
    told = await world.database.command({"explain": asked | ({"hint": hint} if hint else {})})
    assert ("COLLSCAN" in json.dumps(told, default=str)) is is_read_whole
    assert len(await find(plan, run)) == found
