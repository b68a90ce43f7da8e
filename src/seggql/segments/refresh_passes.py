"""The part of a refresh that its segments share: whom each must look at again, and passes that read columns once."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic

from pyroaring import BitMap

from seggql.errors import UnavailableError
from seggql.evaluation.cost import Cost
from seggql.evaluation.packed.together import Pass, evaluate_passes, plan_passes, plan_passes_within
from seggql.evaluation.run import Run as Evaluation
from seggql.query.plan import Plan, parts_of
from seggql.segments.incremental import MovedSince, WrittenSince
from seggql.segments.planning import request_instant
from seggql.store.claims import begin_jobs
from seggql.store.collections import profiles_collection
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId, JobStatus, JobStep
from seggql.store.lease import JobLost, KeptClaim
from seggql.store.outage import OUTAGES
from seggql.store.segment import Segment

logger = logging.getLogger(__name__)

STEP = "together"

WHOLE_SHARE, WHOLE_LEAST = 0.05, 10_000
"""More candidates than so many, and than this part of a type's profiles, are looked at by a pass over all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRefresh:
    """A segment with its job and plan; `before` is the plan at its last refresh, where what changed since is enough."""

    job: Job
    segment: Segment
    plan: Plan
    before: Plan | None


class SharedWork:
    """What was found for the jobs of a claim together, and what each has to bear of it.

    `begun` are the jobs as they were begun for it; those that ended meanwhile are not among them. `universes` are the
    candidates of segments by name: everybody else is as at the last refresh.
    """

    def __init__(self, evaluation: Evaluation, written: WrittenSince, moved: MovedSince) -> None:
        self.begun: Mapping[JobId, Job] = {}
        self.universes: dict[str, BitMap] = {}
        self._evaluation = evaluation
        self._written = written
        self._moved = moved
        self._asked: frozenset[JobId] = frozenset()
        self._shares: dict[JobId, float] = {}
        self._cost = Cost()
        self._elapsed_ms = 0

    async def do(self, hub: Hub, kept: KeptClaim, planned: Iterable[PlannedRefresh]) -> None:
        """Find what can be found together. Where that fails each segment is evaluated alone, to fail alone.

        Raises: UnavailableError (SnapshotExpired) or a driver's outage.
        """
        items = [item for item in planned if not item.segment.depends_on]
        whole = await plan_passes([item.plan for item in items], self._evaluation)
        if not whole and not any(item.before for item in items):
            return
        self._asked = frozenset(item.job.id for item in items)
        self.begun = await begin_jobs(hub, [item.job for item in items], request_instant())
        ours = [item for item in items if item.job.id in self.begun]
        start, before = monotonic(), self._evaluation.cost
        try:
            await kept.work_together(list(self.begun.values()), self._find(ours))
        except UnavailableError:
            raise
        except OUTAGES:
            raise
        except JobLost:
            logger.info("all jobs of a claim were canceled or taken over")
        except Exception:  # process edge: a bug met by one segment must not stop the others
            logger.exception("evaluation of segments together failed")
        self._cost = self._evaluation.cost - before
        self._elapsed_ms = round((monotonic() - start) * 1000)

    async def universe_of(self, item: PlannedRefresh) -> BitMap | None:
        """Who is to be looked at again; None where all are."""
        if item.before is None:
            return None
        if item.segment.name not in self.universes:
            found = await self._written.candidates(item.segment, item.before, item.plan, self._evaluation, self._moved)
            if found is None or len(found) > await self._most(item):
                return None
            self.universes[item.segment.name] = found
        return self.universes[item.segment.name]

    def has_lost(self, job: JobId) -> bool:
        """Whether the job was canceled or taken over before the work began."""
        return job in self._asked and job not in self.begun

    def cost_of(self, job: JobId) -> tuple[Cost, int]:
        """The part of the job in what was read, and in the milliseconds."""
        share = self._shares.get(job, 0.0)
        return self._cost * share, round(self._elapsed_ms * share)

    def steps_of(self, job: JobId) -> tuple[JobStep, ...]:
        """What the job tells of the work it had a part in."""
        if job not in self._shares:
            return ()
        detail = f"Segments: {len(self._shares)}. {self._cost}"
        return (JobStep(name=STEP, status=JobStatus.SUCCESSFUL, elapsed_ms=self._elapsed_ms, detail=detail),)

    async def _most(self, item: PlannedRefresh) -> float:
        """Past so many candidates everybody is looked at."""
        profiles = await self._evaluation.sources.statistics(profiles_collection(item.segment.profile_type))
        return max(WHOLE_LEAST, WHOLE_SHARE * profiles)

    async def _find(self, items: list[PlannedRefresh]) -> None:
        """First whom to look at; all of a type by packs, few by their documents."""
        whole: list[Plan] = []
        within: list[tuple[Plan, BitMap]] = []
        for item in items:
            universe = await self.universe_of(item)
            if universe is None:
                whole.append(item.plan)
            elif universe:
                within.append((item.plan, universe))
        passes = await plan_passes(whole, self._evaluation)
        passes += plan_passes_within(within, self._evaluation)
        self._share(passes, items)
        await evaluate_passes(passes, self._evaluation)

    def _share(self, passes: list[Pass], items: list[PlannedRefresh]) -> None:
        """Each operator costs as much as any other, and those who use it bear it together."""
        operators = frozenset[Plan](operator for made in passes for operator in made.operators)
        used = {item.job.id: frozenset(parts_of(item.plan)) & operators for item in items}
        users = Counter(operator for needed in used.values() for operator in needed)
        for id_, needed in used.items():
            if needed:
                self._shares[id_] = sum(1 / users[operator] for operator in needed) / len(operators)
