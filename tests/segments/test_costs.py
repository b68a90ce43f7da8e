"""What a segment's refresh cost: of work that is done together each bears the passes that it needed, and no other."""

from collections.abc import Sequence

import httpx
import pytest

from seggql.asgi import create_app
from seggql.evaluation.packed.together import Pass, evaluate_passes
from seggql.evaluation.run import Run
from seggql.query.plan import Aggregate
from seggql.segments import refresh, refresh_passes
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import RunId
from seggql.store.segment import RefreshCost
from seggql.store.segments import find_segment_named
from tests.graphql.client import GraphQLClient
from tests.segments.making import NOW
from tests.segments.world import ListQueue, dynamic, make_world, put_ages, put_purchase, work_off

SLOW_S, QUICK_S = 700.0, 100.0
FOUR = ("First", "Second", "Third", "Fourth")

DEAREST_FIRST = """{ segments(orderBy: {by: COST, descending: true}) {
  nodes { name cost { documents keys bytes elapsedMs share } } } }"""


@pytest.fixture
def slow_interactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of the passes, interactions take seven times as long as profiles."""
    now = 0.0

    async def timed(passes: Sequence[Pass], run: Run) -> None:
        nonlocal now
        await evaluate_passes(passes, run)
        for made in passes:
            now += SLOW_S if isinstance(made.operators[0], Aggregate) else QUICK_S

    monkeypatch.setattr(refresh_passes, "monotonic", lambda: now)
    monkeypatch.setattr(refresh_passes, "evaluate_passes", timed)


async def cost_of(hub: Hub, name: str) -> RefreshCost:
    segment = await find_segment_named(hub, name)
    assert segment is not None
    assert segment.cost is not None
    return segment.cost


async def test_who_needs_the_slow_pass_bears_it(hub: Hub, settings: Settings, request: pytest.FixtureRequest) -> None:
    await make_world(hub)
    queue = ListQueue()
    segments = [
        await dynamic(hub, settings, name, query, queue=queue)
        for name, query in {
            "Old": "PROFILE(Contact).FILTER(Age >= 40)",
            "Young": "PROFILE(Contact).FILTER(Age < 30)",
            "Buyers": "INTERACTION(Purchase, Buyer).HAVING(COUNT() > 1)",
            "Idle": "SEGMENT(Old)",
        }.items()
    ]
    await work_off(hub, settings, queue)
    await put_ages(hub, {"dan": 10, "zoe": 60})
    await put_purchase(hub, "ann", NOW)
    request.getfixturevalue("slow_interactions")
    await request_refresh(hub, queue, [segment.id for segment in segments], request_instant())
    await work_off(hub, settings, queue)
    old, young, buyers, idle = [await cost_of(hub, name) for name in ("Old", "Young", "Buyers", "Idle")]
    assert buyers.elapsed_ms >= SLOW_S * 1000
    assert old.elapsed_ms >= QUICK_S * 500
    assert young.elapsed_ms >= QUICK_S * 500
    assert buyers.share == max(cost.share for cost in (old, young, buyers, idle))
    assert sum(cost.share for cost in (old, young, buyers, idle)) == pytest.approx(1)
    assert buyers.keys + buyers.documents > 0
    async with client_of(hub, settings) as http:
        listed = await GraphQLClient(http=http).run(DEAREST_FIRST)
    nodes = listed["segments"]["nodes"]
    assert nodes[0]["name"] == "Buyers"
    assert [node["cost"]["elapsedMs"] for node in nodes] == sorted(
        (cost.elapsed_ms for cost in (old, young, buyers, idle)), reverse=True
    )
    assert nodes[0]["cost"] == {
        "documents": buyers.documents,
        "keys": buyers.keys,
        "bytes": buyers.bytes,
        "elapsedMs": buyers.elapsed_ms,
        "share": buyers.share,
    }


async def test_what_segments_share_is_borne_by_all_of_them_also_without_packs(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    await put_ages(hub, {f"buyer {number}": None for number in range(60)})
    for number in range(60):
        await put_purchase(hub, f"buyer {number}", NOW)
    queue = ListQueue()
    bought = "INTERACTION(Purchase, Buyer).FILTER(Amount > 1).HAVING(COUNT() > 0)"
    queries = {name: f"{bought} EXCEPT PROFILE(Contact).FILTER(Age == {age})" for age, name in enumerate(FOUR)}
    segments = [await dynamic(hub, settings, name, query, queue=queue) for name, query in queries.items()]
    await work_off(hub, settings, queue)
    await hub.collection("segments").update_many({}, {"$set": {"pointer": None}})
    await request_refresh(hub, queue, [segment.id for segment in segments], request_instant())
    await work_off(hub, settings, queue)
    costs = [await cost_of(hub, name) for name in FOUR]
    assert len({cost.run for cost in costs}) == 1
    rows = [cost.documents + cost.keys for cost in costs]
    assert max(rows) - min(rows) <= 3, rows
    assert min(rows) >= 60 // len(FOUR)
    assert all(cost.bytes > 0 for cost in costs)


@pytest.fixture
async def run(hub: Hub, settings: Settings, request: pytest.FixtureRequest) -> RunId:
    """A run over four segments of contacts, some of whom have changed since they were refreshed."""
    await make_world(hub)
    queue = ListQueue()
    segments = [
        await dynamic(hub, settings, name, f"PROFILE(Contact).FILTER(Age >= {number})", queue=queue)
        for number, name in enumerate(FOUR)
    ]
    await work_off(hub, settings, queue)
    await put_ages(hub, {"dan": 11})
    await request_refresh(hub, queue, [segment.id for segment in segments], request_instant())
    return RunId(queue.announced[0])


async def shares(hub: Hub, run: RunId) -> list[float]:
    """Of the segments that the run has refreshed."""
    costs = [await cost_of(hub, name) for name in FOUR]
    return [cost.share for cost in costs if cost.run == run]


async def test_shares_are_told_of_what_a_run_has_refreshed_so_far(
    hub: Hub, settings: Settings, run: RunId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MOST_CLAIM", 2)
    monkeypatch.setattr(refresh, "LEAST_CLAIM", 2)
    for done in (2, 4):
        await run_refresh(hub, settings, ListQueue(), run, owner="test")
        assert len(await shares(hub, run)) == done
        assert sum(await shares(hub, run)) == pytest.approx(1)


async def test_a_worker_that_dies_before_it_has_noted_shares_leaves_that_to_the_next(
    hub: Hub, settings: Settings, run: RunId, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(hub: Hub, run: RunId) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(refresh, "settle_shares", dies)
        with pytest.raises(KeyboardInterrupt):
            await run_refresh(hub, settings, ListQueue(), run, owner="test")
    await run_refresh(hub, settings, ListQueue(), run, owner="another")
    assert len(await shares(hub, run)) == len(FOUR)
    assert sum(await shares(hub, run)) == pytest.approx(1)


def client_of(hub: Hub, settings: Settings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(settings, hub, ListQueue()))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
