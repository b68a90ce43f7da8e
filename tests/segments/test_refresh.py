from datetime import timedelta

import pytest

from seggql.ingest.deletion import delete_profiles
from seggql.segments.activation import activate_segments, deactivate_segments
from seggql.segments.cancel import cancel_job
from seggql.segments.change import SegmentChanges, update_segment
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh, request_refresh_of_all
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.claims import Claim, begin_job, claim_jobs, hand_back
from seggql.store.hub import Hub
from seggql.store.job import JobStatus, RunId
from seggql.store.jobs import move_job
from seggql.store.segment import ChangeCause, SegmentState
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, job_now, keys_of, make_world, put_ages, static, work_off


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def claimed(hub: Hub, run: RunId, *, lease_s: float = 60.0) -> Claim:
    """A claim of another worker; a lease of 0 s has run out at once."""
    claim = await claim_jobs(hub, run, "another", lease_s, most=100)
    assert claim is not None
    return claim


async def test_a_refresh_finds_the_members(world: Hub, settings: Settings) -> None:
    segment = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    queue = ListQueue()
    (job,) = await request_refresh(world, queue, [segment.id], request_instant())
    assert (job.status, queue.announced) == (JobStatus.QUEUED, [job.run])
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"cleo", "dan"}
    done = await job_now(world, job)
    assert (done.status, done.error) == (JobStatus.SUCCESSFUL, None)
    assert (done.member_count, done.entered, done.exited) == (2, 2, 0)
    assert [step.name for step in done.steps] == ["evaluate", "commit"]
    assert done.as_of is not None
    segment = await reread(world, segment)
    assert (segment.last_refresh, segment.consecutive_failures) == (job.id, 0)


async def test_a_refresh_books_who_entered_and_left(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    await put_ages(world, {"ann": 60, "dan": 10})
    (job,) = await request_refresh(world, queue, [segment.id], request_instant())
    await work_off(world, settings, queue)
    done = await job_now(world, job)
    assert (done.entered, done.exited, done.member_count) == (1, 1, 2)
    causes = [entry.cause async for entry in ledger.entries(world, segment.id)]
    assert causes == [ChangeCause.ACTIVATION, ChangeCause.REFRESH]


async def test_an_unchanged_world_makes_no_generation(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    before = await reread(world, segment)
    (job,) = await request_refresh(world, queue, [segment.id], request_instant())
    await work_off(world, settings, queue)
    after = await reread(world, segment)
    assert after.pointer is not None
    assert before.pointer is not None
    assert after.pointer.generation == before.pointer.generation
    assert (await job_now(world, job)).status is JobStatus.SUCCESSFUL


async def test_a_compound_uses_the_generation_just_made_in_its_run(world: Hub, settings: Settings) -> None:
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    rest = await dynamic(world, settings, "Rest", "PROFILE(Contact) EXCEPT SEGMENT(Old)")
    queue = ListQueue()
    jobs = await request_refresh(world, queue, [rest.id, old.id], request_instant())
    await work_off(world, settings, queue)
    assert await keys_of(world, "Rest") == {"ann", "bob", "eve"}
    done = [await job_now(world, job) for job in jobs]
    assert len({job.as_of for job in done}) == 1
    assert (await reread(world, old)).pointer is not None


async def test_a_compound_over_a_segment_that_was_never_refreshed_fails_with_that_reason(
    world: Hub, settings: Settings
) -> None:
    await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    rest = await dynamic(world, settings, "Rest", "PROFILE(Contact) EXCEPT SEGMENT(Old)")
    queue = ListQueue()
    (job,) = await request_refresh(world, queue, [rest.id], request_instant())
    await work_off(world, settings, queue)
    failed = await job_now(world, job)
    assert failed.status is JobStatus.FAILED
    assert "'Old'" in (failed.error or "")
    assert "never refreshed" in (failed.error or "")
    rest = await reread(world, rest)
    assert (rest.consecutive_failures, rest.last_error, rest.pointer) == (1, failed.error, None)
    assert rest.failing_since is not None


async def test_inactive_and_static_segments_are_skipped_with_the_reason(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    rest = await dynamic(world, settings, "Rest", "PROFILE(Contact) EXCEPT SEGMENT(Old)", queue=queue)
    await work_off(world, settings, queue)
    hand = await static(world, settings, "Hand", "ann")
    await deactivate_segments(world, settings, [old.id])
    jobs = await request_refresh(world, queue, [old.id, rest.id, hand.id], request_instant())
    await work_off(world, settings, queue)
    done = [await job_now(world, job) for job in jobs]
    assert [job.status for job in done] == [JobStatus.SKIPPED] * 3
    assert "inactive" in (done[0].skipped_because or "")
    assert "Old" in (done[1].skipped_because or "")
    assert "static" in (done[2].skipped_because or "")
    assert await keys_of(world, "Rest") == {"ann", "bob"} | {"eve"}


async def test_deactivating_empties_a_segment_and_activating_queues_a_refresh(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    (inactive,) = (await deactivate_segments(world, settings, [old.id])).segments
    assert (inactive.state, await keys_of(world, "Old")) == (SegmentState.INACTIVE, set())
    (active,) = (await activate_segments(world, settings, queue, [old.id])).segments
    assert active.state is SegmentState.ACTIVE
    assert not active.is_readable
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"cleo", "dan"}
    causes = [entry.cause.value async for entry in ledger.entries(world, old.id)]
    assert causes == ["ACTIVATION", "DEACTIVATION", "ACTIVATION"]
    await activate_segments(world, settings, queue, [old.id])
    assert queue.announced == []


async def test_one_broken_segment_fails_alone(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    good = await dynamic(world, settings, "Good", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    bad = await dynamic(world, settings, "Bad", "PROFILE(Contact).FILTER(Age < 40)", queue=queue)
    on_bad = await dynamic(world, settings, "OnBad", "SEGMENT(Bad)", queue=queue)
    broken = {"$set": {"query": "PROFILE(Contact).FILTER(Gone == 1)"}}
    await world.collection("segments").update_one({"_id": bad.id}, broken)
    queue.announced.clear()
    jobs = await request_refresh(world, queue, [on_bad.id, bad.id, good.id], request_instant())
    await work_off(world, settings, queue)
    done = [await job_now(world, job) for job in jobs]
    assert [job.status.value for job in done] == ["SKIPPED", "FAILED", "SUCCESSFUL"]
    assert "Gone" in (done[1].error or "")
    assert done[1].error_code == "QUERY_INVALID"
    assert "Bad" in (done[0].skipped_because or "")


async def test_a_new_query_is_refreshed_with_the_cause_definition(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    changes = SegmentChanges(query="PROFILE(Contact).FILTER(Age >= 50)")
    await update_segment(world, settings, queue, old.id, changes)
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"dan"}
    causes = [entry.cause.value async for entry in ledger.entries(world, old.id)]
    assert causes == ["ACTIVATION", "DEFINITION"]


async def test_a_worker_that_was_fenced_off_changes_nothing(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    run_id = RunId(queue.announced[0])
    first = await claimed(world, run_id, lease_s=0.0)
    (stale,) = first.jobs
    await work_off(world, settings, queue)
    assert (await job_now(world, stale)).status is JobStatus.SUCCESSFUL
    assert await begin_job(world, stale, request_instant()) is None
    assert not await move_job(world, stale, {"done": 7})
    assert not await hand_back(world, first)
    assert (await reread(world, old)).pointer is not None


async def test_a_job_is_claimed_by_one_worker_at_a_time(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    run_id = RunId(queue.announced[0])
    assert len((await claimed(world, run_id)).jobs) == 1
    assert (await claimed(world, run_id)).jobs == ()
    await run_refresh(world, settings, queue, run_id, owner="second")
    assert await keys_of(world, "Old") == set()


async def test_a_canceled_job_is_left_out_of_its_run(world: Hub, settings: Settings) -> None:
    one = await dynamic(world, settings, "One", "PROFILE(Contact).FILTER(Age >= 40)")
    two = await dynamic(world, settings, "Two", "PROFILE(Contact).FILTER(Age < 40)")
    queue = ListQueue()
    first, second = await request_refresh(world, queue, [one.id, two.id], request_instant())
    await cancel_job(world, first.id, request_instant())
    await work_off(world, settings, queue)
    assert (await job_now(world, first)).status is JobStatus.CANCELED
    assert (await job_now(world, second)).status is JobStatus.SUCCESSFUL
    assert (await reread(world, one)).pointer is None


async def test_profiles_deleted_during_a_refresh_do_not_come_back(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    await delete_profiles(world, "Contact", ["dan"])
    assert await keys_of(world, "Old") == {"cleo"}
    await request_refresh_of_all(world, queue, request_instant())
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"cleo"}


async def test_a_job_that_ended_five_workers_is_given_up(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    run_id = RunId(queue.announced[0])
    for _ in range(5):
        (job,) = (await claimed(world, run_id, lease_s=0.0)).jobs
        assert await begin_job(world, job, request_instant()) is not None
    await work_off(world, settings, queue)
    given_up = await job_now(world, job)
    assert (given_up.status, given_up.error_code) == (JobStatus.FAILED, "GIVEN_UP")
    assert given_up.takeovers == 5


async def test_segments_of_one_run_share_equal_parts(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    part = "INTERACTION(Purchase, Buyer)"
    one = await dynamic(world, settings, "One", f"PROFILE(Contact).FILTER(Age > 20) INTERSECT {part}", queue=queue)
    two = await dynamic(world, settings, "Two", f"PROFILE(Contact).FILTER(Age > 30) INTERSECT {part}", queue=queue)
    queue.announced.clear()
    await request_refresh(world, queue, [one.id, two.id], request_instant() + timedelta(seconds=1))
    await work_off(world, settings, queue)
    assert (await keys_of(world, "One"), await keys_of(world, "Two")) == ({"cleo"}, {"cleo"})
