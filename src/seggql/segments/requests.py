"""Asking for refreshes: a run is stored with a job for each segment, then announced to the workers."""

from collections.abc import Sequence
from datetime import datetime

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import Hub
from seggql.store.job import Job, JobKind, JobTrigger
from seggql.store.run_queue import RunQueue, announce
from seggql.store.runs import store_run
from seggql.store.segment import SegmentId, SegmentKind
from seggql.store.segments import find_active_segments, find_segments


async def request_refresh(
    hub: Hub, queue: RunQueue, ids: Sequence[SegmentId], at: datetime, trigger: JobTrigger = JobTrigger.MANUAL
) -> list[Job]:
    """Queue one run that refreshes the segments together; a job for each, in the order of `ids`.

    Raises: RequestError (NOT_FOUND) where one of them is not there; nothing is queued then.
    """
    wanted = list(dict.fromkeys(ids))
    found = await find_segments(hub, wanted)
    if missing := [segment for segment in wanted if segment not in found]:
        raise RequestError(RequestCode.NOT_FOUND, f"There is no segment with the id {missing[0]!r}.", field=("ids",))
    return await _queue(hub, queue, wanted, at, trigger)


async def request_refresh_of_all(hub: Hub, queue: RunQueue, at: datetime) -> list[Job]:
    """Queue one run that refreshes every active dynamic segment."""
    segments = [s.id for s in await find_active_segments(hub) if s.kind is SegmentKind.DYNAMIC]
    return await _queue(hub, queue, segments, at, JobTrigger.MANUAL)


async def _queue(
    hub: Hub, queue: RunQueue, segments: Sequence[SegmentId], at: datetime, trigger: JobTrigger
) -> list[Job]:
    if not segments:
        return []
    run, jobs = await store_run(hub, JobKind.REFRESH, [(segment, trigger) for segment in segments], at)
    announce(queue, run.id)
    return jobs
