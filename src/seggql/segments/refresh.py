"""The refresh: claims segments of a run, sees them through on the run's snapshot and instant, and says what became."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from seggql.errors import SnapshotExpired, UnavailableError
from seggql.evaluation.processes.pool import ProcessPool
from seggql.segments.incremental import has_seen_more
from seggql.segments.planning import request_instant
from seggql.segments.refresh_items import ClaimInHand, RefreshItem
from seggql.segments.refresh_view import take_view
from seggql.segments.refresh_work import RefreshWork
from seggql.segments.untouched import end_untouched
from seggql.settings import Settings
from seggql.store.claims import Claim, claim_jobs, hand_back
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus, Run, RunId
from seggql.store.jobs import find_jobs
from seggql.store.lease import kept_claim
from seggql.store.outage import OUTAGES, once_back, outage
from seggql.store.presence import ProcessKind, find_present
from seggql.store.refresh_costs import settle_shares
from seggql.store.refresh_outcomes import GIVEN_UP, record_failure, record_skip
from seggql.store.run_queue import RunQueue, announce
from seggql.store.runs import Follow, end_run, has_queued_jobs, runs_waiting_for
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import find_segments

logger = logging.getLogger(__name__)

MOST_CLAIM, LEAST_CLAIM = 1_000, 250
"""Segments of one claim at most: those together share the reading of columns, so that one worker alone takes many;
where there are others each gets its part of a run, but no fewer than are worth that reading."""

MAX_TAKEOVERS = 5
"""Workers that may go silent over a job before it counts as what ends them, and fails instead of blocking others."""

MAX_ATTEMPTS = 10
"""Attempts that MongoDB interrupted before the job says so as its failure."""

SNAPSHOT_RETRIES = 2
"""New instants for one run; a refresh that outlives MongoDB's history three times never comes to an end."""


async def run_refresh(
    hub: Hub,
    settings: Settings,
    queue: RunQueue,
    run_id: RunId,
    *,
    owner: str,
    follow: Follow | None = None,
    pool: ProcessPool | None = None,
) -> None:
    """Refresh some of a run's segments that nobody else works on; what fails, fails alone and says why.

    What cannot have changed ends at once. What is left of the run is announced to others at once, and again
    afterwards. `follow` stores what comes after the whole run. Processes of `pool` take part in what is big.

    Raises: UnavailableError or a driver error where MongoDB stayed away too long: the run is claimed again later.
    """
    if await end_untouched(hub, run_id):
        await _end(hub, queue, run_id, follow)
        return
    claim = await claim_jobs(hub, run_id, owner, settings.lease_s, most=await _most_claim(hub))
    if claim is None:
        logger.info("run not claimed run=%s", run_id)
        return
    if claim.jobs:
        if claim.leaves_some:
            announce(queue, run_id)  # so that whoever is idle joins in, and calls the next
        async with kept_claim(hub, claim, settings.lease_s) as kept:
            await _see_through(ClaimInHand(hub=hub, settings=settings, queue=queue, claim=claim, kept=kept, pool=pool))
    await _go_on(hub, queue, claim, follow)


async def _most_claim(hub: Hub) -> int:
    """How many segments one of the workers that are there takes at a time."""
    workers = sum(process.kind is ProcessKind.WORKER for process in await find_present(hub))
    return max(LEAST_CLAIM, MOST_CLAIM // max(1, workers))


async def _go_on(hub: Hub, queue: RunQueue, claim: Claim, follow: Follow | None) -> None:
    """End the run where it is done; tell others where there is work that did not wait for anything but this claim."""
    has_ended = await _end(hub, queue, claim.run.id, follow)
    if not claim.jobs:
        return
    waiting = set(await runs_waiting_for(hub, [job.subject for job in claim.jobs]))
    if not has_ended and await has_queued_jobs(hub, claim.run.id):
        waiting.add(claim.run.id)
    for run in waiting:
        announce(queue, run)


async def _end(hub: Hub, queue: RunQueue, run_id: RunId, follow: Follow | None) -> bool:
    """End the run where none of its jobs is left, and tell others of what follows; whether it has ended.

    Shares come first: whoever dies in between leaves a run that others end.
    """
    await settle_shares(hub, run_id)
    following = await end_run(hub, run_id, request_instant(), follow)
    for run in following or ():
        announce(queue, run)
    return following is not None


async def _see_through(in_hand: ClaimInHand) -> None:
    try:
        await _refresh(in_hand)
    except UnavailableError as error:
        await _record_outage(in_hand.hub, in_hand.claim, error)
    except OUTAGES as error:
        await _record_outage(in_hand.hub, in_hand.claim, outage(error))


async def _refresh(in_hand: ClaimInHand) -> None:
    items, lost = await _sort_out(in_hand.hub, in_hand.claim)
    run = _late_enough(in_hand.claim.run, items)
    for tries_left in reversed(range(SNAPSHOT_RETRIES + 1)):
        view = await take_view(in_hand, run, [item.segment for item in items])
        work = RefreshWork(in_hand, view, items, lost)
        try:
            await work.finish()
            return
        except SnapshotExpired as error:
            if not tries_left:
                raise
            logger.warning("snapshot expired, again on a new instant run=%s", run.id)
            items, lost = work.unfinished(f"Started again on a new instant: {error}"), dict(work.lost)
            run = work.run_without_instant()


def _late_enough(run: Run, items: Sequence[RefreshItem]) -> Run:
    """The run, without its instant where another run has refreshed one of the segments at a later one meanwhile: on
    a new instant nobody goes back to what the members were before that."""
    if run.instant and any(has_seen_more(item.segment, run.instant) for item in items):
        logger.info("refreshed later meanwhile, what is left is on a new instant run=%s", run.id)
        return replace(run, instant=None)
    return run


async def _sort_out(hub: Hub, claim: Claim) -> tuple[list[RefreshItem], dict[str, str]]:
    """The jobs that can be worked on; the others are ended, with the reason by the name of their segment."""
    before = await _ended_before(hub, claim)
    subjects = [SegmentId(job.subject) for job in (*claim.jobs, *before)]
    segments = await find_segments(hub, subjects)
    items: list[RefreshItem] = []
    lost = {}
    for job in before:
        segment, reason = segments.get(SegmentId(job.subject)), _loss(job)
        if segment and reason:
            lost[segment.name] = reason
    for job in claim.jobs:
        segment = segments.get(SegmentId(job.subject))
        reason = _reason_to_skip(segment)
        if job.takeovers >= MAX_TAKEOVERS:
            reason = f"Given up: {job.takeovers} workers went silent over this job and none came to its end."
            await record_failure(hub, job, reason, GIVEN_UP, request_instant())
        elif reason:
            await record_skip(hub, job, reason, request_instant())
        elif segment:
            items.append(RefreshItem(job=job, segment=segment))
        if segment and reason:
            lost[segment.name] = reason
    return items, lost


async def _ended_before(hub: Hub, claim: Claim) -> Sequence[Job]:
    """The jobs that the claim's have waited for, without those of the claim."""
    ours = {job.id for job in claim.jobs}
    others = {other for job in claim.jobs for other in job.waits_for if other not in ours}
    return list((await find_jobs(hub, others)).values()) if others else []


def _loss(job: Job) -> str | None:
    """Why a job that has ended did not refresh its segment; None where it did."""
    match job.status:
        case JobStatus.SUCCESSFUL:
            return None
        case JobStatus.CANCELED:
            return "Its job was canceled."
        case _:
            return job.error or job.skipped_because


def _reason_to_skip(segment: Segment | None) -> str | None:
    if segment is None:
        return "The segment has been deleted."
    if segment.kind is SegmentKind.STATIC:
        return "The segment is static: its members change by hand only."
    if segment.state is SegmentState.INACTIVE:
        return "The segment is inactive: activate it first."
    return None


async def _record_outage(hub: Hub, claim: Claim, cause: UnavailableError) -> None:
    """Put what is unfinished back into the queue as soon as MongoDB is there, with the reason; members stay as is.

    What was interrupted so too often fails with it.
    """
    message = f"The refresh was interrupted, the members stay as they were: {cause}"
    logger.error("refresh interrupted run=%s error=%s", claim.run.id, cause)

    async def note() -> None:
        for job in (await find_jobs(hub, [job.id for job in claim.jobs])).values():
            if job.token == claim.token and job.attempts >= MAX_ATTEMPTS:
                await record_failure(hub, job, message, cause.code, request_instant())
        await hand_back(hub, claim, note=message)

    await once_back(note)
