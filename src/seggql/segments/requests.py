"""Asking for refreshes: a run is stored with a job for each segment, then announced to the workers."""

from collections.abc import Sequence
from datetime import datetime

from seggql.errors import RequestCode, RequestError
from seggql.segments.bulk import Asked, Bulk, find_named
from seggql.segments.ordering import in_dependency_order
from seggql.store.hub import Hub
from seggql.store.job import Job, JobKind, JobTrigger, Run
from seggql.store.run_queue import RunQueue, announce
from seggql.store.runs import find_joinable, store_run
from seggql.store.segment import Segment, SegmentId, SegmentKind
from seggql.store.segments import find_active_segments, find_segments
from seggql.store.transaction import Session


async def request_refreshes(hub: Hub, queue: RunQueue, ids: Sequence[Asked], at: datetime) -> tuple[list[Job], Bulk]:
    """The same by hand, for those of the segments that are there; the others are refused in the Bulk (NOT_FOUND)."""
    named = await find_named(hub, ids)
    return await _queue(hub, queue, named.left, at, JobTrigger.MANUAL), named.outcome(named.left)


async def request_refresh(
    hub: Hub, queue: RunQueue, ids: Sequence[SegmentId], at: datetime, trigger: JobTrigger = JobTrigger.MANUAL
) -> list[Job]:
    """Queue one run that refreshes the segments together; a job for each, in the order of `ids`.

    Where the same is queued and nobody has begun it, that is what this request gets too.

    Raises: RequestError (NOT_FOUND) where one of them is not there; nothing is queued then.
    """
    wanted = list(dict.fromkeys(ids))
    found = await find_segments(hub, wanted)
    if missing := [segment for segment in wanted if segment not in found]:
        raise RequestError(RequestCode.NOT_FOUND, f"There is no segment with the id {missing[0]!r}.", field=("ids",))
    return await _queue(hub, queue, [found[id_] for id_ in wanted], at, trigger)


async def request_refresh_of_all(hub: Hub, queue: RunQueue, at: datetime) -> list[Job]:
    """Queue one run that refreshes every active dynamic segment."""
    segments = [segment for segment in await find_active_segments(hub) if segment.kind is SegmentKind.DYNAMIC]
    return await _queue(hub, queue, segments, at, JobTrigger.MANUAL)


async def store_refresh(
    hub: Hub,
    segments: Sequence[Segment],
    trigger: JobTrigger,
    at: datetime,
    session: Session | None = None,
    *,
    users: Sequence[Segment] = (),
) -> tuple[Run, list[Job]]:
    """Store a run that refreshes the segments, each after those that it uses; announce it once that is committed.

    `users` are refreshed too, because of what they use.
    """
    by_name = {segment.name: segment for segment in (*segments, *users)}
    groups = in_dependency_order({name: segment.depends_on for name, segment in by_name.items()})
    triggers = dict.fromkeys((segment.name for segment in users), JobTrigger.DEPENDENCY)
    names = [name for group in groups for name in group]
    subjects: list[tuple[str, JobTrigger]] = [(by_name[name].id, triggers.get(name, trigger)) for name in names]
    after: dict[str, list[str]] = {
        segment.id: [by_name[name].id for name in segment.depends_on if name in by_name] for segment in by_name.values()
    }
    return await store_run(hub, JobKind.REFRESH, subjects, at, after=after, session=session)


async def _queue(
    hub: Hub, queue: RunQueue, segments: Sequence[Segment], at: datetime, trigger: JobTrigger
) -> list[Job]:
    if not segments:
        return []
    if joined := await find_joinable(hub, [segment.id for segment in segments], trigger):
        announce(queue, joined[0].run)
        return joined
    run, jobs = await store_refresh(hub, segments, trigger, at)
    announce(queue, run.id)
    by_subject = {job.subject: job for job in jobs}
    return [by_subject[segment.id] for segment in segments]
