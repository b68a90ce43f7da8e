"""seggql's side of the contest: segments defined by its use cases, refreshed by its jobs, committed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from benchmarks.contest.packing import pack
from benchmarks.contest.questions import Asked, segql
from benchmarks.hub import NoQueue
from seggql.segments.activation import activate_segments
from seggql.segments.define import create_segment
from seggql.segments.draft import SegmentDraft
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.segments.requests import store_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus, JobTrigger, RunId, RunStatus
from seggql.store.jobs import find_jobs
from seggql.store.members import read_members
from seggql.store.runs import find_run
from seggql.store.segment import Segment
from seggql.store.segments import find_segments_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A run that ended: its seconds from the first claim to the last commit, its instant and its jobs."""

    seconds: float
    as_of: datetime
    jobs: Sequence[Job]


class _Announced(NoQueue):
    """The runs that were announced."""

    def __init__(self) -> None:
        self.runs: list[RunId] = []

    def announce(self, run_id: str) -> None:
        self.runs.append(RunId(run_id))


async def define(hub: Hub, settings: Settings, segments: Sequence[Asked], *, packed: bool) -> float:
    """Make the segments, activate them, and see that first refresh through, from packs or before there are any.

    Returns the seconds of the refresh.
    """
    made = [await _create(hub, settings, segment.name, segql(segment.question)) for segment in segments]
    runs = await _activate(hub, settings, made)
    if packed:
        await pack(hub, settings)
    began = time.perf_counter()
    for run in runs:
        await see_through(hub, settings, run)
        await require_success(hub, run)
    return time.perf_counter() - began


async def define_one(hub: Hub, settings: Settings, name: str, query: str) -> None:
    """Make one more segment, active, packed and refreshed."""
    for run in await _activate(hub, settings, [await _create(hub, settings, name, query)]):
        await pack(hub, settings)
        await see_through(hub, settings, run)


async def forget(hub: Hub, names: Sequence[str]) -> None:
    """Let the segments begin from nothing, so that all is evaluated and all is written."""
    await hub.collection("segments").update_many({"name": {"$in": list(names)}}, {"$set": {"pointer": None}})


async def store(hub: Hub, names: Sequence[str], at: datetime) -> RunId:
    """A run that refreshes the segments, queued."""
    found = await find_segments_named(hub, names)
    run, _ = await store_refresh(hub, list(found.values()), JobTrigger.MANUAL, at)
    return run.id


async def refresh(hub: Hub, settings: Settings, names: Sequence[str]) -> Refreshed:
    """Refresh the segments by one run of jobs, worked on by one worker."""
    run = await store(hub, names, request_instant())
    began = time.perf_counter()
    await see_through(hub, settings, run)
    seconds = time.perf_counter() - began
    jobs = await require_success(hub, run)
    as_of = jobs[0].as_of
    assert as_of is not None
    return Refreshed(seconds=seconds, as_of=as_of, jobs=jobs)


async def see_through(hub: Hub, settings: Settings, run_id: RunId) -> None:
    """Work on a run until it has ended."""
    while (run := await find_run(hub, run_id)) and run.status is not RunStatus.FINISHED:
        await run_refresh(hub, settings, NoQueue(), run_id, owner="benchmark")


async def require_success(hub: Hub, run_id: RunId) -> list[Job]:
    """The jobs of a run. Raises: AssertionError where one has not succeeded."""
    ids = [row["_id"] async for row in hub.collection("jobs").find({"run": run_id}, {"_id": 1})]
    jobs = list((await find_jobs(hub, ids)).values())
    failed = [job.error or job.skipped_because or job.status for job in jobs if job.status is not JobStatus.SUCCESSFUL]
    assert not failed, failed
    return jobs


async def members(hub: Hub, names: Sequence[str]) -> Mapping[str, BitMap]:
    """The members of the segments now, by name."""
    found: dict[str, Segment] = await find_segments_named(hub, names)
    return {name: await read_members(hub, segment) for name, segment in found.items()}


async def _activate(hub: Hub, settings: Settings, segments: Sequence[Segment]) -> list[RunId]:
    """Activate the segments; the runs that refresh them."""
    queue = _Announced()
    await activate_segments(hub, settings, queue, [segment.id for segment in segments])
    return list(dict.fromkeys(queue.runs))


async def _create(hub: Hub, settings: Settings, name: str, query: str) -> Segment:
    draft = SegmentDraft(name=name, profile_type="Person", query=query)
    return await create_segment(hub, settings, NoQueue(), draft)
