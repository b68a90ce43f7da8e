"""The work on one claim, on its run's snapshot and instant: evaluate in dependency order, commit in batches."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from pyroaring import BitMap

from seggql.evaluation.cost import Cost, Spent
from seggql.evaluation.evaluate import find
from seggql.query.plan import Plan, parts_of
from seggql.segments.ordering import in_dependency_order
from seggql.segments.planning import request_instant
from seggql.segments.refresh_commit import Evaluated, commit_batch
from seggql.segments.refresh_items import ClaimInHand, RefreshItem
from seggql.segments.refresh_passes import SharedWork
from seggql.segments.refresh_plans import PlannedRefresh
from seggql.segments.refresh_standing import Standing
from seggql.segments.refresh_view import View
from seggql.segments.shared_costs import SharedParts
from seggql.store.claims import begin_job, hand_back
from seggql.store.commit import LARGEST_COMMIT
from seggql.store.job import Job, JobStatus, JobStep, Run
from seggql.store.lease import JobLost
from seggql.store.members import stored_members
from seggql.store.pack_writes import distrust_pack
from seggql.store.run_queue import announce

logger = logging.getLogger(__name__)

EVALUATE = "evaluate"

STEPS = 2
"""What a job counts as done: evaluated, and committed."""

SLOW_S = 2.0
"""An evaluation that takes longer keeps nobody waiting: what was found before it is committed, what follows is handed
back for others."""

COMMIT_AFTER_S = 2.0
"""How long a result may wait for others to be committed with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who belongs to a segment; `is_incremental` where only those were looked at who may have changed.

    `borne` is what others have read for it as well, without what it has read for others.
    """

    members: BitMap
    is_incremental: bool
    borne: Spent


class RefreshWork:
    """Segments of a claim on their way from what is asked to what is committed.

    `lost` are segments of the run that will not be refreshed, with the reasons.
    """

    def __init__(self, in_hand: ClaimInHand, view: View, items: Sequence[RefreshItem], lost: Mapping[str, str]) -> None:
        self._in_hand = in_hand
        self._hub = in_hand.hub
        self._view = view
        self._evaluation = view.evaluation
        self._shared = SharedWork(view.evaluation, view.written, view.used.moved_since, view.planner.statistics)
        self._standing = Standing(in_hand.hub, self._shared, lost)
        self._items = {item.segment.name: item for item in items}
        self._waiting: list[Evaluated] = []
        self._plans: dict[str, PlannedRefresh] = {}
        self._parts = SharedParts((), (), view.evaluation)
        self._uses: Counter[Plan] = Counter()

    @property
    def lost(self) -> Mapping[str, str]:
        """Segments of the run that were not refreshed, with the reasons."""
        return self._standing.lost

    async def finish(self) -> None:
        """Refresh every segment; what fails drops out with what depends on it.

        Raises: UnavailableError (SnapshotExpired) or a driver's outage: what is not `unfinished` is done all the same.
        """
        await self._plan()
        plans = [planned.plan for planned in self._plans.values()]
        self._uses = Counter(part for plan in plans for part in parts_of(plan))
        await self._shared.do(self._hub, self._in_hand.kept, self._plans.values())
        whole = [planned.plan for name, planned in self._plans.items() if name not in self._shared.universes]
        self._parts = SharedParts(plans, whole, self._evaluation)
        order = in_dependency_order({name: item.segment.depends_on for name, item in self._items.items()})
        names = self._quick_first([name for group in order for name in group])
        since = monotonic()
        for place, name in enumerate(names):
            if name in self._standing.ended:
                continue
            if not self._waiting:
                since = monotonic()
            evaluated = await self._in_time(self._items[name], names[place + 1 :])
            self._waiting += [evaluated] if evaluated else []
            if len(self._waiting) >= LARGEST_COMMIT or monotonic() - since > COMMIT_AFTER_S:
                await self._commit()
        await self._commit()
        for collection, version in self._evaluation.unreadable.items():
            await distrust_pack(self._hub, collection, version)

    def _quick_first(self, names: Sequence[str]) -> list[str]:
        """The names in their order, but what was found together before what has yet to be evaluated or waits for it."""
        slow: set[str] = set()
        for name in names:
            item = self._items[name]
            if item.job.id not in self._shared.begun or slow.intersection(item.segment.depends_on):
                slow.add(name)
        return sorted(names, key=lambda name: name in slow)

    async def _in_time(self, item: RefreshItem, behind: Sequence[str]) -> Evaluated | None:
        """What the segment's query finds; where that takes long, nobody waits for it."""
        task = asyncio.ensure_future(self._evaluated(item))
        try:
            done, _ = await asyncio.wait({task}, timeout=SLOW_S)
            if not done:
                await self._commit()
                await self._hand_back(behind)
            return await task
        finally:
            task.cancel()

    async def _hand_back(self, names: Sequence[str]) -> None:
        """Let others work on segments that were not begun."""
        items = [self._items[name] for name in names if name not in self._standing.ended]
        self._standing.ended.update(item.segment.name for item in items)
        if items and await hand_back(self._hub, self._in_hand.claim, [item.job.id for item in items]):
            announce(self._in_hand.queue, self._view.run.id)

    def run_without_instant(self) -> Run:
        """The run, its instant to be settled anew."""
        return replace(self._view.run, instant=None)

    def unfinished(self, note: str) -> list[RefreshItem]:
        """What has not ended, for another try, with the note on its job."""
        items = [item for name, item in self._items.items() if name not in self._standing.ended]
        return [replace(item, notes=(*item.notes, note)) for item in items]

    async def _plan(self) -> None:
        items = list(self._items.values())
        plans = await self._view.planner.plan([(item.job, item.segment) for item in items])
        for item, planned in zip(items, plans, strict=True):
            if isinstance(planned, Exception):
                await self._standing.guard(item, "plan", _raised(planned))
            else:
                self._plans[item.segment.name] = planned

    async def _evaluated(self, item: RefreshItem) -> Evaluated | None:
        """What the segment's query finds; None where it dropped out."""
        name = item.segment.name
        if name in self._standing.lost:
            return None
        if await self._standing.uses_lost(item):
            return None
        job = await self._begin(item.job)
        if job is None:
            self._standing.drop(name, "Its job was canceled.")
            return None
        begun = replace(item, job=replace(job, warnings=(*job.warnings, *item.notes)))
        found: list[Found] = []
        start, before = monotonic(), self._evaluation.cost
        await self._standing.guard(begun, EVALUATE, self._find(begun, start, before, found))
        if not found or await self._standing.uses_lost(begun):  # while this was evaluated, others were committed
            return None
        return self._concluded(begun, found[0], start, self._evaluation.cost - before)

    def _concluded(self, item: RefreshItem, found: Found, start: float, own: Cost) -> Evaluated:
        step = _step(start, JobStatus.SUCCESSFUL, own)
        spent = Spent(cost=own, elapsed_ms=step.elapsed_ms or 0) + self._shared.spent_for(item.job.id) + found.borne
        return Evaluated(
            job=item.job,
            segment=item.segment,
            members=found.members,
            is_incremental=found.is_incremental,
            still_until=self._shared.still.get(item.segment.name),
            steps=(*self._shared.steps_of(item.job.id), step),
            cost=spent.cost,
            elapsed_ms=max(0, round(spent.elapsed_ms)),
        )

    async def _begin(self, job: Job) -> Job | None:
        """The job, begun by now; None where it is ours no longer."""
        if self._shared.has_lost(job.id):
            return None
        return self._shared.begun.get(job.id) or await begin_job(self._hub, job, request_instant())

    async def _find(self, item: RefreshItem, start: float, before: Cost, found: list[Found]) -> None:
        name = item.segment.name

        async def find_members() -> None:
            found.append(await self._members(self._plans[name]))

        def progress() -> dict[str, Any]:
            told = {"as_of": self._view.written.instant.as_of, "warnings": item.job.warnings, "total": STEPS}
            return told | {"steps": [_step(start, JobStatus.PROCESSING, self._evaluation.cost - before)]}

        try:
            await self._in_hand.kept.work(item.job, find_members(), progress)
            self._view.used.found(item.segment, found[0].members)
        except JobLost:
            found.clear()
            self._standing.drop(name, "Its job was canceled.")
        self._forget(self._plans[name].plan)

    async def _members(self, planned: PlannedRefresh) -> Found:
        """What the query finds: among the candidates where the last refresh tells of all others."""
        universe = await self._shared.universe_of(planned)
        if universe is None:
            borne = await self._parts.find(planned.plan)
            members = await find(planned.plan, self._evaluation)
            await self._audit(planned, members)
            return Found(members=members, is_incremental=False, borne=borne)
        before = await stored_members(self._hub, planned.segment.id, planned.segment.pointer)
        if universe:
            before = (before - universe) | await find(planned.plan, self._evaluation, universe)
        return Found(members=before, is_incremental=True, borne=Spent())

    async def _audit(self, planned: PlannedRefresh, members: BitMap) -> None:
        """Compare what was found of everybody with what looking at the candidates alone would have found."""
        candidates = self._shared.audited.get(planned.segment.name)
        if candidates is None:
            return
        before = await stored_members(self._hub, planned.segment.id, planned.segment.pointer)
        deleted = await self._evaluation.sources.deleted(planned.segment.profile_type)
        if missed := (before ^ members) - candidates - deleted:
            name = planned.segment.name
            logger.error("incremental refreshes have missed changes segment=%s profiles=%s", name, len(missed))

    def _forget(self, plan: Plan) -> None:
        """Let go of what no other segment needs, so that memory grows with what is shared, not with the run."""
        if not self._evaluation.shared:
            return
        for part in parts_of(plan):
            self._uses[part] -= 1
            if not self._uses[part]:
                self._evaluation.shared.pop(part, None)

    async def _commit(self) -> None:
        """Commit what was found, all at once."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        ended = await commit_batch(self._hub, waiting, self._view.written, self._view.used)
        self._standing.concluded(ended)


def _step(start: float, status: JobStatus, cost: Cost) -> JobStep:
    """How the evaluation that began at `start`, a monotonic clock's seconds, stands."""
    return JobStep(name=EVALUATE, status=status, elapsed_ms=round((monotonic() - start) * 1000), detail=str(cost))


async def _raised(error: Exception) -> None:
    raise error
