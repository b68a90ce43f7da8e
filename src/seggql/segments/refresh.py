"""The refresh: claims a run, sees it through on one snapshot and one instant, and says what became of every job."""

import asyncio
import logging
from collections.abc import Sequence

from seggql.errors import SnapshotExpired, UnavailableError
from seggql.segments.planning import request_instant
from seggql.segments.refresh_work import RefreshItem, begin_work
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Job, Run, RunId
from seggql.store.lease import LeaseLost, kept_lease
from seggql.store.outage import OUTAGES, outage
from seggql.store.refresh_outcomes import record_failure, record_skip
from seggql.store.runs import claim_jobs, claim_run, finish_run
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import find_segments

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""Claims of a job before it counts as one that ends its workers, and fails instead of blocking others."""

SNAPSHOT_RETRIES = 2
"""New instants for one run; a refresh that outlives MongoDB's history three times never comes to an end."""

RECORD_TRIES, RECORD_BACKOFF_S, RECORD_LONGEST_S = 40, 0.5, 30.0
"""How an outage is recorded: again and again for a quarter of an hour, then the lease runs out and others see to it."""


async def run_refresh(hub: Hub, settings: Settings, run_id: RunId, *, owner: str) -> None:
    """Refresh every segment of a run that nobody else works on; what fails, fails alone and says why.

    Raises: UnavailableError or a driver error where MongoDB stayed away too long: the run is claimed again later.
    """
    run = await claim_run(hub, run_id, owner, settings.lease_s)
    if run is None:
        logger.info("run not claimed run=%s", run_id)
        return
    try:
        async with kept_lease(hub, run, settings.lease_s):
            await _see_through(hub, settings, run)
    except LeaseLost as lost:
        logger.warning("lease lost run=%s token=%s: %s", run.id, run.token, lost)


async def _see_through(hub: Hub, settings: Settings, run: Run) -> None:
    try:
        await _refresh(hub, settings, run)
    except UnavailableError as error:
        await _record_outage(hub, run, error)
    except OUTAGES as error:
        await _record_outage(hub, run, outage(error))


async def _refresh(hub: Hub, settings: Settings, run: Run) -> None:
    jobs = await claim_jobs(hub, run, request_instant())
    items, lost = await _sort_out(hub, jobs)
    for tries_left in reversed(range(SNAPSHOT_RETRIES + 1)):
        work = await begin_work(hub, settings, items, lost)
        try:
            await work.finish()
            break
        except SnapshotExpired as error:
            if not tries_left:
                raise
            logger.warning("snapshot expired, again on a new instant run=%s", run.id)
            items, lost = work.unfinished(f"Started again on a new instant: {error}"), work.lost
    await finish_run(hub, run, request_instant())


async def _sort_out(hub: Hub, jobs: Sequence[Job]) -> tuple[list[RefreshItem], dict[str, str]]:
    """The jobs that can be worked on; the others are ended, with the reason by the name of their segment."""
    segments = await find_segments(hub, [SegmentId(job.subject) for job in jobs])
    items, lost = [], {}
    for job in jobs:
        segment = segments.get(SegmentId(job.subject))
        reason = _reason_to_skip(segment)
        if job.attempts > MAX_ATTEMPTS:
            reason = f"Given up: {MAX_ATTEMPTS} workers began this job and none came to its end."
            await record_failure(hub, job, reason, "GIVEN_UP", request_instant())
        elif reason:
            await record_skip(hub, job, reason, request_instant())
        elif segment:
            items.append(RefreshItem(job=job, segment=segment))
        if segment and reason:
            lost[segment.name] = reason
    return items, lost


def _reason_to_skip(segment: Segment | None) -> str | None:
    if segment is None:
        return "The segment has been deleted."
    if segment.kind is SegmentKind.STATIC:
        return "The segment is static: its members change by hand only."
    if segment.state is SegmentState.INACTIVE:
        return "The segment is inactive: activate it first."
    return None


async def _record_outage(hub: Hub, run: Run, cause: UnavailableError) -> None:
    """Say on every unfinished job why it ended, as soon as MongoDB is back; members stay as they were."""
    message = f"The refresh was interrupted, the members stay as they were: {cause}"
    logger.error("refresh interrupted run=%s error=%s", run.id, cause)
    for attempt in range(RECORD_TRIES):
        try:
            for job in await claim_jobs(hub, run, request_instant()):
                await record_failure(hub, job, message, cause.code, request_instant())
            await finish_run(hub, run, request_instant())
            return
        except OUTAGES:
            if attempt + 1 == RECORD_TRIES:
                raise
            await asyncio.sleep(min(RECORD_LONGEST_S, RECORD_BACKOFF_S * 2**attempt))
