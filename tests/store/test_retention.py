"""What is forgotten, and that all the rest stays right."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from seggql.errors import RequestError
from seggql.segments.planning import request_instant
from seggql.store import ledger
from seggql.store.hub import Hub
from seggql.store.job import JobKind, JobStatus, JobTrigger
from seggql.store.members import members_at, read_members
from seggql.store.retention import prune_ledger, prune_runs
from seggql.store.runs import end_run, store_run
from seggql.store.segment import Segment
from tests.segments.making import NOW, give_members, reread, stored_segment

A_DAY = timedelta(days=1)


async def with_history(hub: Hub, days: Sequence[Sequence[int]], *, folds: Sequence[bool] = ()) -> Segment:
    """A segment whose members were these, day by day from NOW on."""
    segment = await stored_segment(hub)
    for day, members in enumerate(days):
        is_whole = folds[day] if day < len(folds) else False
        segment = await give_members(hub, segment, members, at=NOW + day * A_DAY, folds=is_whole)
    return await reread(hub, segment)


async def replayed(hub: Hub, segment: Segment, start: BitMap, after: tuple[int, int] | None) -> BitMap:
    """What the feed makes of `start`."""
    assert segment.pointer is not None
    members = BitMap(start)
    async for change in ledger.changes(hub, segment.id, segment.pointer.generation, after=after):
        (members.add if change.entered else members.discard)(change.ordinal)
    return members


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.sets(st.integers(0, 200_000), max_size=6), min_size=1, max_size=8),
    folds=st.lists(st.booleans(), max_size=8),
    kept_from=st.integers(0, 8),
)
async def test_what_is_kept_of_a_ledger_says_what_it_said_before(
    hub: Hub, days: list[set[int]], folds: list[bool], kept_from: int
) -> None:
    await hub.collection("segments").delete_many({})
    segment = await with_history(hub, [sorted(members) for members in days], folds=folds)
    await prune_ledger(hub, segment, NOW + kept_from * A_DAY)
    pruned = await reread(hub, segment)
    assert await read_members(hub, pruned) == BitMap(days[-1])
    for day, members in enumerate(days):
        at = NOW + day * A_DAY
        if pruned.history and at < pruned.history.at:
            with pytest.raises(RequestError, match="is kept from"):
                await members_at(hub, pruned, at)
        else:
            assert await members_at(hub, pruned, at) == BitMap(members)
    if pruned.history:
        assert pruned.history.at <= NOW + kept_from * A_DAY, "nothing is forgotten before its time"
        entry = await ledger.find_entry(hub, pruned.id, pruned.history.generation)
        assert entry is not None
        since = await members_at(hub, pruned, entry.at)
        last = (entry.generation, 2**32)
        assert await replayed(hub, pruned, since, last) == BitMap(days[-1])
    assert await prune_ledger(hub, pruned, NOW + kept_from * A_DAY) == 0


async def test_the_differences_that_members_are_made_of_are_never_forgotten(hub: Hub) -> None:
    segment = await with_history(hub, [[1], [1, 2], [1, 2, 3]], folds=[True, False, False])
    assert segment.pointer is not None
    assert segment.pointer.base < segment.pointer.generation
    await prune_ledger(hub, segment, NOW + 400 * A_DAY)
    assert await read_members(hub, await reread(hub, segment)) == BitMap([1, 2, 3])


async def ended_run(hub: Hub, subject: str, at: datetime) -> str:
    run, jobs = await store_run(hub, JobKind.REFRESH, [(subject, JobTrigger.MANUAL)], at)
    done = {"status": JobStatus.SUCCESSFUL.value, "finished_at": at}
    await hub.collection("jobs").update_one({"_id": jobs[0].id}, {"$set": done})
    await end_run(hub, run.id, at)
    return jobs[0].id


async def test_jobs_that_ended_long_ago_are_forgotten_but_a_segments_last_refresh(hub: Hub) -> None:
    segment = await stored_segment(hub)
    now = request_instant()
    last, earlier = (
        await ended_run(hub, segment.id, now - 91 * A_DAY),
        await ended_run(hub, segment.id, now - 92 * A_DAY),
    )
    recent = await ended_run(hub, "other", now - 89 * A_DAY)
    await store_run(hub, JobKind.REFRESH, [("waiting", JobTrigger.MANUAL)], now - 99 * A_DAY)
    await hub.collection("segments").update_one({"_id": segment.id}, {"$set": {"last_refresh": last}})
    await hub.collection("export_runs").insert_one({"_id": "r", "job_id": earlier, "export_id": "e"})
    assert await prune_runs(hub, now - 90 * A_DAY) == 2
    assert {row["_id"] async for row in hub.collection("jobs").find({"status": "SUCCESSFUL"})} == {last, recent}
    assert await hub.collection("jobs").count_documents({"status": "QUEUED"}) == 1
    assert await hub.collection("export_runs").count_documents({}) == 0
