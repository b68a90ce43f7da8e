"""Runs over several claims: who takes what, what waits, and what happens to those who go silent."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pyroaring import BitMap

from seggql.errors import SnapshotExpired
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run
from seggql.query.plan import Plan, Scan
from seggql.segments import refresh
from seggql.segments.cancel import cancel_job
from seggql.segments.change import SegmentChanges, update_segment
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import request_refresh, store_refresh
from seggql.settings import Settings
from seggql.store.claims import Claim, begin_job, claim_jobs, expire_leases, hand_back
from seggql.store.hub import Document, Hub
from seggql.store.job import Job, JobId, JobStatus, JobTrigger, RunId
from seggql.store.segment import Segment
from tests.segments.making import reread
from tests.segments.world import AGES, ListQueue, dynamic, job_now, keys_of, make_world, put_ages, work_off


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every claim takes a single segment."""
    monkeypatch.setattr(refresh, "MOST_CLAIM", 1)
    monkeypatch.setattr(refresh, "LEAST_CLAIM", 1)


async def segments(hub: Hub, settings: Settings, count: int) -> list[Segment]:
    """Active segments S0, S1, …: older than 0, 10, 20, … years, refreshed once."""
    queue = ListQueue()
    made = [
        await dynamic(hub, settings, f"S{n}", f"PROFILE(Contact).FILTER(Age >= {n * 10})", queue=queue)
        for n in range(count)
    ]
    await work_off(hub, settings, queue)
    return made


async def requested(hub: Hub, queue: ListQueue, which: Sequence[Segment]) -> list[Job]:
    """Refreshes of the segments that look at everybody, whatever changed."""
    await hub.collection("segments").update_many({"pointer": {"$ne": None}}, {"$set": {"pointer.basis": None}})
    return await request_refresh(hub, queue, [segment.id for segment in which], request_instant())


async def claimed(hub: Hub, run: RunId, *, lease_s: float = 60.0) -> Claim:
    claim = await claim_jobs(hub, run, "another", lease_s, most=100)
    assert claim is not None
    return claim


async def statuses(hub: Hub, jobs: Sequence[Job]) -> list[str]:
    return [(await job_now(hub, job)).status.value for job in jobs]


async def until(hub: Hub, job: Job, status: JobStatus) -> None:
    """Wait until the job is in this status."""
    async with asyncio.timeout(60):
        while (await job_now(hub, job)).status is not status:  # noqa: ASYNC110  # another task brings it there
            await asyncio.sleep(0.02)


class Gate:
    """Holds up the evaluation of whatever scans, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.left = which
        monkeypatch.setattr("seggql.segments.refresh_work.find", self.find)

    async def find(self, plan: Plan, run: Run, universe: BitMap | None = None) -> BitMap:
        if isinstance(plan, Scan):
            self.left -= 1
            if self.left == 0:
                self.reached.set()
                await self.opened.wait()
        return await find(plan, run, universe)


@pytest.mark.usefixtures("one_at_a_time")
async def test_the_claims_of_a_run_share_its_instant_and_its_snapshot(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    made = await segments(world, settings, 3)
    jobs = await requested(world, queue, made)
    await run_refresh(world, settings, queue, jobs[0].run, owner="first")
    assert sorted(await statuses(world, jobs)) == ["QUEUED", "QUEUED", "SUCCESSFUL"]
    await put_ages(world, {"dan": 1})
    await work_off(world, settings, queue)
    assert await statuses(world, jobs) == ["SUCCESSFUL"] * 3
    assert len({(await job_now(world, job)).as_of for job in jobs}) == 1
    assert "dan" in await keys_of(world, "S2"), "what was written after the run's snapshot belongs to the next"


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_segment_that_has_just_come_to_use_another_waits_for_it(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    one, two, three = await segments(world, settings, 3)
    await put_ages(world, {"zoe": 99})
    jobs = await request_refresh(world, queue, [one.id, two.id, three.id], request_instant())
    await update_segment(world, settings, queue, one.id, SegmentChanges(query="SEGMENT(S2)"))
    assert set(queue.announced) == {jobs[0].run}, "the request has joined the run"
    await update_segment(world, settings, queue, one.id, SegmentChanges(query="SEGMENT(S1)"))
    await work_off(world, settings, queue)
    assert await statuses(world, jobs) == ["SUCCESSFUL"] * 3
    assert (await job_now(world, jobs[0])).waits_for == (jobs[1].id,)
    assert "zoe" in await keys_of(world, "S0")


async def test_segments_that_change_places_while_they_are_claimed_do_not_wait_for_each_other(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    one, two = await segments(world, settings, 2)
    await update_segment(world, settings, queue, two.id, SegmentChanges(query="SEGMENT(S0)"))
    await work_off(world, settings, queue)
    jobs = await requested(world, queue, [one, two])
    claim = await claimed(world, jobs[0].run)
    await update_segment(world, settings, queue, two.id, SegmentChanges(query="PROFILE(Contact)"))
    assert await hand_back(world, claim)
    await update_segment(world, settings, queue, one.id, SegmentChanges(query="SEGMENT(S1)"))
    await work_off(world, settings, queue)
    assert await statuses(world, jobs) == ["SUCCESSFUL"] * 2
    assert await keys_of(world, "S0") == await keys_of(world, "S1") == {*AGES}


async def test_segments_that_change_places_while_their_refresh_is_stored_do_not_wait_for_each_other(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    one, two = await segments(world, settings, 2)
    before = await update_segment(world, settings, queue, two.id, SegmentChanges(query="SEGMENT(S0)"))
    await update_segment(world, settings, queue, two.id, SegmentChanges(query="PROFILE(Contact)"))
    await work_off(world, settings, queue)
    run, jobs = await store_refresh(world, [one, before], JobTrigger.MANUAL, request_instant())
    await update_segment(world, settings, queue, one.id, SegmentChanges(query="SEGMENT(S1)"))
    queue.announce(run.id)
    await work_off(world, settings, queue)
    assert await statuses(world, jobs) == ["SUCCESSFUL"] * 2
    assert await keys_of(world, "S0") == await keys_of(world, "S1") == {*AGES}


@pytest.mark.usefixtures("one_at_a_time")
@pytest.mark.parametrize("dies", [False, True])
async def test_what_another_run_has_refreshed_later_does_not_go_back(
    world: Hub, settings: Settings, *, dies: bool
) -> None:
    """The first run comes back to a segment that it left, or that whoever had it did not finish."""
    queue = ListQueue()
    one, two = await segments(world, settings, 2)
    jobs = await requested(world, queue, [one, two])
    await run_refresh(world, settings, queue, jobs[0].run, owner="first")
    if dies:
        assert (await claimed(world, jobs[0].run, lease_s=0.0)).jobs
    await put_ages(world, {"zoe": 99})
    (later,) = await request_refresh(world, queue, [two.id], request_instant())
    await run_refresh(world, settings, queue, later.run, owner="second")
    assert "zoe" in await keys_of(world, "S1")
    await work_off(world, settings, queue)
    assert await statuses(world, [*jobs, later]) == ["SUCCESSFUL"] * 3
    assert "zoe" in await keys_of(world, "S1")
    assert "zoe" not in await keys_of(world, "S0"), "the run has refreshed it before"


async def test_each_of_the_workers_that_are_there_takes_its_part_of_a_run(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MOST_CLAIM", 4)
    monkeypatch.setattr(refresh, "LEAST_CLAIM", 1)
    queue = ListQueue()
    made = await segments(world, settings, 4)
    for workers, each in ((1, 4), (2, 2), (9, 1)):
        await world.collection("processes").insert_many(processes(workers))
        jobs = await requested(world, queue, made)
        await run_refresh(world, settings, queue, jobs[0].run, owner="first")
        assert (await statuses(world, jobs)).count("SUCCESSFUL") == each
        await work_off(world, settings, queue)
        await world.collection("processes").delete_many({})


def processes(workers: int) -> list[Document]:
    """So many workers, as they say that they are there, and another process."""
    now = datetime.now(UTC)
    seen = {"release": "1", "started_at": now, "seen_at": now}
    kinds = ["API", *["WORKER"] * workers]
    return [{"_id": f"{kind} {n}", "kind": kind, "name": str(n)} | seen for n, kind in enumerate(kinds)]


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_segment_waits_for_those_it_uses_over_claims_too(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    rest = await dynamic(world, settings, "Rest", "PROFILE(Contact) EXCEPT SEGMENT(Old)", queue=queue)
    await work_off(world, settings, queue)
    await put_ages(world, {"ann": 70})
    jobs = await requested(world, queue, [rest, old])
    first = await claim_jobs(world, jobs[0].run, "another", 60.0, most=1)
    assert first is not None
    assert [job.subject for job in first.jobs] == [old.id]
    assert (await claimed(world, jobs[0].run)).jobs == (), "Rest waits for Old"
    await world.collection("jobs").update_one({"_id": jobs[1].id}, {"$set": {"lease_until": request_instant()}})
    await asyncio.sleep(0.01)
    await work_off(world, settings, queue)
    assert await keys_of(world, "Rest") == {"bob", "eve"}


@pytest.mark.usefixtures("one_at_a_time")
async def test_others_are_called_as_soon_as_a_claim_leaves_something(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    which = await segments(world, settings, 3)
    (first, *_) = await requested(world, queue, which)
    announced: list[list[str]] = []

    async def find_after_a_look(plan: Plan, run: Run, universe: BitMap | None = None) -> BitMap:
        announced.append(list(queue.announced))
        return await find(plan, run, universe)

    monkeypatch.setattr("seggql.segments.refresh_work.find", find_after_a_look)
    queue.announced.clear()
    await run_refresh(world, settings, queue, first.run, owner="test")
    assert announced == [[first.run]], "one segment is evaluated, and the run is announced before that"


@pytest.mark.usefixtures("one_at_a_time")
async def test_what_depends_on_a_failed_one_is_skipped_over_claims_too(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    bad = await dynamic(world, settings, "Bad", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    on_bad = await dynamic(world, settings, "OnBad", "SEGMENT(Bad)", queue=queue)
    await work_off(world, settings, queue)
    broken = {"$set": {"query": "PROFILE(Contact).FILTER(Gone == 1)"}}
    await world.collection("segments").update_one({"_id": bad.id}, broken)
    jobs = await requested(world, queue, [on_bad, bad])
    await work_off(world, settings, queue)
    assert await statuses(world, jobs) == ["SKIPPED", "FAILED"]
    reason = (await job_now(world, jobs[0])).skipped_because or ""
    assert "Bad" in reason
    assert "Gone" in reason


async def test_a_request_joins_the_same_that_is_queued(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    one, two = await segments(world, settings, 2)
    (job,) = await requested(world, queue, [one])
    assert [found.id for found in await requested(world, queue, [one])] == [job.id]
    assert [found.id for found in await requested(world, queue, [one, two])] != [job.id]


async def test_a_request_during_a_refresh_is_a_refresh_after_it(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    (one,) = await segments(world, settings, 1)
    gate = Gate(monkeypatch, 1)
    (first,) = await requested(world, queue, [one])
    queue.announced.clear()
    work = asyncio.create_task(run_refresh(world, settings, queue, first.run, owner="first"))
    await gate.reached.wait()
    await put_ages(world, {"zoe": 99})
    (second,) = await requested(world, queue, [one])
    assert second.id != first.id
    queue.announced.clear()
    await run_refresh(world, settings, queue, second.run, owner="second")
    assert await statuses(world, [first, second]) == ["PROCESSING", "QUEUED"]
    gate.opened.set()
    await work
    assert queue.announced == [second.run]
    assert "zoe" not in await keys_of(world, "S0")
    await work_off(world, settings, queue)
    assert await statuses(world, [first, second]) == ["SUCCESSFUL"] * 2
    assert "zoe" in await keys_of(world, "S0")


async def test_canceling_ends_an_evaluation_under_way_within_seconds(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    one, two = await segments(world, settings, 2)
    await put_ages(world, {"zoe": 99})
    gate = Gate(monkeypatch, 1)
    jobs = await requested(world, queue, [one, two])
    work = asyncio.create_task(run_refresh(world, settings, queue, jobs[0].run, owner="first"))
    await gate.reached.wait()
    await cancel_job(world, jobs[0].id, request_instant())
    async with asyncio.timeout(30):
        await work
    assert await statuses(world, jobs) == ["CANCELED", "SUCCESSFUL"]
    assert "zoe" not in await keys_of(world, "S0")
    assert "zoe" in await keys_of(world, "S1")


async def test_nobody_waits_for_a_slow_segment(world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seggql.segments.refresh_work.SLOW_S", 1.0)
    queue = ListQueue()
    made = await segments(world, settings, 3)
    gate = Gate(monkeypatch, 2)
    jobs = await requested(world, queue, made)
    queue.announced.clear()
    work = asyncio.create_task(run_refresh(world, settings, queue, jobs[0].run, owner="first"))
    await until(world, jobs[0], JobStatus.SUCCESSFUL)
    await until(world, jobs[2], JobStatus.QUEUED)
    async with asyncio.timeout(60):
        while not queue.announced:  # noqa: ASYNC110  # the first worker announces what it has handed back
            await asyncio.sleep(0.02)
    assert not work.done()
    await work_off(world, settings, queue)
    assert await statuses(world, jobs) == ["SUCCESSFUL", "PROCESSING", "SUCCESSFUL"]
    async with asyncio.timeout(30):
        while not (slow := await job_now(world, jobs[1])).steps:  # noqa: ASYNC110  # the heartbeat writes it
            await asyncio.sleep(0.05)
    assert (slow.steps[0].name, slow.steps[0].status, slow.total) == ("evaluate", JobStatus.PROCESSING, 2)
    gate.opened.set()
    await work
    assert await statuses(world, jobs) == ["SUCCESSFUL"] * 3


async def test_only_work_that_was_begun_counts_against_a_job_whose_worker_went_silent(
    world: Hub, settings: Settings
) -> None:
    queue = ListQueue()
    jobs = await requested(world, queue, await segments(world, settings, 2))
    for _ in range(2):
        claim = await claimed(world, jobs[0].run, lease_s=0.0)
        assert len(claim.jobs) == 2
        assert await begin_job(world, claim.jobs[0], request_instant()) is not None
        await asyncio.sleep(0.01)
        assert await expire_leases(world) == 2
    suspect, innocent = [await job_now(world, job) for job in jobs]
    assert (suspect.takeovers, innocent.takeovers) == (2, 0)
    assert (suspect.status, suspect.attempts) == (JobStatus.QUEUED, 2)
    alone = [await claimed(world, jobs[0].run) for _ in range(2)]
    assert [[JobId(job.id) for job in claim.jobs] for claim in alone] == [[suspect.id], [innocent.id]]


async def test_a_worker_that_comes_back_after_its_lease_writes_nothing(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    (one,) = await segments(world, settings, 1)
    await put_ages(world, {"zoe": 99})
    gate = Gate(monkeypatch, 1)
    (job,) = await requested(world, queue, [one])
    before = (await reread(world, one)).pointer
    sleeper = asyncio.create_task(run_refresh(world, settings, queue, job.run, owner="sleeper"))
    await gate.reached.wait()
    long_ago = {"$set": {"lease_until": request_instant().replace(year=2000)}}
    await world.collection("jobs").update_one({"_id": job.id}, long_ago)
    assert await expire_leases(world) == 1
    async with asyncio.timeout(30):
        await sleeper
    assert (await reread(world, one)).pointer == before
    await work_off(world, settings, queue)
    done = await job_now(world, job)
    assert (done.status, done.attempts, done.takeovers) == (JobStatus.SUCCESSFUL, 2, 1)


async def test_a_snapshot_that_mongodb_no_longer_keeps_is_a_retry_that_says_so(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    made = await segments(world, settings, 3)
    jobs = await requested(world, queue, made)
    tries = 0

    async def find_too_late(plan: Plan, run: Run, universe: BitMap | None = None) -> BitMap:
        nonlocal tries
        tries += 1
        if tries == 2:
            raise SnapshotExpired("MongoDB no longer keeps the snapshot (SnapshotTooOld).")
        return await find(plan, run, universe)

    monkeypatch.setattr("seggql.segments.refresh_work.find", find_too_late)
    await work_off(world, settings, queue)
    done = [await job_now(world, job) for job in jobs]
    assert [job.status for job in done] == [JobStatus.SUCCESSFUL] * 3
    assert [len(job.warnings) for job in done] == [1, 1, 1], "nothing was committed when the snapshot was gone"
    assert all("Started again on a new instant" in job.warnings[0] for job in done)
    assert len({job.as_of for job in done}) == 1
