"""The demo as a whole, over a part of the data: loaded, refreshed, exported; again and after an interruption."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from rich.progress import Progress

from seggql.asgi import create_app
from seggql.dev.demo import prepare
from seggql.dev.demo.examples import EXAMPLES
from seggql.dev.demo.journey import Journey, newest_purchase
from seggql.dev.demo.load import define_types, write_profiles
from seggql.dev.demo.prepare import Workshop, prepare_demo
from seggql.dev.demo.segments import DEMO_SEGMENTS
from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.ingest.interaction_columns import record_interaction_columns
from seggql.jobs.in_process import working_here
from seggql.settings import Settings
from seggql.store.demo_load import begin_demo_load
from seggql.store.hub import Hub
from seggql.store.segments import find_segments_named

TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def part_of_the_data(small_journey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "find_journey", lambda: small_journey)


async def prepared(hub: Hub, settings: Settings, *, today: datetime = TODAY, keep_dates: bool = False) -> str:
    """Make the demo; where its export is."""
    exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
    async with working_here(hub, settings) as queue:
        with Progress(disable=True) as progress:
            workshop = Workshop(hub=hub, settings=settings, queue=queue, exporters=exporters, progress=progress)
            return (await prepare_demo(workshop, today=today, keep_dates=keep_dates)).exported_to or ""


async def counts(hub: Hub) -> dict[str, int]:
    """How many records each collection of data has."""
    names = ["profiles.Household", "profiles.Campaign", "profiles.Product"]
    names += ["relationships.ReceivedCampaign", "interactions.Purchase", "interactions.CouponRedemption"]
    return {name: await hub.collection(name).count_documents({}) for name in names}


async def test_the_demo_is_loaded_refreshed_and_exported(hub: Hub, settings: Settings, small_journey: Path) -> None:
    file = Path(await prepared(hub, settings))
    journey = Journey(small_journey, 0)
    households = {*journey.households()["key"], *journey.received_campaigns()["target"]}
    assert await counts(hub) == {
        "profiles.Household": len(households | {*journey.coupon_redemptions()["CouponRedemption_Household"]}),
        "profiles.Campaign": journey.campaigns().height,
        "profiles.Product": journey.products().height,
        "relationships.ReceivedCampaign": journey.received_campaigns().height,
        "interactions.Purchase": journey.purchases().height,
        "interactions.CouponRedemption": journey.coupon_redemptions().height,
    }
    segments = await find_segments_named(hub, [segment.name for segment in DEMO_SEGMENTS])
    assert all(segment.is_readable for segment in segments.values())
    survey = segments["Survey"].pointer
    assert survey is not None
    assert survey.count == min(200, journey.households()["age"].count() - 10)
    vip = segments["Vip"].pointer
    assert vip is not None
    assert file.parent == settings.export_dir
    assert len(file.read_text().splitlines()) == vip.count + 1
    newest = await hub.collection("interactions.Purchase").find_one({}, sort=[("t", -1)])
    assert newest is not None
    assert newest["t"].date() == datetime(2026, 11, 21, tzinfo=UTC).date()


async def test_the_queries_to_try_have_answers(hub: Hub, settings: Settings) -> None:
    await prepared(hub, settings)
    async with working_here(hub, settings) as queue:
        transport = httpx.ASGITransport(create_app(settings, hub, queue))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            for _, query in EXAMPLES:
                answer = (await client.post("/graphql", json={"query": query})).json()
                assert "errors" not in answer
                assert answer["data"].get("createSegment", {}).get("errors", []) == []


async def test_a_demo_that_is_there_is_left_as_it_is(hub: Hub, settings: Settings) -> None:
    file = await prepared(hub, settings)
    before = await counts(hub)
    await hub.collection("segments").update_one({"name": "Vip"}, {"$set": {"display_name": "Mine"}})
    assert await prepared(hub, settings, today=datetime(2027, 1, 1, tzinfo=UTC)) == file
    assert await counts(hub) == before
    assert (await find_segments_named(hub, ["Vip"]))["Vip"].display_name == "Mine"


async def test_an_interrupted_load_goes_on_with_its_dates_and_without_duplicates(
    hub: Hub, settings: Settings, small_journey: Path
) -> None:
    moved = (await begin_demo_load(hub, 3_000)).days_moved
    await define_types(hub)
    journey = Journey(small_journey, moved)
    await write_profiles(hub, "Household", journey.households().head(20))
    await record_interaction_columns(hub, "Purchase", journey.purchases().head(1_234))
    await prepared(hub, settings)
    assert (await counts(hub))["interactions.Purchase"] == journey.purchases().height
    newest = await hub.collection("interactions.Purchase").find_one({}, sort=[("t", -1)])
    assert newest is not None
    assert newest["t"] == journey.purchases()["timestamp"].max()


async def test_dates_can_be_kept(hub: Hub, settings: Settings, small_journey: Path) -> None:
    await prepared(hub, settings, keep_dates=True)
    newest = await hub.collection("interactions.Purchase").find_one({}, sort=[("t", -1)])
    assert newest is not None
    assert newest["t"] == newest_purchase(small_journey)
