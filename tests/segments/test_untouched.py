"""Where nothing was written and no clock matters refreshes end at once; where anything may matter they look."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pyroaring import BitMap

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType
from seggql.evaluation import stillness
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.deletion import delete_profiles
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.segments import incremental, instants, untouched
from seggql.segments.cancel import cancel_job
from seggql.segments.members import readable_members
from seggql.segments.requests import request_refresh_of_all
from seggql.segments.static import add_members
from seggql.segments.untouched import end_untouched
from seggql.settings import Settings
from seggql.store.batches import open_batch
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus
from seggql.store.segments import find_all_segments, find_segment_named
from seggql.store.untouched import LastWrite, last_write
from tests.packs.world import pack
from tests.segments.making import NOW
from tests.segments.world import ListQueue, dynamic, found_now, job_now, keys_of, static, work_off

QUERIES = {
    "Adults": "PROFILE(Contact).FILTER(Age >= 18)",
    "Recent": "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 1, UTCDAYS(10))",
    "New": "PROFILE(Contact).FILTER(Joined > DATEADD(DAY, -30, DATETIMEUTCNOW()))",
    "Both": "SEGMENT(Adults) INTERSECT SEGMENT(Chosen)",
}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
Refresh = Callable[..., Awaitable[dict[str, Job]]]


@pytest.fixture
async def world(hub: Hub, settings: Settings) -> Hub:
    """Ann, who bought something and joined a while ago; queries over her age, what she bought and when she came."""
    attributes = (Attribute(name="Age", type=AttributeType.INT), Attribute(name="Joined", type=AttributeType.DATETIME))
    await define_profile_type(hub, ProfileType(name="Contact", attributes=attributes))
    buyer = Link(name="Buyer", profile_type="Contact")
    await define_interaction_type(hub, InteractionType(name="Purchase", links=(buyer,)))
    await _put_ann(hub, 20)
    await _buy(hub, NOW - 10 * DAY + 20 * MINUTE)
    await static(hub, settings, "Chosen", "ann")
    for name, query in QUERIES.items():
        await dynamic(hub, settings, name, query)
    await pack(hub, settings, "profiles.Contact", ["_id", "a.Age", "a.Joined"])
    return hub


@pytest.fixture
def refresh(world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Refresh:
    """Refreshes all segments at an instant; their jobs by name."""

    async def refreshed(at: datetime = NOW) -> dict[str, Job]:
        monkeypatch.setattr(instants, "request_instant", lambda: at)
        queue = ListQueue()
        jobs = await request_refresh_of_all(world, queue, at)
        await work_off(world, settings, queue)
        names = {segment.id: segment.name for segment in await find_all_segments(world)}
        done = [await job_now(world, job) for job in jobs]
        assert {job.status for job in done} == {JobStatus.SUCCESSFUL}
        return {names[job.subject]: job for job in done}  # type: ignore[index]  # a segment's id

    return refreshed


async def test_nothing_is_read_and_no_generation_made(world: Hub, refresh: Refresh) -> None:
    await refresh()
    before = {segment.name: segment for segment in await find_all_segments(world)}
    jobs = await refresh(NOW + MINUTE)
    assert _untouched(jobs) == set(QUERIES)
    for name, job in jobs.items():
        segment, old = await find_segment_named(world, name), before[name].pointer
        assert segment
        assert segment.pointer
        assert old
        assert segment.pointer.generation == old.generation
        assert (job.as_of, segment.pointer.as_of) == (NOW + MINUTE, NOW + MINUTE)
        assert (job.attempts, job.member_count, job.entered, job.exited) == (1, old.count, 0, 0)
        assert job.is_incremental
        assert segment.last_refresh == job.id
        assert segment.last_refreshed_at == job.finished_at
        assert segment.cost == before[name].cost, "it tells of the last refresh that read something"
    run = await world.collection("runs").find_one({"_id": jobs["Adults"].run})
    assert run
    assert (run["status"], run["instant"]["as_of"], run["claims"]) == ("FINISHED", NOW + MINUTE, 0)


async def test_a_window_that_moves_past_a_purchase_is_looked_at(world: Hub, refresh: Refresh) -> None:
    await refresh()
    assert await keys_of(world, "Recent") == {"ann"}
    assert "Recent" in _untouched(await refresh(NOW + 19 * MINUTE))
    jobs = await refresh(NOW + 20 * MINUTE)
    assert _untouched(jobs) == {"Adults", "New", "Both"}
    assert {job.as_of for job in jobs.values()} == {NOW + 20 * MINUTE}, "one instant for the whole run"
    await refresh(NOW + 21 * MINUTE)
    assert await keys_of(world, "Recent") == set()


async def test_a_date_that_the_clock_moves_past_is_looked_at(world: Hub, refresh: Refresh) -> None:
    await _put_ann(world, 20, joined=NOW - 30 * DAY + 30 * MINUTE)
    await refresh()
    assert await keys_of(world, "New") == {"ann"}
    assert "New" in _untouched(await refresh(NOW + 29 * MINUTE))
    assert "New" not in _untouched(await refresh(NOW + 31 * MINUTE))
    assert await keys_of(world, "New") == set()


MOVING = {
    "Days": "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 2, UTCDAYS(10))",
    "Months": "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 2, UTCMONTHS(1))",
    "Between": (
        "INTERACTION(Purchase, Buyer)"
        ".HAVING(COUNT() >= 2, BETWEEN(DATEADD(DAY, -10, DATETIMEUTCNOW()), DATETIMEUTCNOW()))"
    ),
    "Coming": "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 1, BETWEEN(DATETIMEUTCNOW(), '2100-01-01'))",
    "Since": "PROFILE(Contact).FILTER(Joined >= DATEADD(MONTH, -1, DATETIMEUTCNOW()))",
    "Before": "PROFILE(Contact).FILTER(DATETIMEUTCNOW() > Joined AND Joined != DATEADD(DAY, -10, DATETIMEUTCNOW()))",
}
STARTS = (datetime(2026, 3, 28, 23, 20, tzinfo=UTC), datetime(2026, 3, 31, 23, 20, tzinfo=UTC), NOW)


@pytest.mark.parametrize("seed", range(len(STARTS)))
async def test_whatever_the_clock_moves_past_is_found_at_once(
    world: Hub, settings: Settings, refresh: Refresh, seed: int
) -> None:
    """Purchases and dates lie about every bound, and the clock moves on by seconds or minutes."""
    chance, at = random.Random(seed), STARTS[seed]
    for name, query in MOVING.items():
        await dynamic(world, settings, name, query)
    bounds = (at - 31 * DAY, at - 28 * DAY, at - 10 * DAY, at)
    moments = [chance.choice(bounds) + timedelta(seconds=chance.randrange(-600, 7_200)) for _ in range(120)]
    people = [f"c{number}" for number in range(20)]
    rows = [{"key": key, "attributes": {"Joined": moments.pop().isoformat()}} for key in people]
    await upsert_profiles(world, "Contact", rows)
    for moment in moments:
        await _buy(world, moment, chance.choice(people))
    untouched_ones = 0
    for _ in range(25):
        untouched_ones += len(_untouched(await refresh(at)).intersection(MOVING))
        for name, query in MOVING.items():
            expected = await found_now(world, settings, query, at)
            assert set(await readable_members(world, name)) == expected, f"{name} at {at}"
        at += timedelta(seconds=chance.choice([1, 7, 20, 31, 60, 200, 900]))
    assert untouched_ones >= 10


MARCH_30 = datetime(2026, 3, 30, 23, 30, tzinfo=UTC)
IN_BETWEEN = {
    "a short window meets a stretch of time": (
        ".FILTER(Timestamp >= '2026-03-01T12:20' AND Timestamp <= '2026-03-01T12:30')"
        ".HAVING(COUNT() >= 1, BETWEEN(DATEADD(MINUTE, -10, DATETIMEUTCNOW()), DATETIMEUTCNOW()))",
        NOW,
        NOW + 25 * MINUTE,
        NOW + 26 * MINUTE,
    ),
    "months leap back at midnight": (
        ".HAVING(COUNT() >= 1, BETWEEN(DATEADD(MONTH, -1, DATETIMEUTCNOW()), '2026-02-28T00:10'))",
        MARCH_30,
        datetime(2026, 2, 28, 0, 8, tzinfo=UTC),
        MARCH_30 + 35 * MINUTE,
    ),
    "months go on before midnight": (
        ".FILTER(Timestamp >= '2026-02-28T23:45').HAVING(COUNT() >= 1, UTCMONTHS(1))",
        MARCH_30,
        datetime(2026, 2, 28, 23, 50, tzinfo=UTC),
        MARCH_30 + 25 * MINUTE,
    ),
}


@pytest.mark.parametrize("case", IN_BETWEEN)
async def test_what_an_hour_begins_and_ends_without_is_found_in_between(
    world: Hub, settings: Settings, refresh: Refresh, case: str
) -> None:
    test, begin, bought, then = IN_BETWEEN[case]
    query = f"INTERACTION(Purchase, Buyer){test}"
    await dynamic(world, settings, "Some", query)
    await _buy(world, bought)
    await refresh(begin)
    before = await keys_of(world, "Some")
    await refresh(begin + MINUTE)
    await refresh(then)
    assert set(await readable_members(world, "Some")) == await found_now(world, settings, query, then)
    assert await keys_of(world, "Some") != before


async def test_windows_are_looked_at_a_few_at_once(
    world: Hub, settings: Settings, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stillness, "AT_ONCE", 2)
    for hours in range(236, 244):
        await dynamic(
            world, settings, f"H{hours}", f"INTERACTION(Purchase, Buyer).HAVING(COUNT() > 0, UTCHOURS({hours}))"
        )
    await refresh()
    assert len(_untouched(await refresh(NOW + 19 * MINUTE))) == 12
    assert {"Recent", "H240"}.isdisjoint(_untouched(await refresh(NOW + 21 * MINUTE)))


async def test_past_what_was_looked_ahead_it_is_looked_again(refresh: Refresh) -> None:
    await refresh()
    assert _untouched(await refresh(NOW + DAY)) == {"Adults", "Both"}
    assert _untouched(await refresh(NOW + 2 * DAY - 30 * MINUTE)) == {"Adults", "Both"}


async def test_what_asks_for_the_time_of_day_is_looked_at(world: Hub, settings: Settings, refresh: Refresh) -> None:
    await dynamic(world, settings, "Odd", "PROFILE(Contact).FILTER(DATEPART(HOUR, DATETIMEUTCNOW()) < 13)")
    await refresh()
    assert await keys_of(world, "Odd") == {"ann"}
    assert _untouched(await refresh(NOW + MINUTE)) == set(QUERIES)


async def test_the_clock_that_goes_backward_is_looked_at(refresh: Refresh) -> None:
    await refresh()
    assert _untouched(await refresh(NOW - MINUTE)) == set()


@pytest.mark.parametrize("change", ["profile", "purchase", "deletion"])
async def test_whatever_is_written_is_looked_at(world: Hub, refresh: Refresh, change: str) -> None:
    await refresh()
    match change:
        case "profile":
            await _put_ann(world, 10)
        case "purchase":
            await _buy(world, NOW)
        case "deletion":
            await delete_profiles(world, "Contact", ["ann"])
    assert _untouched(await refresh(NOW + MINUTE)) == set()
    assert await keys_of(world, "Adults") == ({"ann"} if change == "purchase" else set())
    if change != "deletion":  # which is under way until packs have forgotten it
        assert _untouched(await refresh(NOW + MINUTE)) == set(QUERIES)


async def test_while_something_is_being_written_and_once_more_afterwards_it_is_looked_at(
    world: Hub, refresh: Refresh
) -> None:
    await refresh()
    batch = ObjectId()
    await open_batch(world, batch, "profiles.Contact", {"Contact": BitMap([1])})
    assert _untouched(await refresh(NOW + MINUTE)) == set()
    await world.collection("batches").delete_one({"_id": batch})
    assert _untouched(await refresh(NOW + MINUTE)) == set()
    assert _untouched(await refresh(NOW + MINUTE)) == set(QUERIES)


async def test_a_segment_that_is_used_and_has_changed_is_looked_at(world: Hub, refresh: Refresh) -> None:
    await upsert_profiles(world, "Contact", [{"key": "bob", "attributes": {"Age": 30}}])
    await refresh()
    chosen = await find_segment_named(world, "Chosen")
    assert chosen
    await add_members(world, chosen.id, ["bob"])
    jobs = await refresh(NOW + MINUTE)
    assert _untouched(jobs) == {"Adults", "Recent", "New"}
    assert await keys_of(world, "Both") == {"ann", "bob"}


async def test_another_query_is_looked_at(world: Hub, refresh: Refresh) -> None:
    await refresh()
    changed = {"$set": {"query": "PROFILE(Contact).FILTER(Age >= 21)"}, "$inc": {"definition": 1}}
    await world.collection("segments").update_one({"name": "Adults"}, changed)
    assert _untouched(await refresh(NOW + MINUTE)) == {"Recent", "New"}
    assert await keys_of(world, "Both") == set()


async def test_what_is_asked_for_while_others_look_is_of_all_that_was_written_by_then(
    world: Hub, settings: Settings, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refresh()
    queue = ListQueue()
    await request_refresh_of_all(world, queue, NOW)
    asked: list[Job] = []

    async def meanwhile(hub: Hub) -> LastWrite:
        seen = await last_write(hub)
        if not asked:
            await _put_ann(world, 10)
            asked.extend(await request_refresh_of_all(world, queue, NOW))
        return seen

    monkeypatch.setattr(untouched, "last_write", meanwhile)
    await work_off(world, settings, queue)
    assert {(await job_now(world, job)).status for job in asked} == {JobStatus.SUCCESSFUL}
    assert await keys_of(world, "Adults") == set()


async def test_what_is_refreshed_while_others_look_is_looked_at(
    world: Hub, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refresh()

    async def meanwhile(hub: Hub) -> LastWrite:
        later = {"$set": {"pointer.as_of": NOW + 2 * MINUTE}}
        await world.collection("segments").update_one({"name": "Adults"}, later)
        return await last_write(hub)

    monkeypatch.setattr(untouched, "last_write", meanwhile)
    assert _untouched(await refresh(NOW + MINUTE)) == set()


async def test_everybody_is_looked_at_now_and_then(refresh: Refresh, monkeypatch: pytest.MonkeyPatch) -> None:
    await refresh()
    monkeypatch.setattr(incremental, "AUDIT_AFTER", timedelta(0))
    assert _untouched(await refresh(NOW + MINUTE)) == set()


async def test_what_was_canceled_or_is_refreshed_elsewhere_is_left_alone(world: Hub, refresh: Refresh) -> None:
    await refresh()
    jobs = await request_refresh_of_all(world, ListQueue(), NOW)
    ids = {segment.name: segment.id for segment in await find_all_segments(world)}
    by_name = {name: job for name, id_ in ids.items() for job in jobs if job.subject == id_}
    await cancel_job(world, by_name["Recent"].id, NOW)
    busy = {"status": "PROCESSING", "run": "another", "token": 1}
    elsewhere = await world.collection("jobs").find_one({"subject": ids["New"]})
    assert elsewhere
    await world.collection("jobs").insert_one(elsewhere | busy | {"_id": "busy"})
    assert not await end_untouched(world, jobs[0].run)
    now = {name: (await job_now(world, job)).status for name, job in by_name.items()}
    assert now == {
        "Adults": JobStatus.SUCCESSFUL,
        "Both": JobStatus.SUCCESSFUL,
        "New": JobStatus.QUEUED,
        "Recent": JobStatus.CANCELED,
    }


def _untouched(jobs: dict[str, Job]) -> set[str]:
    return {name for name, job in jobs.items() if [step.name for step in job.steps] == ["look"]}


async def _put_ann(hub: Hub, age: int, joined: datetime = NOW - 300 * DAY) -> None:
    await upsert_profiles(hub, "Contact", [{"key": "ann", "attributes": {"Age": age, "Joined": joined.isoformat()}}])


async def _buy(hub: Hub, at: datetime, key: str = "ann") -> None:
    await record_interactions(hub, "Purchase", [{"timestamp": at.isoformat(), "links": {"Buyer": key}}])
