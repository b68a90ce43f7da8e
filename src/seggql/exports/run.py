"""Running an export: a job for each of its segments, each delivered whole or not at all."""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from seggql.errors import InvariantError, RequestCode, RequestError, SeggqlError, UnavailableError
from seggql.exporter import Delivery
from seggql.exports.columns import all_fields, resolve_columns, schema_of
from seggql.exports.define import find_export
from seggql.exports.deliver import deliver
from seggql.exports.destinations import Exporters, exporter_called, find_destination, validated_options
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.claims import Claim, begin_job, claim_jobs, hand_back
from seggql.store.export_runs import Manifest, begin_export_run, finish_export_run
from seggql.store.exports import find_exports, scheduled
from seggql.store.hub import Hub
from seggql.store.job import Job, JobKind, JobStatus, JobStep, JobTrigger, Run, RunId
from seggql.store.jobs import end_job, move_job, triggers_of
from seggql.store.lease import JobLost, KeptClaim, kept_claim
from seggql.store.members import read_members
from seggql.store.outage import OUTAGES, once_back, outage
from seggql.store.run_queue import RunQueue, announce
from seggql.store.runs import end_run, has_queued_jobs, store_run
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import find_segment
from seggql.store.transaction import Session

logger = logging.getLogger(__name__)


MAX_TAKEOVERS = 5
"""Workers that may go silent over a job before it counts as what ends them, and fails instead of blocking others."""

STEP = "deliver"

MAX_ATTEMPTS = 10
"""Attempts that MongoDB interrupted before the job says so as its failure."""


class ExportGivenUp(SeggqlError):
    """A job that ended every worker that took it."""

    code = "GIVEN_UP"


class DeliveryCanceled(Exception):
    """The job was canceled, or somebody else works on it: leave nothing at the destination."""


async def request_export(hub: Hub, queue: RunQueue, export_id: str) -> list[Job]:
    """Queue a delivery of each of the export's segments. Raises: RequestError (NOT_FOUND, INVALID)."""
    export = await find_export(export_id, field=("id",))
    if not export.segment_ids:
        message = f"The export {export.name!r} has no segments; add one with addSegmentToExport."
        raise RequestError(RequestCode.INVALID, message, field=("id",))
    subjects = [(segment_id, JobTrigger.MANUAL) for segment_id in export.segment_ids]
    run, jobs = await store_run(hub, JobKind.EXPORT, subjects, datetime.now(UTC), export=export_id)
    announce(queue, run.id)
    return jobs


async def scheduled_exports(hub: Hub, refreshed: Run, segment_ids: Sequence[str], session: Session) -> list[RunId]:
    """Store the deliveries that follow a scheduled refresh of segments, in the transaction that ends it: the Follow."""
    if JobTrigger.SCHEDULE not in await triggers_of(hub, refreshed.id, session):
        return []
    runs = []
    for export in await find_exports(scheduled(segment_ids)):
        subjects = [(id_, JobTrigger.SCHEDULE) for id_ in export.segment_ids if id_ in segment_ids]
        run, _ = await store_run(hub, JobKind.EXPORT, subjects, datetime.now(UTC), export=export.id, session=session)
        runs.append(run.id)
    return runs


async def run_exports(
    hub: Hub, exporters: Exporters, settings: Settings, queue: RunQueue, run_id: RunId, owner: str
) -> None:
    """Make one of a run's deliveries that nobody else works on; others are told of what is left, at once and then."""
    claim = await claim_jobs(hub, run_id, owner, settings.lease_s, most=1)
    if claim is None:
        logger.info("run not claimed run=%s", run_id)
        return
    if claim.jobs:
        if claim.leaves_some:
            announce(queue, run_id)
        async with kept_claim(hub, claim, settings.lease_s) as kept:
            await _see_through(hub, exporters, claim, kept)
    if await end_run(hub, run_id, datetime.now(UTC)) is None and claim.jobs and await has_queued_jobs(hub, run_id):
        announce(queue, run_id)


async def _see_through(hub: Hub, exporters: Exporters, claim: Claim, kept: KeptClaim) -> None:
    """Deliver; where MongoDB does not answer, put the job back into the queue once it does."""
    (job,) = claim.jobs
    begun: Job | None = None
    try:
        begun = await begin_job(hub, job, datetime.now(UTC))
        if begun is not None:
            standing = _Standing()
            await kept.work(begun, _run_job(hub, exporters, begun, standing), standing.told)
    except JobLost:
        logger.info("export canceled job=%s", job.id)
    except UnavailableError as error:
        await once_back(partial(_interrupted, hub, claim, begun or job, error))
    except OUTAGES as error:
        await once_back(partial(_interrupted, hub, claim, begun or job, outage(error)))


async def _interrupted(hub: Hub, claim: Claim, job: Job, cause: UnavailableError) -> None:
    """Try the delivery again, with the reason as a warning; what was interrupted so too often fails with it."""
    message = f"The delivery was interrupted, nothing of it was left: {cause}"
    logger.error("export interrupted job=%s error=%s", job.id, cause)
    if job.attempts >= MAX_ATTEMPTS:
        await _end(hub, job, JobStatus.FAILED, {"error": message, "error_code": cause.code})
    else:
        await hand_back(hub, claim, note=message)


class _Standing:
    """How far a delivery has come."""

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None
        self._began = time.monotonic()

    @property
    def elapsed_ms(self) -> int:
        """Since it began."""
        return round((time.monotonic() - self._began) * 1000)

    def told(self, status: JobStatus = JobStatus.PROCESSING, detail: str | None = None) -> dict[str, Any]:
        """The fields of the job that say so."""
        step = JobStep(name=STEP, status=status, elapsed_ms=self.elapsed_ms, detail=detail)
        return {"done": self.done, "total": self.total, "steps": (step,)}


async def _run_job(hub: Hub, exporters: Exporters, job: Job, standing: _Standing) -> None:
    """Deliver one segment; whatever goes wrong with it is the job's outcome.

    Raises: UnavailableError or a driver's outage where MongoDB does not answer.
    """
    try:
        if job.takeovers >= MAX_TAKEOVERS:
            raise ExportGivenUp(
                f"Given up: {job.takeovers} workers went silent over this job and none came to its end."
            )
        segment = await _readable_segment(hub, job)
        manifest = await _deliver(hub, exporters, job, segment, standing)
    except DeliveryCanceled:
        logger.info("export canceled job=%s", job.id)
        return
    except UnavailableError:
        raise
    except SeggqlError as error:
        failed = standing.told(JobStatus.FAILED)
        await _end(hub, job, JobStatus.FAILED, failed | {"error": str(error), "error_code": str(error.code)})
        logger.warning("export failed job=%s export=%s code=%s", job.id, job.export, error.code)
        return
    standing.done = standing.total = manifest.expected
    told = standing.told(JobStatus.SUCCESSFUL, f"Delivered: {manifest.delivered:,}, MB: {manifest.bytes / 1e6:.1f}")
    counts = {"member_count": manifest.expected, "warnings": (*job.warnings, *manifest.reasons)}
    await _end(hub, job, JobStatus.SUCCESSFUL, told | counts)
    logger.info("export delivered job=%s count=%d elapsed_ms=%d", job.id, manifest.delivered, standing.elapsed_ms)


async def _readable_segment(hub: Hub, job: Job) -> Segment:
    """The job's segment, where it has members that mean something. Raises: RequestError (NOT_FOUND, INVALID)."""
    segment = await find_segment(hub, SegmentId(job.subject))
    if segment is None:
        raise RequestError(RequestCode.NOT_FOUND, "The segment has been deleted.")
    if not segment.is_readable:
        message = f"The segment {segment.name!r} is not active or was never refreshed: activate or refresh it first."
        raise RequestError(RequestCode.INVALID, message)
    return segment


async def _deliver(hub: Hub, exporters: Exporters, job: Job, segment: Segment, standing: _Standing) -> Manifest:
    """Carry the generation in force to the export's destination, and keep its manifest."""
    if job.export is None or segment.pointer is None:
        raise InvariantError(f"job {job.id} exports nothing")
    export = await find_export(job.export)
    destination = await find_destination(export.destination_id)
    exporter = exporter_called(exporters, destination.exporter)
    profile_type = (await load_catalog(hub)).profile_types[segment.profile_type]
    columns = resolve_columns(profile_type, export.fields or all_fields(profile_type))
    members = await read_members(hub, segment)
    generation = segment.pointer.generation
    export_run = await begin_export_run(job, segment, generation, expected=len(members))
    if export_run is None:
        raise DeliveryCanceled(job.id)
    delivery = Delivery(
        run_id=export_run.id,
        export=export.name,
        segment=segment.name,
        generation=generation,
        profile_type=profile_type.name,
        mode=export.mode,
        as_of=segment.pointer.at,
        expected=len(members),
        schema=schema_of(columns),
    )

    async def progress(done: int) -> None:
        standing.done, standing.total = done, len(members)
        if not await move_job(hub, job, standing.told()):
            raise DeliveryCanceled(job.id)

    await progress(0)
    options = validated_options(exporter, destination.options)
    manifest = await deliver(hub, exporter, options, delivery, members, columns, progress)
    if not await finish_export_run(export_run, manifest):
        raise DeliveryCanceled(job.id)
    return manifest


async def _end(hub: Hub, job: Job, status: JobStatus, outcome: Mapping[str, Any]) -> None:
    """Store how the job ended; nothing where it was canceled meanwhile."""
    if not await end_job(hub, job, status, {"finished_at": datetime.now(UTC)} | dict(outcome)):
        logger.info("export outcome dropped job=%s", job.id)
