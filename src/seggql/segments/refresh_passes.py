"""The part of a refresh that all its segments share: passes over packs, which find what each of them needs."""

import logging
from collections import Counter
from collections.abc import Mapping
from time import monotonic

from seggql.errors import UnavailableError
from seggql.evaluation.cost import Cost
from seggql.evaluation.packed.together import Pass, evaluate_passes, plan_passes
from seggql.evaluation.run import Run as Evaluation
from seggql.query.plan import Plan, parts_of
from seggql.segments.planning import request_instant
from seggql.store.claims import begin_jobs
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId, JobStatus, JobStep
from seggql.store.lease import JobLost, KeptClaim
from seggql.store.outage import OUTAGES

logger = logging.getLogger(__name__)

STEP = "packs"

JobPlans = Mapping[JobId, tuple[Job, Plan]]
"""Jobs with the plans of their segments."""


class SharedPasses:
    """What passes over packs found for the jobs of a claim, and what each job has to bear of it.

    `begun` are the jobs as they were begun for it; those that ended meanwhile are not among them.
    """

    def __init__(self) -> None:
        self.begun: Mapping[JobId, Job] = {}
        self._asked: frozenset[JobId] = frozenset()
        self._shares: dict[JobId, float] = {}
        self._cost = Cost()
        self._elapsed_ms = 0

    async def make(
        self, hub: Hub, evaluation: Evaluation, kept: KeptClaim, plans: Mapping[JobId, tuple[Job, Plan]]
    ) -> None:
        """Find what packs say, for all jobs at once. Where that fails each is evaluated alone, to fail alone.

        Raises: UnavailableError (SnapshotExpired) or a driver's outage.
        """
        passes = await plan_passes([plan for _, plan in plans.values()], evaluation)
        if not passes:
            return
        self._share(passes, plans)
        jobs = [plans[id_][0] for id_ in self._shares]
        self._asked = frozenset(self._shares)
        self.begun = await begin_jobs(hub, jobs, request_instant())
        start, before = monotonic(), evaluation.cost
        try:
            await kept.work_together(list(self.begun.values()), evaluate_passes(passes, evaluation))
        except (UnavailableError, *OUTAGES):
            raise
        except JobLost:
            logger.info("every job of a pass over packs was canceled or taken over")
        except Exception:  # process edge: a bug met by one segment must not stop the others
            logger.exception("pass over packs failed")
        self._cost, self._elapsed_ms = evaluation.cost - before, round((monotonic() - start) * 1000)

    def has_lost(self, job: JobId) -> bool:
        """Whether the job was canceled or taken over before the passes began."""
        return job in self._asked and job not in self.begun

    def cost_of(self, job: JobId) -> tuple[Cost, int]:
        """The part of the job in what was read, and in the milliseconds."""
        share = self._shares.get(job, 0.0)
        return self._cost * share, round(self._elapsed_ms * share)

    def steps_of(self, job: JobId) -> tuple[JobStep, ...]:
        """What the job tells of the passes it took part in."""
        if job not in self._shares:
            return ()
        detail = f"In one pass with {len(self._shares) - 1} others. {self._cost}"
        return (JobStep(name=STEP, status=JobStatus.SUCCESSFUL, elapsed_ms=self._elapsed_ms, detail=detail),)

    def _share(self, passes: list[Pass], plans: JobPlans) -> None:
        """Each operator costs as much as any other, and those who use it bear it together."""
        operators = frozenset[Plan](operator for made in passes for operator in made.operators)
        used = {id_: frozenset(parts_of(plan)) & operators for id_, (_, plan) in plans.items()}
        users = Counter(operator for needed in used.values() for operator in needed)
        for id_, needed in used.items():
            if needed:
                self._shares[id_] = sum(1 / users[operator] for operator in needed) / len(operators)
