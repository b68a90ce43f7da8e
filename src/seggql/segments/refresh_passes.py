"""The part of a refresh that its segments share: whom each must look at again, and passes that read columns once."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any

from pyroaring import BitMap

from seggql.errors import UnavailableError
from seggql.evaluation.cost import Cost, Spent
from seggql.evaluation.moments import find_moments
from seggql.evaluation.packed.together import Pass, evaluate_passes, plan_passes, plan_passes_within
from seggql.evaluation.picking import pick
from seggql.evaluation.run import Run as Evaluation
from seggql.evaluation.stillness import FAR, Probe, still_until
from seggql.evaluation.weighing import told_of
from seggql.query.clock import probes
from seggql.query.plan import Aggregate, Plan, Scan, parts_of
from seggql.query.planning.estimates import Statistics
from seggql.segments.incremental import MovedSince, WrittenSince, is_audit_due
from seggql.segments.planning import request_instant
from seggql.segments.refresh_plans import PlannedRefresh
from seggql.store.claims import begin_jobs
from seggql.store.collections import profiles_collection
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId, JobStatus, JobStep
from seggql.store.lease import JobLost, KeptClaim
from seggql.store.outage import OUTAGES

logger = logging.getLogger(__name__)

PICK, STEP = "pick", "together"

WHOLE_SHARE, WHOLE_LEAST = 0.05, 10_000
"""More candidates than so many, and than this part of a type's profiles, are looked at by a pass over all."""


class SharedWork:
    """What was found for the jobs of a claim together, and what each has to bear of it.

    `begun` are the jobs as they were begun for it; those that ended meanwhile are not among them. `universes` are the
    candidates of segments by name: everybody else is as at the last refresh. `audited` are those of segments of which
    everybody is looked at all the same, to see that it was so. `still` says by name before which instant the clock
    alone changes nothing, where that is known.
    """

    def __init__(
        self, evaluation: Evaluation, written: WrittenSince, moved: MovedSince, statistics: Statistics
    ) -> None:
        self.begun: Mapping[JobId, Job] = {}
        self.universes: dict[str, BitMap] = {}
        self.audited: dict[str, BitMap] = {}
        self.still: Mapping[str, datetime] = {}
        self._evaluation = evaluation
        self._written = written
        self._moved = moved
        self._statistics = statistics
        self._picks: dict[JobId, JobStep] = {}
        self._asked: frozenset[JobId] = frozenset()
        self._bearing: dict[JobId, frozenset[Plan]] = {}
        self._users: Counter[Plan] = Counter()
        self._spent: list[tuple[frozenset[Plan], Spent]] = []
        self._besides = Spent()
        self._step: JobStep | None = None

    async def do(self, hub: Hub, kept: KeptClaim, planned: Iterable[PlannedRefresh]) -> None:
        """Find what can be found together. Where that fails each segment is evaluated alone, to fail alone.

        Raises: UnavailableError (SnapshotExpired) or a driver's outage.
        """
        items = list(planned)
        plans = [item.plan for item in items]
        if not any(item.before for item in items) and not await plan_passes(plans, self._evaluation):
            return
        self._asked = frozenset(item.job.id for item in items)
        self.begun = await begin_jobs(hub, [item.job for item in items], request_instant())
        ours = [item for item in items if item.job.id in self.begun]
        start, before = monotonic(), self._evaluation.cost

        def progress() -> dict[str, Any]:
            return {"steps": [self._told(start, JobStatus.PROCESSING, len(ours), self._evaluation.cost - before)]}

        try:
            await kept.work_together(list(self.begun.values()), self._find(ours), progress)
        except UnavailableError:
            raise
        except OUTAGES:
            raise
        except JobLost:
            logger.info("all jobs of a claim were canceled or taken over")
        except Exception:  # process edge: a bug met by one segment must not stop the others
            logger.exception("evaluation of segments together failed")
        cost = self._evaluation.cost - before
        self._step = self._told(start, JobStatus.SUCCESSFUL, len(ours), cost)
        self._besides = Spent(cost=cost, elapsed_ms=(monotonic() - start) * 1000)
        for _, spent in self._spent:
            self._besides -= spent

    async def universe_of(self, item: PlannedRefresh) -> BitMap | None:
        """Who is to be looked at again; None where all are."""
        if item.before is None:
            return None
        if item.segment.name in self.audited:
            return None
        if item.segment.name not in self.universes:
            found = await self._written.candidates(item.segment, item.before, item.plan, self._evaluation, self._moved)
            if found is not None and is_audit_due(item.segment, self._written.instant):
                self.audited[item.segment.name] = found
                return None
            if found is None or len(found) > await self._most(item):
                return None
            self.universes[item.segment.name] = found
        return self.universes[item.segment.name]

    def has_lost(self, job: JobId) -> bool:
        """Whether the job was canceled or taken over before the work began."""
        return job in self._asked and job not in self.begun

    def spent_for(self, job: JobId) -> Spent:
        """The part of the job in what was read, and in the milliseconds.

        Of each pass its operators cost the same, and those who use one bear it together; what was done besides, to see
        whom to look at, is borne by all alike.
        """
        if job not in self.begun or self._step is None:
            return Spent()
        borne = self._besides * (1 / len(self.begun))
        for operators, spent in self._spent:
            needed = operators & self._bearing.get(job, frozenset())
            borne += spent * (sum(1 / self._users[operator] for operator in needed) / len(operators))
        return borne

    def steps_of(self, job: JobId) -> tuple[JobStep, ...]:
        """What the job tells of the work it had a part in."""
        picked = (self._picks[job],) if job in self._picks else ()
        return (*picked, self._step) if self._step and self._bearing.get(job) else picked

    async def _most(self, item: PlannedRefresh) -> float:
        """Past so many candidates everybody is looked at."""
        profiles = await self._evaluation.sources.statistics(profiles_collection(item.segment.profile_type))
        return max(WHOLE_LEAST, WHOLE_SHARE * profiles)

    async def _find(self, items: list[PlannedRefresh]) -> None:
        """First whom to look at; all of a type by packs, few by their documents.

        Whom the segments that use others look at again depends on what is yet to be found of those.
        """
        ahead = _ahead(items)
        further = [probe for each in ahead.values() for probe in each if isinstance(probe, Scan)]
        await self._probe(items, further)
        whole: list[PlannedRefresh] = []
        within: list[tuple[Plan, BitMap]] = []
        for item in items:
            if item.before and item.segment.depends_on:
                continue
            universe = await self.universe_of(item)
            if universe is None:
                whole.append(item)
            elif universe:
                within.append((item.plan, universe))
        passes = _joined(await self._pick(whole), await plan_passes(further, self._evaluation))
        passes += plan_passes_within(within, self._evaluation)
        operators = frozenset[Plan](operator for made in passes for operator in made.operators)
        self._bearing = {item.job.id: frozenset(parts_of(item.plan)) & operators for item in items}
        self._users = Counter(operator for needed in self._bearing.values() for operator in needed)
        for made in passes:
            start, before = monotonic(), self._evaluation.cost
            await evaluate_passes([made], self._evaluation)
            elapsed_ms = (monotonic() - start) * 1000
            cost = self._evaluation.cost - before
            if used := frozenset(operator for operator in made.operators if self._users[operator]):
                self._spent.append((used, Spent(cost=cost, elapsed_ms=elapsed_ms)))
        without_clock = {item.segment.name: FAR for item in items if item.later is item.plan}
        self.still = without_clock | await still_until(ahead, self._written.instant.as_of, self._evaluation)

    async def _pick(self, items: Sequence[PlannedRefresh]) -> list[Pass]:
        """The passes over packs for segments of which everybody is looked at; their jobs tell why these."""
        start = monotonic()
        picked = await pick([item.plan for item in items], self._evaluation, self._statistics)
        elapsed_ms = round((monotonic() - start) * 1000)
        for item in items:
            if detail := told_of(item.plan, picked.told):
                self._picks[item.job.id] = JobStep(
                    name=PICK, status=JobStatus.SUCCESSFUL, elapsed_ms=elapsed_ms, detail=detail
                )
        return list(picked.passes)

    async def _probe(self, items: list[PlannedRefresh], further: list[Scan]) -> None:
        """Find together what is asked of each to know its candidates, and in the same pass `further` scans."""
        found = [probe for item in items if item.before for probe in probes(item.before, item.plan) or ()]
        await find_moments([probe for probe in found if isinstance(probe, Aggregate)], self._evaluation)
        scans = [probe for probe in found if isinstance(probe, Scan)]
        if scans:
            await evaluate_passes(await plan_passes([*scans, *further], self._evaluation), self._evaluation)

    def _told(self, start: float, status: JobStatus, segments: int, cost: Cost) -> JobStep:
        """How the work that began at `start`, a monotonic clock's seconds, stands."""
        elapsed_ms = round((monotonic() - start) * 1000)
        processes = self._evaluation.meter.processes
        by_several = f", processes: {processes}" if processes > 1 else ""
        return JobStep(
            name=STEP, status=status, elapsed_ms=elapsed_ms, detail=f"Segments: {segments}. {cost}{by_several}"
        )


def _ahead(items: Iterable[PlannedRefresh]) -> dict[str, list[Probe]]:
    """By segment, what tells until when its result stands; without those that have no clock, or of which none tells."""
    told = {i.segment.name: probes(i.plan, i.later) for i in items if i.later is not None and i.later is not i.plan}
    return {name: found for name, found in told.items() if found is not None}


def _joined(passes: Sequence[Pass], further: Iterable[Pass]) -> list[Pass]:
    """The passes, with the scans of `further` ones in those over the same pack."""
    joined = list(passes)
    for more in further:
        same = [n for n, one in enumerate(joined) if one.pack is more.pack and isinstance(one.operators[0], Scan)]
        if same:
            operators = dict.fromkeys((*joined[same[0]].operators, *more.operators))
            joined[same[0]] = replace(joined[same[0]], operators=tuple(operators))
        else:
            joined.append(more)
    return joined
