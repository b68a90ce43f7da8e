"""Which index a reading of many records names: none where mongod has to unite several, for alternatives of OR."""

import json

import pytest

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType
from seggql.evaluation import access
from seggql.evaluation.access import aggregate_hint, scan_hint
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.profiles import upsert_profiles
from seggql.mongo.pipeline import NATURAL
from seggql.mongo.scan import render_scan
from seggql.query.plan import Aggregate, Plan, Scan
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


async def planned(hub: Hub, settings: Settings, text: str) -> tuple[Plan, Run]:
    """A query's plan, and what evaluates it."""
    surroundings = await read_surroundings(hub, settings)
    query = await surroundings.bind(text, output_type="Contact")
    plan = (await plan_query(hub, surroundings, query, NOW)).root
    return plan, Run(sources=await live_sources(hub), catalog=surroundings.catalog, settings=settings)


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
    plan, run = await planned(world, settings, f"PROFILE(Contact).FILTER({condition})")
    assert isinstance(plan, Scan)
    hint = await scan_hint(plan, run)
    assert hint == (NATURAL if is_read_whole else None)
    asked = {"aggregate": "profiles.Contact", "pipeline": list(render_scan(plan).stages), "cursor": {}}
    told = await world.database.command({"explain": asked | ({"hint": hint} if hint else {})})
    assert ("COLLSCAN" in json.dumps(told, default=str)) is is_read_whole
    assert len(await find(plan, run)) == found


async def test_so_are_alternatives_of_interactions(world: Hub, settings: Settings) -> None:
    page, tool = [Attribute(name=name, type=AttributeType.STRING, is_indexed=True) for name in ("Page", "Tool")]
    visitor = Link(name="Visitor", profile_type="Contact")
    await define_interaction_type(world, InteractionType(name="Visit", links=(visitor,), attributes=(page, tool)))
    attributes = [{"Page": f"/{n % 200}", "Tool": f"t{n % 3}"} for n in range(PEOPLE)]
    visits = [{"_id": n, "t": NOW, "l": {"Visitor": n % 50}, "a": each} for n, each in enumerate(attributes)]
    await world.collection("interactions.Visit").insert_many(visits)
    for condition, hint, found in (
        ("Page == '/7' OR Page == '/8' OR Tool == 'x'", None, 2),
        ("Tool != 'x'", NATURAL, 50),
    ):
        plan, run = await planned(world, settings, f"INTERACTION(Visit, Visitor).FILTER({condition})")
        assert isinstance(plan, Aggregate)
        assert await aggregate_hint(plan, run) == hint
        assert len(await find(plan, run)) == found
