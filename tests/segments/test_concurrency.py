"""People and workers that write the same segments at the same time."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from pyroaring import BitMap

from seggql.errors import QueryError, RequestError
from seggql.ingest.deletion import delete_profiles
from seggql.segments.activation import deactivate_segments
from seggql.segments.cancel import cancel_job
from seggql.segments.change import SegmentChanges, rename_segment, update_segment
from seggql.segments.define import duplicate_segment
from seggql.segments.generations import prepare_generations
from seggql.segments.leftovers import settle_deletions
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.refresh_plans import PlannedRefresh
from seggql.segments.refresh_work import Found, RefreshWork
from seggql.segments.removal import delete_segments
from seggql.segments.requests import request_refresh, request_refresh_of_all
from seggql.segments.static import add_members, remove_members
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.commit import Candidate, Verdict, commit_generations
from seggql.store.hub import Hub
from seggql.store.job import JobStatus, RunId
from seggql.store.members import read_members
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import find_segment, find_segments
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, job_now, keys_of, make_world, put_ages, static, work_off


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def old_and_rest(world: Hub, settings: Settings, queue: ListQueue) -> tuple[Segment, Segment]:
    """A segment, and one that uses it."""
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    return old, await dynamic(world, settings, "Rest", "PROFILE(Contact) EXCEPT SEGMENT(Old)", queue=queue)


async def assert_ledger_adds_up(hub: Hub, segment: Segment, *keys: str) -> None:
    """The changes of the ledger, one after another, come to the members, who have these keys."""
    members: set[int] = set()
    async for change in ledger.changes(hub, segment.id, 2**31):
        assert (change.ordinal in members) is not change.entered
        (members.add if change.entered else members.remove)(change.ordinal)
    segment = await reread(hub, segment)
    assert segment.pointer is not None
    assert len(members) == segment.pointer.count
    assert await keys_of(hub, segment.name) == set(keys)


async def test_members_added_at_the_same_time_are_all_there(world: Hub, settings: Settings) -> None:
    hand = await static(world, settings, "Hand")
    outcomes = await asyncio.gather(
        *(add_members(world, hand.id, [key]) for key in ("ann", "bob", "cleo", "dan", "ann"))
    )
    assert sum(outcome.added for outcome in outcomes) == 4
    await assert_ledger_adds_up(world, hand, "ann", "bob", "cleo", "dan")


async def test_runs_of_the_same_segment_do_not_disturb_each_other(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    jobs = [(await request_refresh(world, queue, [old.id], request_instant()))[0] for _ in range(4)]
    await put_ages(world, {"ann": 90})
    await asyncio.gather(*(run_refresh(world, settings, ListQueue(), RunId(run), owner=run) for run in queue.announced))
    ended = {(await job_now(world, job)).status for job in jobs}
    assert ended <= {JobStatus.SUCCESSFUL, JobStatus.SKIPPED}
    assert JobStatus.SUCCESSFUL in ended
    await assert_ledger_adds_up(world, old, "ann", "cleo", "dan")


async def test_two_changes_cannot_make_a_cycle_together(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    a = await dynamic(world, settings, "A", "PROFILE(Contact)")
    b = await dynamic(world, settings, "B", "PROFILE(Contact)")
    changes = [
        update_segment(world, settings, queue, a.id, SegmentChanges(query="SEGMENT(B)")),
        update_segment(world, settings, queue, b.id, SegmentChanges(query="SEGMENT(A)")),
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(outcome, RequestError | QueryError) for outcome in outcomes) == 1
    used = (await reread(world, a)).depends_on + (await reread(world, b)).depends_on
    assert len(used) == 1


async def test_what_is_being_used_is_not_deleted_in_between(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    a = await dynamic(world, settings, "A", "PROFILE(Contact)")
    b = await dynamic(world, settings, "B", "PROFILE(Contact)")
    changed, deleted = await asyncio.gather(
        update_segment(world, settings, queue, b.id, SegmentChanges(query="SEGMENT(A)")),
        delete_segments(world, [a.id]),
        return_exceptions=True,
    )
    assert not isinstance(deleted, BaseException)
    assert isinstance(changed, Exception) is not bool(deleted.refusals)


async def test_changes_of_different_fields_do_not_undo_each_other(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    a = await dynamic(world, settings, "A", "PROFILE(Contact)", queue=queue)
    await asyncio.gather(
        rename_segment(world, a.id, "Everyone"),
        update_segment(world, settings, queue, a.id, SegmentChanges(description="all of them")),
        update_segment(world, settings, queue, a.id, SegmentChanges(tags=["x", "y"])),
        work_off(world, settings, queue),
    )
    a = await reread(world, a)
    assert (a.display_name, a.description, a.tags, a.version) == ("Everyone", "all of them", ("x", "y"), 4)
    assert a.pointer is not None


async def test_a_segment_deactivated_during_its_refresh_stays_empty(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    old, rest = await old_and_rest(world, settings, queue)
    await request_refresh_of_all(world, queue, request_instant())
    run = RunId(queue.announced[-1])

    async def deactivate_first(hub: Hub, candidates: Sequence[Candidate]) -> dict[SegmentId, Verdict]:
        await deactivate_segments(world, settings, [old.id])
        return await commit_generations(hub, candidates)

    monkeypatch.setattr("seggql.segments.refresh_commit.commit_generations", deactivate_first)
    await run_refresh(world, settings, queue, run, owner="test")
    rows = [row async for row in world.collection("jobs").find({"run": run})]
    assert {row["status"] for row in rows} == {"SKIPPED"}
    assert (await reread(world, old)).pointer is None
    assert (await reread(world, rest)).pointer is None


async def test_what_uses_a_segment_that_drops_out_at_a_second_try_drops_out_too(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    old, rest = await old_and_rest(world, settings, queue)
    await work_off(world, settings, queue)
    await put_ages(world, {"ann": 90})
    jobs = await request_refresh(world, queue, [old.id, rest.id], request_instant())
    tries = 0

    async def overtake_first(hub: Hub, candidates: Sequence[Candidate]) -> dict[SegmentId, Verdict]:
        nonlocal tries
        tries += 1
        if tries > 1:
            return await commit_generations(hub, candidates)
        await delete_profiles(world, "Contact", ["dan"])
        await settle_deletions(world, request_instant())
        verdicts = await commit_generations(hub, candidates)
        assert verdicts == {old.id: Verdict.OVERTAKEN, rest.id: Verdict.DEPENDENCY_LOST}
        await deactivate_segments(world, settings, [old.id])
        return verdicts

    monkeypatch.setattr("seggql.segments.refresh_commit.commit_generations", overtake_first)
    await work_off(world, settings, queue)
    assert [(await job_now(world, job)).status.value for job in jobs] == ["SKIPPED", "SKIPPED"]
    assert await keys_of(world, "Rest") == {"ann", "bob", "eve"}


async def test_a_slow_segment_is_not_made_of_what_was_canceled_meanwhile(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seggql.segments.refresh_work.SLOW_S", 0.1)
    queue = ListQueue()
    old, rest = await old_and_rest(world, settings, queue)
    await work_off(world, settings, queue)
    await put_ages(world, {"ann": 90})
    jobs = await request_refresh(world, queue, [old.id, rest.id], request_instant())
    whole = RefreshWork._members

    async def cancel_what_it_uses(work: RefreshWork, planned: PlannedRefresh) -> Found:
        if planned.segment.id == rest.id:
            await cancel_job(world, jobs[0].id, request_instant())
            async with asyncio.timeout(30):
                while "Old" not in work.lost:  # noqa: ASYNC110  # what was found before is committed
                    await asyncio.sleep(0.02)
        return await whole(work, planned)

    monkeypatch.setattr(RefreshWork, "_members", cancel_what_it_uses)
    await work_off(world, settings, queue)
    assert [(await job_now(world, job)).status.value for job in jobs] == ["CANCELED", "SKIPPED"]
    assert (await keys_of(world, "Old"), await keys_of(world, "Rest")) == ({"cleo", "dan"}, {"ann", "bob", "eve"})


async def test_a_segment_deleted_during_its_refresh_drops_out_alone(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = ListQueue()
    gone = await dynamic(world, settings, "Gone", "PROFILE(Contact)", queue=queue)
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await request_refresh_of_all(world, queue, request_instant())
    run = RunId(queue.announced[-1])

    async def delete_first(*args: Any, **options: Any) -> Any:
        if await find_segments(world, [gone.id]):
            await delete_segments(world, [gone.id])
        return await prepare_generations(*args, **options)

    monkeypatch.setattr("seggql.segments.refresh_commit.prepare_generations", delete_first)
    await run_refresh(world, settings, queue, run, owner="test")
    rows = {row["subject"]: row["status"] async for row in world.collection("jobs").find({"run": run})}
    assert rows == {gone.id: "SKIPPED", old.id: "SUCCESSFUL"}
    assert await keys_of(world, "Old") == {"cleo", "dan"}


async def test_a_run_of_more_segments_than_one_commit_holds(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    copies = [await duplicate_segment(world, settings, old.id, f"Copy{index}") for index in range(120)]
    await world.collection("segments").update_many({}, {"$set": {"state": "ACTIVE"}})
    queue.announced.clear()
    jobs = await request_refresh_of_all(world, queue, request_instant())
    await work_off(world, settings, queue)
    assert len(jobs) == 121
    rows = [row async for row in world.collection("jobs").find({"run": jobs[0].run})]
    assert {row["status"] for row in rows} == {"SUCCESSFUL"}
    assert len({row["as_of"] for row in rows}) == 1
    assert await keys_of(world, copies[-1].name) == {"cleo", "dan"}


@pytest.mark.parametrize("seed", range(3))
async def test_a_reader_of_changes_sees_each_once_and_in_order_while_others_write(
    world: Hub, settings: Settings, seed: int
) -> None:
    chance = random.Random(seed)
    hand = await static(world, settings, "Hand", "ann")
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    queue = ListQueue()
    is_written = asyncio.Event()
    seen: dict[str, list[tuple[int, int, bool]]] = {hand.id: [], old.id: []}

    async def change_by_hand(name: str) -> None:
        for _ in range(8):
            change = add_members if chance.random() < 0.6 else remove_members
            await change(world, hand.id, [name, chance.choice(["bob", "eve"])])

    async def refresh_while_data_change() -> None:
        for _ in range(8):
            await put_ages(world, {name: chance.randrange(80) for name in ("ann", "bob", "cleo", "dan")})
            await request_refresh(world, queue, [old.id], request_instant())
            await asyncio.gather(work_off(world, settings, queue), work_off(world, settings, queue))

    async def read() -> None:
        while True:
            is_last = is_written.is_set()
            for segment, changes in seen.items():
                now = await find_segment(world, SegmentId(segment))
                assert now is not None
                last = (changes[-1][0], changes[-1][1]) if changes else None
                until = now.pointer.generation if now.pointer else 0
                async for change in ledger.changes(world, now.id, until, after=last):
                    changes.append((change.generation, change.ordinal, change.entered))
            if is_last:
                return

    reader = asyncio.create_task(read())
    await asyncio.gather(*(change_by_hand(name) for name in ("ann", "cleo", "dan")), refresh_while_data_change())
    is_written.set()
    await reader
    for segment, changes in seen.items():
        places = [(generation, ordinal) for generation, ordinal, _ in changes]
        assert places == sorted(set(places)), "each once, and in order"
        members = BitMap()
        for _, ordinal, entered in changes:
            assert (ordinal in members) is not entered, "nobody enters who is in, or leaves who is not"
            (members.add if entered else members.remove)(ordinal)
        now = await find_segment(world, SegmentId(segment))
        assert now is not None
        assert members == await read_members(world, now)
        assert len(changes) > 5
