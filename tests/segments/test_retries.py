"""Refreshes that fail are tried again by themselves, ever later, until they succeed."""

import asyncio
from datetime import UTC, datetime

import pytest

from seggql.segments import refresh
from seggql.segments.activation import deactivate_segments
from seggql.segments.change import SegmentChanges, update_segment
from seggql.segments.due import do_what_is_due
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.hub import Document, Hub
from seggql.store.segment import Segment
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, put_ages, work_off

QUERY = "PROFILE(Contact).FILTER(Age >= 40)"
BROKEN = "PROFILE(Contact).FILTER(Gone == 1)"
PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def put(hub: Hub, segment: Segment, **fields: object) -> None:
    """Change stored fields, as if time had passed, or somebody had removed an attribute."""
    await hub.collection("segments").update_one({"_id": segment.id}, {"$set": fields})


async def failed(hub: Hub, settings: Settings, segment: Segment) -> Segment:
    """The segment after a refresh by hand that failed."""
    queue = ListQueue()
    await request_refresh(hub, queue, [segment.id], request_instant())
    await work_off(hub, settings, queue)
    found = await reread(hub, segment)
    assert found.last_error
    return found


async def jobs_of(hub: Hub, segment: Segment) -> list[Document]:
    return [job async for job in hub.collection("jobs").find({"subject": segment.id}).sort("_id", 1)]


async def test_the_wait_doubles_with_each_failure_up_to_the_longest(world: Hub, settings: Settings) -> None:
    segment = await dynamic(world, settings, "Old", QUERY)
    await put(world, segment, query=BROKEN)
    for failures, minutes in ((0, 1), (1, 2), (2, 4), (8, 256), (9, 360), (5_000, 360)):
        await put(world, segment, consecutive_failures=failures)
        before = request_instant()
        found = await failed(world, settings, segment)
        assert found.consecutive_failures == failures + 1
        assert found.retry_at is not None
        waits_s = (found.retry_at - before).total_seconds()
        assert minutes * 60 <= waits_s < minutes * 60 + 45, "the rest is the refresh itself"


async def test_what_failed_is_tried_again_once_with_what_was_skipped_because_of_it(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", QUERY, queue=queue)
    rest = await dynamic(world, settings, "Rest", "PROFILE(Contact) EXCEPT SEGMENT(Old)", queue=queue)
    other = await dynamic(world, settings, "Other", QUERY, queue=queue)
    await work_off(world, settings, queue)
    await put(world, old, query=BROKEN)
    await failed(world, settings, old)
    await do_what_is_due(world, settings, queue)
    assert queue.announced == [], "its wait is not over"
    await put(world, old, retry_at=PAST)
    queues = [ListQueue() for _ in range(8)]
    await asyncio.gather(*(do_what_is_due(world, settings, one) for one in queues))
    announced = [run for one in queues for run in one.announced]
    assert len(announced) == 1, "by one of the schedulers"
    queue.announced += announced
    await work_off(world, settings, queue)
    again, skipped = (await jobs_of(world, old))[-1], (await jobs_of(world, rest))[-1]
    assert [(step["name"], step["status"]) for step in again["steps"]] == [("plan", "FAILED")]
    assert (again["status"], again["trigger"]) == ("FAILED", "SCHEDULE")
    assert (skipped["status"], skipped["trigger"], skipped["run"]) == ("SKIPPED", "DEPENDENCY", again["run"])
    assert (await reread(world, old)).consecutive_failures == 2
    await put(world, old, query=QUERY, retry_at=PAST)
    await put_ages(world, {"zoe": 99, "ann": 70})
    await do_what_is_due(world, settings, queue)
    await work_off(world, settings, queue)
    healed = await reread(world, old)
    assert (healed.consecutive_failures, healed.last_error, healed.retry_at) == (0, None, None)
    assert await keys_of(world, "Old") == {"ann", "cleo", "dan", "zoe"}
    assert await keys_of(world, "Rest") == {"bob", "eve"}
    assert len(await jobs_of(world, other)) == 1, "what has nothing to do with it was left alone"


async def test_what_ends_workers_waits_longest(world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = await dynamic(world, settings, "Old", QUERY)
    monkeypatch.setattr(refresh, "MAX_TAKEOVERS", 0)
    before = request_instant()
    found = await failed(world, settings, segment)
    assert found.retry_at is not None
    assert 6 * 3600 <= (found.retry_at - before).total_seconds() < 6 * 3600 + 45


async def test_an_inactive_segment_is_not_tried_again(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", QUERY)
    await put(world, segment, query=BROKEN)
    await failed(world, settings, segment)
    await deactivate_segments(world, settings, [segment.id])
    await put(world, segment, retry_at=PAST)
    await do_what_is_due(world, settings, queue)
    assert queue.announced == []


async def test_whoever_asks_for_the_first_refresh_it_is_that_of_the_activation(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", QUERY)
    await put(world, segment, query=BROKEN)
    await failed(world, settings, segment)
    await put(world, segment, query=QUERY, retry_at=PAST)
    await do_what_is_due(world, settings, queue)
    await work_off(world, settings, queue)
    assert [entry.cause.value async for entry in ledger.entries(world, segment.id)] == ["ACTIVATION"]


async def test_a_new_query_whose_refresh_nobody_asked_for_is_found(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", QUERY, queue=queue)
    await work_off(world, settings, queue)
    changes = SegmentChanges(query="PROFILE(Contact).FILTER(Age < 40)")
    await update_segment(world, settings, ListQueue(), segment.id, changes)
    asked = (await jobs_of(world, segment))[-1]
    await world.collection("jobs").delete_one({"_id": asked["_id"]})
    await world.collection("runs").delete_one({"_id": asked["run"]})
    await do_what_is_due(world, settings, queue)
    assert queue.announced == [], "whoever changed it may be about to ask"
    ago = request_instant().replace(year=2020)
    await put(world, segment, updated_at=ago)
    for _ in range(3):
        await do_what_is_due(world, settings, queue)
    assert len(queue.announced) == 1
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"ann", "bob"}
    await do_what_is_due(world, settings, queue)
    assert queue.announced == []
