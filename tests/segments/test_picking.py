"""A refresh picks packs or pipelines for each operator, finds the same either way, and tells what it picked and why."""

import asyncio

import pytest

from seggql.catalog.model import InteractionType, Link, RelationshipType
from seggql.evaluation import hops
from seggql.evaluation.packed import costs
from seggql.ingest.define_types import define_interaction_type, define_relationship_type
from seggql.ingest.interactions import record_interactions
from seggql.ingest.relationships import relate_profiles
from seggql.segments import refresh_view
from seggql.segments.instants import with_instant
from seggql.segments.planning import request_instant
from seggql.segments.queries import validate_query
from seggql.segments.query_draft import QueryDraft
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Run
from tests.packs.world import assert_exact, pack
from tests.segments.making import NOW
from tests.segments.world import AGES, ListQueue, dynamic, job_now, keys_of, make_world, put_purchase, work_off

ADULT_BUYERS = "PROFILE(Contact).FILTER(Age >= 30) INTERSECT INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 1)"


@pytest.fixture
async def world(hub: Hub, settings: Settings) -> Hub:
    """Contacts, three of whom have bought something, all of it packed."""
    await make_world(hub)
    await put_purchase(hub, "dan", NOW)
    await pack(hub, settings, "profiles.Contact", ["_id", "a.Age"])
    await pack(hub, settings, "interactions.Purchase", ["t", "l.Buyer", "a.Amount"])
    return hub


@pytest.mark.parametrize(("load_us", "way", "other"), [(1.0, "packs", "a pipeline"), (1e6, "pipeline", "packs")])
async def test_the_job_tells_what_was_picked(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, load_us: float, way: str, other: str
) -> None:
    monkeypatch.setattr(costs, "LOAD_US", load_us)
    queue = ListQueue()
    segment = await dynamic(world, settings, "AdultBuyers", ADULT_BUYERS, queue=queue)
    await work_off(world, settings, queue)
    await world.collection("segments").update_one({"name": "AdultBuyers"}, {"$set": {"pointer": None}})
    (job,) = await request_refresh(world, queue, [segment.id], request_instant())
    await work_off(world, settings, queue)
    steps = {step.name: step for step in (await job_now(world, job)).steps}
    detail = steps["pick"].detail
    assert detail is not None
    people, purchases = detail.split("; ")
    assert people.startswith(f"Contact: {way}, about ")
    assert purchases.startswith(f"Purchase: {way}, about ")
    assert f", {other} " in people
    assert ("together" in steps) == (way == "packs")
    assert await keys_of(world, "AdultBuyers") == {"cleo", "dan"}


async def test_validation_tells_what_would_be_picked(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (await validate_query(world, settings, QueryDraft(text=ADULT_BUYERS))).plan
    assert told is not None
    assert told.count("packs: columns") == 2
    assert told.count("a pipeline") == 2
    monkeypatch.setattr(costs, "LOAD_US", 1e6)
    told = (await validate_query(world, settings, QueryDraft(text=ADULT_BUYERS))).plan
    assert told is not None
    assert told.count("pipeline; about 1 ms, packs 1,000 ms") == 2


async def test_what_is_not_packed_has_no_choice(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    queue = ListQueue()
    segment = await dynamic(hub, settings, "AdultBuyers", ADULT_BUYERS, queue=queue)
    await work_off(hub, settings, queue)
    jobs = await request_refresh(hub, queue, [segment.id], request_instant())
    await work_off(hub, settings, queue)
    assert all(step.name != "pick" for step in (await job_now(hub, jobs[0])).steps)


async def test_who_was_made_by_a_type_defined_as_the_refresh_began_is_found(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def settle_late(hub: Hub, run: Run) -> Run:
        await asyncio.sleep(0.2)  # whatever is read beside has been read
        buyer = Link(name="Buyer", profile_type="Contact")
        await define_interaction_type(hub, InteractionType(name="Return", links=(buyer,), attributes=()))
        await record_interactions(hub, "Return", [{"timestamp": NOW, "links": {"Buyer": "new"}}])
        return await with_instant(hub, run)

    await make_world(hub)
    await pack(hub, settings, "profiles.Contact", ["_id"])
    monkeypatch.setattr(costs, "LOAD_US", 1.0)
    monkeypatch.setattr(refresh_view, "with_instant", settle_late)
    queue = ListQueue()
    segment = await dynamic(hub, settings, "All", "PROFILE(Contact)", queue=queue)
    await request_refresh(hub, queue, [segment.id], request_instant())
    await work_off(hub, settings, queue)
    assert await keys_of(hub, "All") == {*AGES, "new"}


@pytest.mark.parametrize("broken", [None, b"no column"])
async def test_packs_that_cannot_be_read_are_done_without(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, broken: bytes | None
) -> None:
    monkeypatch.setattr(costs, "LOAD_US", 1.0)
    monkeypatch.setattr(hops, "asked_us", lambda *_: 1e9)
    await define_relationship_type(world, RelationshipType(name="Knows", source="Contact", target="Contact"))
    await relate_profiles(world, "Knows", [{"source": "dan", "target": "eve"}, {"source": "ann", "target": "bob"}])
    await pack(world, settings, "relationships.Knows", ["f", "t"])
    for collection, path in (("profiles.Contact", "a.Age"), ("relationships.Knows", "f")):
        columns = world.collection(f"packs.{collection}")
        if broken is None:
            await columns.delete_many({"_id.p": path})
        else:
            await columns.update_many({"_id.p": path}, {"$set": {"bits": broken}})
    queue = ListQueue()
    query = f"({ADULT_BUYERS}).TRAVERSE(Knows)"
    segment = await dynamic(world, settings, "Friends", query, queue=queue)
    await request_refresh(world, queue, [segment.id], request_instant())
    await work_off(world, settings, queue)
    assert await keys_of(world, "Friends") == {"eve"}
    for collection, paths in (("profiles.Contact", ["_id", "a.Age"]), ("relationships.Knows", ["f", "t"])):
        assert await pack(world, settings, collection, paths), "whoever keeps it reads nothing of it, but was told"
        await assert_exact(world, collection, paths)
        assert not await pack(world, settings, collection, paths)
