"""Keeps the lease on a claim while its jobs are worked on, and stops the work on those that are no longer ours."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from seggql.logs import log_ids
from seggql.stopping import cancel_for_certain
from seggql.store.claims import Claim, extend_leases, hand_back, jobs_still_ours
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId
from seggql.store.jobs import move_job, move_jobs
from seggql.store.outage import OUTAGES
from seggql.tracing import span

T = TypeVar("T")

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 4
"""Heartbeats in one lease: three may be lost before others take the jobs over."""

LOOK_S = 0.5
"""How soon a canceled job is noticed, and how often the progress of one under way is written."""

TOGETHER_S = 2.0
"""How often the progress of work for several jobs is written, to each of them."""

RELEASE_TIMEOUT_S = 0.8
"""Dramatiq waits one second for an interrupted actor."""

Progress = Callable[[], Mapping[str, Any]]
"""The fields of a job that say how far it has come."""


class JobLost(Exception):
    """The job was canceled, or somebody else has it: its fencing token sees that nothing more is written for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """Work for several jobs at once."""

    jobs: tuple[Job, ...]
    task: "asyncio.Task[Any]"
    progress: Progress


class KeptClaim:
    """A claim whose lease is being kept; `work` does one of its jobs."""

    def __init__(self, hub: Hub, claim: Claim) -> None:
        self._hub = hub
        self._ours = frozenset(job.id for job in claim.jobs)
        self._at_work: dict[JobId, asyncio.Task[Any]] = {}
        self._progress: dict[JobId, tuple[Job, Progress]] = {}
        self._together: _Together | None = None
        self._told = monotonic()

    async def work(self, job: Job, work: Coroutine[Any, Any, T], progress: Progress | None = None) -> T:
        """What `work` returns. Raises: JobLost, soon after the job stopped being ours; the work is ended then."""
        with log_ids(job=job.id), span("job", {"seggql.job.id": job.id, "seggql.segment.id": job.subject}):
            return await self._watched(job, work, progress)

    async def _watched(self, job: Job, work: Coroutine[Any, Any, T], progress: Progress | None) -> T:
        task = asyncio.ensure_future(work)
        self._at_work[job.id] = task
        if progress:
            self._progress[job.id] = (job, progress)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current and current.cancelling():
                raise
            raise JobLost(f"job {job.id} was canceled or taken over") from None
        finally:
            del self._at_work[job.id]
            self._progress.pop(job.id, None)

    async def work_together(self, jobs: Collection[Job], work: Coroutine[Any, Any, T], progress: Progress) -> T:
        """What `work`, which is for all of `jobs`, returns. Raises: JobLost once none of them is ours any more."""
        task = asyncio.ensure_future(work)
        self._told = monotonic()
        self._together = _Together(jobs=tuple(jobs), task=task, progress=progress)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current and current.cancelling():
                await cancel_for_certain([task])
                raise
            raise JobLost("all jobs were canceled or taken over") from None
        finally:
            self._together = None

    def keep(self, ours: frozenset[JobId]) -> None:
        """End the work on every job that is not among `ours`."""
        for job, task in self._at_work.items():
            if job not in ours:
                task.cancel()
        if self._together and not any(job.id in ours for job in self._together.jobs):
            self._together.task.cancel()

    async def tell(self) -> None:
        """Write how far the jobs at work have come."""
        for job, progress in list(self._progress.values()):
            await move_job(self._hub, job, progress())
        together = self._together
        if together and monotonic() - self._told >= TOGETHER_S:
            self._told = monotonic()
            await move_jobs(self._hub, together.jobs, together.progress())


@asynccontextmanager
async def kept_claim(hub: Hub, claim: Claim, lease_s: float) -> AsyncIterator[KeptClaim]:
    """Keep the lease while the block runs; give back what is unfinished where the block is interrupted."""
    kept = KeptClaim(hub, claim)
    heart = asyncio.create_task(_beat(hub, claim, kept, lease_s))
    try:
        yield kept
    except asyncio.CancelledError:
        await _give_back(hub, claim)
        raise
    finally:
        await cancel_for_certain([heart])


async def _beat(hub: Hub, claim: Claim, kept: KeptClaim, lease_s: float) -> None:
    every = lease_s / BEATS_PER_LEASE
    due = monotonic() + every
    while True:
        await asyncio.sleep(min(LOOK_S, every))
        try:
            if monotonic() >= due:
                due = monotonic() + every
                await extend_leases(hub, claim, lease_s)
            kept.keep(await jobs_still_ours(hub, claim))
            await kept.tell()
        except OUTAGES as error:
            logger.warning("heartbeat missed run=%s error=%s", claim.run.id, type(error).__name__)


async def _give_back(hub: Hub, claim: Claim) -> None:
    """Let another worker claim the jobs at once; where that fails the lease runs out by itself."""
    try:
        async with asyncio.timeout(RELEASE_TIMEOUT_S):
            await asyncio.shield(hand_back(hub, claim))
    except TimeoutError:
        logger.warning("jobs not given back in time run=%s", claim.run.id)
    except OUTAGES as error:
        logger.warning("jobs not given back run=%s error=%s", claim.run.id, type(error).__name__)
