"""Where an index serves a scan, what it leaves is counted before packs or the pipeline are picked."""

import pytest

from seggql.catalog.model import Attribute, AttributeType, ProfileType
from seggql.evaluation.access import fewest_left
from seggql.evaluation.packed import costs
from seggql.evaluation.picking import pick
from seggql.evaluation.run import Run
from seggql.ingest.define_types import define_profile_type
from seggql.ingest.profiles import upsert_profiles
from seggql.query.plan import Plan, Scan
from seggql.query.planning.estimates import Statistics
from seggql.segments.once import live_sources
from seggql.segments.planning import plan_query, read_statistics, read_surroundings
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.packs.world import pack
from tests.segments.making import NOW

PEOPLE = 500


@pytest.fixture
async def world(hub: Hub, settings: Settings) -> Hub:
    """500 contacts, all ages from 0 to 99 alike; ages are indexed and packed, names packed."""
    age = Attribute(name="Age", type=AttributeType.INT, is_indexed=True)
    name = Attribute(name="Name", type=AttributeType.STRING)
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(age, name)))
    rows = [{"key": f"k{n}", "attributes": {"Age": n % 100, "Name": f"name {n}"}} for n in range(PEOPLE)]
    await upsert_profiles(hub, "Contact", rows)
    await pack(hub, settings, "profiles.Contact", ["_id", "a.Age", "a.Name"])
    return hub


async def planned(hub: Hub, settings: Settings, condition: str) -> tuple[Scan, Run, Statistics]:
    """A scan and what evaluates it."""
    surroundings = await read_surroundings(hub, settings)
    query = await surroundings.bind(f"PROFILE(Contact).FILTER({condition})", output_type="Contact")
    plan: Plan = (await plan_query(hub, surroundings, query, NOW)).root
    assert isinstance(plan, Scan)
    run = Run(sources=await live_sources(hub), catalog=surroundings.catalog, settings=settings)
    return plan, run, await read_statistics(hub, surroundings, ())


@pytest.mark.parametrize(
    ("condition", "most", "left"),
    [("Age == 7", 100, 5), ("Age < 50", 100, 101), ("Age == 7 AND Name == 'name 7'", 100, 5), ("Name == 'x'", 9, None)],
)
async def test_what_an_index_leaves_is_counted_up_to_a_limit(
    world: Hub, settings: Settings, condition: str, most: int, left: int | None
) -> None:
    scan, run, _ = await planned(world, settings, condition)
    assert await fewest_left(scan, run, most) == left


async def test_what_was_counted_to_its_end_is_not_counted_again(world: Hub, settings: Settings) -> None:
    scan, run, _ = await planned(world, settings, "Age == 7")
    assert await fewest_left(scan, run, 100) == 5
    pipelines = run.meter.pipelines
    assert await fewest_left(scan, run, 50) == 5
    assert run.meter.pipelines == pipelines
    assert await fewest_left(scan, run, 3) == 4, "counting ends past the limit"


@pytest.mark.parametrize(
    ("condition", "by_packs"),
    [("Age == 7", False), ("Age < 90", True), ("Name == 'name 7'", True), ("Age == 7 AND Name != 'x'", False)],
)
async def test_few_are_left_to_the_index(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, condition: str, *, by_packs: bool
) -> None:
    monkeypatch.setattr(costs, "VALUE_US", 2.0)  # as if there were a hundred times as many
    monkeypatch.setattr("seggql.query.planning.estimates.SCANNED_US", 100.0)
    monkeypatch.setattr("seggql.query.planning.estimates.FETCHED_US", 280.0)
    monkeypatch.setattr("seggql.query.planning.estimates.COVERED_US", 50.0)
    scan, run, statistics = await planned(world, settings, condition)
    picked = await pick([scan], run, statistics)
    assert picked.told[scan].by_packs is by_packs
    assert [made.operators for made in picked.passes] == ([(scan,)] if by_packs else [])


async def test_a_pack_that_many_operators_read_is_not_thought_about(world: Hub, settings: Settings) -> None:
    scans = []
    for age in range(13):
        scan, run, statistics = await planned(world, settings, f"Age == {age}")
        scans.append(scan)
    picked = await pick(scans, run, statistics)
    assert len(picked.passes[0].operators) == 13
    assert run.meter.pipelines == 2, "the pack was opened, and nothing counted"
