"""Segments that are refreshed, activated and deactivated by themselves."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seggql.errors import RequestError
from seggql.scheduler import schedule
from seggql.segments.activation import activate_segments, deactivate_segments
from seggql.segments.change import SegmentChanges, update_segment
from seggql.segments.define import duplicate_segment
from seggql.segments.due import do_what_is_due
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.segments.schedule import ScheduleChanges, schedule_segment
from seggql.segments.system_schedule import set_system_schedule
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.hub import Document, Hub, open_hub
from seggql.store.schedules import find_system_schedule
from seggql.store.segment import Segment, SegmentState
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, static, work_off

QUERY = "PROFILE(Contact).FILTER(Age >= 40)"
PAST, FAR = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def refreshed(hub: Hub, settings: Settings, name: str) -> Segment:
    """An active segment that was refreshed once."""
    queue = ListQueue()
    segment = await dynamic(hub, settings, name, QUERY, queue=queue)
    await work_off(hub, settings, queue)
    return await reread(hub, segment)


async def put(hub: Hub, segment: Segment, **fields: object) -> None:
    """Change stored fields, as if time had passed."""
    await hub.collection("segments").update_one({"_id": segment.id}, {"$set": fields})


async def scheduled_jobs(hub: Hub) -> list[Document]:
    return [job async for job in hub.collection("jobs").find({"trigger": "SCHEDULE"})]


async def test_a_segment_is_refreshed_when_it_is_due_and_then_not_before_the_next_time(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    segment = await refreshed(world, settings, "Old")
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=15))
    await do_what_is_due(world, settings, queue)
    assert queue.announced == []
    due = request_instant() - timedelta(minutes=100)
    await put(world, segment, due_at=due)
    for _ in range(3):
        await do_what_is_due(world, settings, queue)
    assert len(queue.announced) == 1, "what was missed is made up for once"
    await work_off(world, settings, queue)
    [job] = await scheduled_jobs(world)
    assert (job["subject"], job["status"]) == (segment.id, "SUCCESSFUL")
    following = (await reread(world, segment)).due_at
    assert following is not None
    assert following == due + timedelta(minutes=105), "an interval does not drift"


async def test_a_refresh_that_is_queued_already_is_not_queued_again(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await refreshed(world, settings, "Old")
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=1))
    for _ in range(3):
        await put(world, segment, due_at=request_instant() - timedelta(seconds=1))
        await do_what_is_due(world, settings, queue)
    assert len(await scheduled_jobs(world)) == 1


async def test_a_cron_expression_is_kept_with_its_zone_and_replaces_an_interval(world: Hub, settings: Settings) -> None:
    segment = await refreshed(world, settings, "Old")
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=15))
    segment = await schedule_segment(world, segment.id, ScheduleChanges(cron="30 6 * * 1-5", time_zone="Europe/Berlin"))
    assert (segment.interval_minutes, segment.cron, segment.time_zone) == (None, "30 6 * * 1-5", "Europe/Berlin")
    assert segment.due_at is not None
    assert segment.due_at > request_instant()
    same = await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=None))
    assert (same.cron, same.due_at) == (segment.cron, segment.due_at)
    none = await schedule_segment(world, segment.id, ScheduleChanges(cron=None))
    assert (none.cron, none.due_at) == (None, None)


async def test_an_interval_given_with_the_segment_counts(world: Hub, settings: Settings) -> None:
    segment = await refreshed(world, settings, "Old")
    segment = await update_segment(world, settings, ListQueue(), segment.id, SegmentChanges(interval_minutes=5))
    assert segment.due_at is not None
    assert timedelta(0) < segment.due_at - request_instant() <= timedelta(minutes=5)
    copy = await duplicate_segment(world, settings, segment.id, "Copy")
    assert (copy.interval_minutes, copy.due_at) == (5, None), "a copy is inactive"
    await activate_segments(world, settings, ListQueue(), [copy.id])
    begun = (await reread(world, copy)).due_at
    assert begun is not None
    assert timedelta(0) < begun - request_instant() <= timedelta(minutes=5)
    cleared = await update_segment(world, settings, ListQueue(), segment.id, SegmentChanges(interval_minutes=None))
    assert (cleared.interval_minutes, cleared.due_at) == (None, None)


async def test_an_inactive_segment_is_not_refreshed_by_its_own_schedule(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await refreshed(world, settings, "Old")
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=15))
    await deactivate_segments(world, settings, [segment.id])
    await put(world, segment, due_at=PAST)
    await do_what_is_due(world, settings, queue)
    assert queue.announced == []


async def test_a_segment_is_activated_and_deactivated_as_planned_once(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await refreshed(world, settings, "Old")
    await deactivate_segments(world, settings, [segment.id])
    soon = request_instant() + timedelta(hours=1)
    planned = ScheduleChanges(activate_at=soon, deactivate_at=soon + timedelta(hours=1))
    segment = await schedule_segment(world, segment.id, planned)
    await do_what_is_due(world, settings, queue)
    assert (await reread(world, segment)).state is SegmentState.INACTIVE
    await put(world, segment, activate_at=PAST)
    await do_what_is_due(world, settings, queue)
    now = await reread(world, segment)
    assert (now.state, now.activate_at) == (SegmentState.ACTIVE, None)
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"cleo", "dan"}
    await deactivate_segments(world, settings, [segment.id])
    await do_what_is_due(world, settings, queue)
    assert (await reread(world, segment)).state is SegmentState.INACTIVE, "it was to be activated once"
    await activate_segments(world, settings, queue, [segment.id])
    await put(world, segment, deactivate_at=PAST)
    await do_what_is_due(world, settings, queue)
    ended = await reread(world, segment)
    assert (ended.state, ended.deactivate_at) == (SegmentState.INACTIVE, None)


@pytest.mark.parametrize(("first", "state"), [("activate_at", "INACTIVE"), ("deactivate_at", "ACTIVE")])
async def test_what_was_planned_while_no_scheduler_ran_is_done_in_its_order(
    world: Hub, settings: Settings, first: str, state: str
) -> None:
    segment = await refreshed(world, settings, "Old")
    await deactivate_segments(world, settings, [segment.id])
    second = "deactivate_at" if first == "activate_at" else "activate_at"
    await put(world, segment, **{first: PAST, second: PAST + timedelta(days=1)})
    await do_what_is_due(world, settings, ListQueue())
    ended = await reread(world, segment)
    assert (ended.state.value, ended.activate_at, ended.deactivate_at) == (state, None, None)


async def test_a_plan_is_changed_and_canceled(world: Hub, settings: Settings) -> None:
    segment = await refreshed(world, settings, "Old")
    soon = request_instant() + timedelta(hours=1)
    await schedule_segment(world, segment.id, ScheduleChanges(deactivate_at=soon))
    later = await schedule_segment(world, segment.id, ScheduleChanges(deactivate_at=soon + timedelta(hours=1)))
    assert later.deactivate_at == soon + timedelta(hours=1)
    canceled = await schedule_segment(world, segment.id, ScheduleChanges(deactivate_at=None))
    assert canceled.deactivate_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cron": "* * *"}, ("cron",)),
        ({"cron": "0 6 * * *", "time_zone": "Mars/Olympus"}, ("timeZone",)),
        ({"cron": "0 6 * * *", "time_zone": ""}, ("timeZone",)),
        ({"cron": "0 6 * * *", "interval_minutes": 5}, ("cron",)),
        ({"interval_minutes": 0}, ("intervalMinutes",)),
        ({"activate_at": PAST}, ("activateAt",)),
        (
            {"activate_at": datetime(2999, 1, 1, tzinfo=UTC), "deactivate_at": datetime(2999, 1, 1, tzinfo=UTC)},
            ("deactivateAt",),
        ),
    ],
)
async def test_a_faulty_schedule_is_refused(
    world: Hub, settings: Settings, changes: Mapping[str, Any], field: tuple[str, ...]
) -> None:
    segment = await refreshed(world, settings, "Old")
    with pytest.raises(RequestError) as refused:
        await schedule_segment(world, segment.id, ScheduleChanges(**changes))
    assert (refused.value.code, refused.value.field) == ("INVALID", field)
    assert await reread(world, segment) == segment


async def test_a_static_segment_has_no_schedule(world: Hub, settings: Settings) -> None:
    segment = await static(world, settings, "Hand", "ann")
    with pytest.raises(RequestError, match="static"):
        await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=5))


async def test_the_system_schedule_refreshes_all_and_skips_the_inactive_with_the_reason(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    old, rest = await refreshed(world, settings, "Old"), await refreshed(world, settings, "Rest")
    await static(world, settings, "Hand", "ann")
    await deactivate_segments(world, settings, [rest.id])
    await set_system_schedule(world, is_enabled=True, days=None, times=["06:30"], time_zone="Europe/Berlin")
    await do_what_is_due(world, settings, queue)
    assert queue.announced == []
    await world.collection("system_schedule").update_one({}, {"$set": {"due_at": PAST}})
    for _ in range(3):
        await do_what_is_due(world, settings, queue)
    assert len(queue.announced) == 1
    await work_off(world, settings, queue)
    jobs = {job["subject"]: job for job in await scheduled_jobs(world)}
    assert {id_: job["status"] for id_, job in jobs.items()} == {old.id: "SUCCESSFUL", rest.id: "SKIPPED"}
    assert "inactive" in jobs[rest.id]["skipped_because"]
    due = (await find_system_schedule(world)).due_at
    assert due is not None
    assert due > request_instant()


async def test_schedulers_whose_clocks_differ_make_one_job_of_one_due_time(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = await refreshed(world, settings, "Old")
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=60))
    await set_system_schedule(world, is_enabled=True, days=None, times=["06:30"], time_zone="UTC")
    soon = request_instant() + timedelta(seconds=4)
    await put(world, segment, due_at=soon)
    fast = request_instant

    def ten_seconds_ahead() -> datetime:
        return fast() + timedelta(seconds=10)

    monkeypatch.setattr("seggql.scheduler.request_instant", ten_seconds_ahead)
    other = open_hub(settings)
    queue = ListQueue()
    schedulers = [asyncio.create_task(schedule(hub, settings, queue)) for hub in (world, other)]
    await asyncio.sleep(1)
    assert await scheduled_jobs(world) == [], "nobody is early"
    async with asyncio.timeout(60):
        while not await scheduled_jobs(world):  # noqa: ASYNC110  # the schedulers only have their queue
            await asyncio.sleep(0.05)
    await asyncio.sleep(3)
    for scheduler in schedulers:
        scheduler.cancel()
    await asyncio.gather(*schedulers, return_exceptions=True)
    await other.close()
    assert len(await scheduled_jobs(world)) == 1


async def test_many_schedulers_at_once_take_a_due_time_once(world: Hub, settings: Settings) -> None:
    segments = [await refreshed(world, settings, f"S{n}") for n in range(5)]
    for segment in segments:
        await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=60))
        await put(world, segment, due_at=PAST)
    await set_system_schedule(world, is_enabled=True, days=None, times=["06:30"], time_zone="UTC")
    await world.collection("system_schedule").update_one({}, {"$set": {"due_at": PAST}})
    queue = ListQueue()
    await asyncio.gather(*(do_what_is_due(world, settings, queue) for _ in range(8)))
    assert sorted(job["subject"] for job in await scheduled_jobs(world)) == sorted(s.id for s in segments)


async def test_an_activated_segment_whose_refresh_nobody_asked_for_is_found(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", QUERY)
    await world.collection("jobs").delete_many({})
    await world.collection("runs").delete_many({})
    await do_what_is_due(world, settings, queue)
    assert queue.announced == [], "whoever activated it may be about to ask"
    ago = request_instant() - timedelta(minutes=2)
    await put(world, segment, updated_at=ago, in_need_since=ago)
    for _ in range(3):
        await do_what_is_due(world, settings, queue)
    await work_off(world, settings, queue)
    assert await world.collection("jobs").count_documents({}) == 1
    assert [entry.cause.value async for entry in ledger.entries(world, segment.id)] == ["ACTIVATION"]


async def test_a_refresh_under_way_does_not_swallow_what_is_due(world: Hub, settings: Settings) -> None:
    segment = await refreshed(world, settings, "Old")
    await request_refresh(world, ListQueue(), [segment.id], request_instant())
    await world.collection("jobs").update_many({"status": "QUEUED"}, {"$set": {"status": "PROCESSING"}})
    await world.collection("runs").update_many({"status": "QUEUED"}, {"$set": {"status": "PROCESSING"}})
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=60))
    await put(world, segment, due_at=PAST)
    await do_what_is_due(world, settings, ListQueue())
    assert len(await scheduled_jobs(world)) == 1, "what is under way does not see what was written since it began"
    await set_system_schedule(world, is_enabled=True, days=None, times=["06:30"], time_zone="UTC")
    for _ in range(2):
        await world.collection("system_schedule").update_one({}, {"$set": {"due_at": PAST}})
        await do_what_is_due(world, settings, ListQueue())
    assert len(await scheduled_jobs(world)) == 1, "but what waits does"


async def test_a_schedule_that_cannot_be_read_holds_nobody_up(world: Hub, settings: Settings) -> None:
    lost, fine = await refreshed(world, settings, "Lost"), await refreshed(world, settings, "Fine")
    for segment in (lost, fine):
        await schedule_segment(world, segment.id, ScheduleChanges(cron="0 6 * * *"))
        await put(world, segment, due_at=PAST)
    await put(world, lost, time_zone="Mars/Olympus")
    await do_what_is_due(world, settings, ListQueue())
    assert {job["subject"] for job in await scheduled_jobs(world)} == {lost.id, fine.id}
    again = (await reread(world, lost)).due_at
    assert again is not None
    assert again > request_instant()


async def test_an_inactive_segment_cannot_be_deactivated_first_an_active_one_can_pause(
    world: Hub, settings: Settings
) -> None:
    segment = await refreshed(world, settings, "Old")
    friday, monday = request_instant() + timedelta(days=2), request_instant() + timedelta(days=5)
    pause = ScheduleChanges(deactivate_at=friday, activate_at=monday)
    paused = await schedule_segment(world, segment.id, pause)
    assert (paused.deactivate_at, paused.activate_at) == (friday, monday)
    await schedule_segment(world, segment.id, ScheduleChanges(deactivate_at=None, activate_at=None))
    await deactivate_segments(world, settings, [segment.id])
    with pytest.raises(RequestError, match="let deactivateAt be later") as refused:
        await schedule_segment(world, segment.id, pause)
    assert refused.value.field == ("deactivateAt",)


async def test_a_schedule_begins_with_the_activation(world: Hub, settings: Settings) -> None:
    segment = await refreshed(world, settings, "Old")
    await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=60))
    await deactivate_segments(world, settings, [segment.id])
    await put(world, segment, due_at=PAST)
    await activate_segments(world, settings, ListQueue(), [segment.id])
    await do_what_is_due(world, settings, ListQueue())
    assert await scheduled_jobs(world) == []


async def test_a_schedule_that_is_set_again_keeps_its_step_and_its_zone(world: Hub, settings: Settings) -> None:
    segment = await refreshed(world, settings, "Old")
    segment = await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=60))
    again = await schedule_segment(world, segment.id, ScheduleChanges(interval_minutes=60))
    assert again.due_at == segment.due_at
    updated = await update_segment(world, settings, ListQueue(), segment.id, SegmentChanges(interval_minutes=60))
    assert updated.due_at == segment.due_at
    berlin = ScheduleChanges(cron="0 6 * * *", time_zone="Europe/Berlin")
    in_berlin = await schedule_segment(world, segment.id, berlin)
    later = await schedule_segment(world, segment.id, ScheduleChanges(cron="0 7 * * *"))
    assert (later.time_zone, later.interval_minutes) == ("Europe/Berlin", None)
    in_tokyo = await schedule_segment(world, segment.id, ScheduleChanges(time_zone="Asia/Tokyo"))
    assert (in_tokyo.cron, in_tokyo.time_zone) == ("0 7 * * *", "Asia/Tokyo")
    assert len({in_berlin.due_at, later.due_at, in_tokyo.due_at}) == 3


async def test_segments_activated_together_are_refreshed_together_what_is_used_first(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    used = await refreshed(world, settings, "Used")
    user = await dynamic(world, settings, "Auser", "SEGMENT(Used).FILTER(Age >= 50)")
    await work_off(world, settings, queue)
    await deactivate_segments(world, settings, [user.id, used.id])
    for segment in (user, used):
        await put(world, segment, activate_at=PAST)
    await do_what_is_due(world, settings, queue)
    assert len(queue.announced) == 1
    await work_off(world, settings, queue)
    assert await keys_of(world, "Auser") == {"dan"}


async def test_many_schedulers_queue_a_forgotten_refresh_once_and_a_failed_one_not_again(
    world: Hub, settings: Settings
) -> None:
    segment = await dynamic(world, settings, "Old", QUERY)
    await world.collection("jobs").update_many({}, {"$set": {"status": "SKIPPED"}})
    old = request_instant() - timedelta(minutes=2)
    await put(world, segment, updated_at=old, in_need_since=old)
    await asyncio.gather(*(do_what_is_due(world, settings, ListQueue()) for _ in range(8)))
    jobs = [job async for job in world.collection("jobs").find({"status": "QUEUED"})]
    assert [(job["subject"], job["trigger"]) for job in jobs] == [(segment.id, "ACTIVATION")]
    await world.collection("jobs").update_many({"status": "QUEUED"}, {"$set": {"status": "FAILED"}})
    await do_what_is_due(world, settings, ListQueue())
    assert await world.collection("jobs").count_documents({"status": "QUEUED"}) == 0
