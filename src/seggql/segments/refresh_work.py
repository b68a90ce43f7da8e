"""The work on one claim, on its run's snapshot and instant: evaluate in dependency order, commit in batches."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from pyroaring import BitMap

from seggql.errors import InvariantError, QueryError, RequestError, UnavailableError
from seggql.evaluation.cost import Cost
from seggql.evaluation.evaluate import find
from seggql.evaluation.processes.pool import Beside, ProcessPool
from seggql.evaluation.run import Run as Evaluation
from seggql.query.plan import Plan, parts_of
from seggql.segments.incremental import WrittenSince, read_written_since
from seggql.segments.instants import with_instant
from seggql.segments.ordering import in_dependency_order
from seggql.segments.planning import read_surroundings, request_instant
from seggql.segments.refresh_commit import Evaluated, commit_batch
from seggql.segments.refresh_passes import SharedWork
from seggql.segments.refresh_plans import PlannedRefresh, RefreshPlanner, refresh_planner
from seggql.segments.sharing import parts_in, shared_parts
from seggql.segments.used_members import UsedMembers
from seggql.settings import Settings
from seggql.store.claims import Claim, begin_job, hand_back
from seggql.store.commit import LARGEST_COMMIT
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus, JobStep, Run
from seggql.store.lease import JobLost, KeptClaim
from seggql.store.members import stored_members
from seggql.store.outage import OUTAGES
from seggql.store.refresh_outcomes import record_failure, record_skip
from seggql.store.run_queue import RunQueue, announce
from seggql.store.segment import Segment
from seggql.store.snapshot import Snapshot, SnapshotSources

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
    """Who belongs to a segment; `is_incremental` where only those were looked at who may have changed."""

    members: BitMap
    is_incremental: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshItem:
    """A segment to refresh, the job that says so, and warnings that the job is to have besides its own."""

    job: Job
    segment: Segment
    notes: tuple[str, ...] = ()


async def begin_work(
    hub: Hub,
    settings: Settings,
    queue: RunQueue,
    run: Run,
    claim: Claim,
    items: Sequence[RefreshItem],
    lost: Mapping[str, str],
    kept: KeptClaim,
    pool: ProcessPool | None,
) -> "RefreshWork":
    """Begin on the instant and the snapshot that the whole run shares, settling them where nobody has.

    `lost` are segments of the run that will not be refreshed, with the reasons. Processes of `pool` take part.
    """
    surroundings, run = await asyncio.gather(read_surroundings(hub, settings), with_instant(hub, run))
    assert run.instant is not None, "it was just settled"
    used = UsedMembers(hub)
    snapshot = Snapshot(seconds=run.instant.seconds, increment=run.instant.increment)
    sources = SnapshotSources(hub, snapshot, used.members_of)
    beside = Beside(pool=pool, snapshot=snapshot) if pool else None
    evaluation = Evaluation(sources=sources, catalog=surroundings.catalog, settings=settings, beside=beside)
    segments = [item.segment for item in items]
    written, planner = await asyncio.gather(
        read_written_since(evaluation, run.instant, segments),
        refresh_planner(hub, surroundings, segments, run.instant),
    )
    shared = SharedWork(evaluation, written, used.moved_since, planner.statistics)
    return RefreshWork(
        hub, queue, replace(claim, run=run), items, lost, kept, planner, evaluation, used, shared, written
    )


class RefreshWork:
    """Where a claim stands: what was found, what is lost, what has ended."""

    def __init__(
        self,
        hub: Hub,
        queue: RunQueue,
        claim: Claim,
        items: Sequence[RefreshItem],
        lost: Mapping[str, str],
        kept: KeptClaim,
        planner: RefreshPlanner,
        evaluation: Evaluation,
        used: UsedMembers,
        shared: SharedWork,
        written: WrittenSince,
    ) -> None:
        assert claim.run.instant is not None, "work begins on an instant"
        self.hub = hub
        self.queue = queue
        self.claim = claim
        self.as_of: datetime = claim.run.instant.as_of
        self.lost = dict(lost)
        self.kept = kept
        self.planner = planner
        self.evaluation = evaluation
        self.used = used
        self.shared = shared
        self.written = written
        self._items = {item.segment.name: item for item in items}
        self._ended: set[str] = set()
        self._waiting: list[Evaluated] = []
        self._plans: dict[str, PlannedRefresh] = {}
        self._shared_parts: frozenset[Plan] = frozenset()
        self._uses: Counter[Plan] = Counter()

    async def finish(self) -> None:
        """Refresh every segment; what fails drops out with what depends on it.

        Raises: UnavailableError (SnapshotExpired) or a driver's outage: what is not `unfinished` is done all the same.
        """
        await self._plan()
        plans = [planned.plan for planned in self._plans.values()]
        self._shared_parts = shared_parts(plans)
        self._uses = Counter(part for plan in plans for part in parts_of(plan))
        await self.shared.do(self.hub, self.kept, self._plans.values())
        order = in_dependency_order({name: item.segment.depends_on for name, item in self._items.items()})
        names = self._quick_first([name for group in order for name in group])
        since = monotonic()
        for place, name in enumerate(names):
            if name in self._ended:
                continue
            if not self._waiting:
                since = monotonic()
            evaluated = await self._in_time(self._items[name], names[place + 1 :])
            self._waiting += [evaluated] if evaluated else []
            if len(self._waiting) >= LARGEST_COMMIT or monotonic() - since > COMMIT_AFTER_S:
                await self._commit()
        await self._commit()

    def _quick_first(self, names: Sequence[str]) -> list[str]:
        """The names in their order, but what was found together before what has yet to be evaluated or waits for it."""
        slow: set[str] = set()
        for name in names:
            item = self._items[name]
            if item.job.id not in self.shared.begun or slow.intersection(item.segment.depends_on):
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
        items = [self._items[name] for name in names if name not in self._ended]
        self._ended.update(item.segment.name for item in items)
        if items and await hand_back(self.hub, self.claim, [item.job.id for item in items]):
            announce(self.queue, self.claim.run.id)

    def run_without_instant(self) -> Run:
        """The run, its instant to be settled anew."""
        return replace(self.claim.run, instant=None)

    def unfinished(self, note: str) -> list[RefreshItem]:
        """What has not ended, for another try, with the note on its job."""
        items = [item for name, item in self._items.items() if name not in self._ended]
        return [replace(item, notes=(*item.notes, note)) for item in items]

    async def _plan(self) -> None:
        items = list(self._items.values())
        for item, planned in zip(items, await self.planner.plan([(i.job, i.segment) for i in items]), strict=True):
            if isinstance(planned, Exception):
                await self._guarded(item, "plan", _raised(planned))
            else:
                self._plans[item.segment.name] = planned

    async def _evaluated(self, item: RefreshItem) -> Evaluated | None:
        """What the segment's query finds; None where it dropped out."""
        name = item.segment.name
        if name in self.lost:
            return None
        if used := next((other for other in item.segment.depends_on if other in self.lost), None):
            await self._skip(item, f"It uses {used}, which was not refreshed: {self.lost[used]}")
            return None
        job = await self._begin(item.job)
        if job is None:
            self._drop(name, "Its job was canceled.")
            return None
        begun = replace(item, job=replace(job, warnings=(*job.warnings, *item.notes)))
        found: list[Found] = []
        start, before = monotonic(), self.evaluation.cost
        await self._guarded(begun, EVALUATE, self._find(begun, start, before, found))
        if not found:
            return None
        return self._concluded(begun, found[0], start, self.evaluation.cost - before)

    def _concluded(self, item: RefreshItem, found: Found, start: float, own: Cost) -> Evaluated:
        shared, shared_ms = self.shared.cost_of(item.job.id)
        step = _step(start, JobStatus.SUCCESSFUL, own)
        return Evaluated(
            job=item.job,
            segment=item.segment,
            members=found.members,
            is_incremental=found.is_incremental,
            still_until=self.shared.still.get(item.segment.name),
            steps=(*self.shared.steps_of(item.job.id), step),
            cost=own + shared,
            elapsed_ms=(step.elapsed_ms or 0) + shared_ms,
        )

    async def _begin(self, job: Job) -> Job | None:
        """The job, begun by now; None where it is ours no longer."""
        if self.shared.has_lost(job.id):
            return None
        return self.shared.begun.get(job.id) or await begin_job(self.hub, job, request_instant())

    async def _find(self, item: RefreshItem, start: float, before: Cost, found: list[Found]) -> None:
        name = item.segment.name

        async def find_members() -> None:
            found.append(await self._members(self._plans[name]))

        def progress() -> dict[str, Any]:
            told = {"as_of": self.as_of, "warnings": item.job.warnings, "total": STEPS}
            return told | {"steps": [_step(start, JobStatus.PROCESSING, self.evaluation.cost - before)]}

        try:
            await self.kept.work(item.job, find_members(), progress)
            self.used.found(item.segment, found[0].members)
        except JobLost:
            found.clear()
            self._drop(name, "Its job was canceled.")
        self._forget(self._plans[name].plan)

    async def _members(self, planned: PlannedRefresh) -> Found:
        """What the query finds: among the candidates where the last refresh tells of all others."""
        universe = await self.shared.universe_of(planned)
        if universe is None:
            for part in parts_in(planned.plan, self._shared_parts):
                await find(part, self.evaluation)
            members = await find(planned.plan, self.evaluation)
            await self._audit(planned, members)
            return Found(members=members, is_incremental=False)
        before = await stored_members(self.hub, planned.segment.id, planned.segment.pointer)
        if universe:
            before = (before - universe) | await find(planned.plan, self.evaluation, universe)
        return Found(members=before, is_incremental=True)

    async def _audit(self, planned: PlannedRefresh, members: BitMap) -> None:
        """Compare what was found of everybody with what looking at the candidates alone would have found."""
        candidates = self.shared.audited.get(planned.segment.name)
        if candidates is None:
            return
        before = await stored_members(self.hub, planned.segment.id, planned.segment.pointer)
        deleted = await self.evaluation.sources.deleted(planned.segment.profile_type)
        if missed := (before ^ members) - candidates - deleted:
            name = planned.segment.name
            logger.error("incremental refreshes have missed changes segment=%s profiles=%s", name, len(missed))

    def _forget(self, plan: Plan) -> None:
        """Let go of what no other segment needs, so that memory grows with what is shared, not with the run."""
        if not self.evaluation.shared:
            return
        for part in parts_of(plan):
            self._uses[part] -= 1
            if not self._uses[part]:
                self.evaluation.shared.pop(part, None)

    async def _commit(self) -> None:
        """Commit what was found, all at once."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        ended = await commit_batch(self.hub, waiting, self.as_of, self.written, self.used)
        for name, reason in ended.items():
            self._ended.add(name)
            if reason is not None:
                self.lost[name] = reason

    async def _guarded(self, item: RefreshItem, name: str, work: Awaitable[None]) -> None:
        """Do one step of a segment: what is wrong with it fails it alone, what is wrong with MongoDB ends the work."""
        start = monotonic()
        try:
            await work
        except UnavailableError:
            raise
        except OUTAGES:
            raise
        except (QueryError, RequestError) as error:
            await self._fail(item, str(error), error.code, _failed(name, start))
        except Exception as error:  # process edge: a bug met by one segment must not stop the others
            logger.exception("refresh failed segment=%s", item.segment.name)
            told = f"Internal error ({type(error).__name__}); the log has more."
            await self._fail(item, told, InvariantError.code, _failed(name, start))

    async def _fail(self, item: RefreshItem, error: str, code: str, step: JobStep) -> None:
        if item.job.started_at is None:
            await begin_job(self.hub, item.job, request_instant())
        steps = (*self.shared.steps_of(item.job.id), step)
        await record_failure(self.hub, item.job, error, code, request_instant(), steps)
        self._drop(item.segment.name, error)

    async def _skip(self, item: RefreshItem, reason: str) -> None:
        await record_skip(self.hub, item.job, reason, request_instant())
        self._drop(item.segment.name, reason)

    def _drop(self, name: str, reason: str) -> None:
        self._ended.add(name)
        self.lost[name] = reason


def _step(start: float, status: JobStatus, cost: Cost) -> JobStep:
    """How the evaluation that began at `start`, a monotonic clock's seconds, stands."""
    return JobStep(name=EVALUATE, status=status, elapsed_ms=round((monotonic() - start) * 1000), detail=str(cost))


def _failed(name: str, start: float) -> JobStep:
    """The step in which a refresh failed."""
    return JobStep(name=name, status=JobStatus.FAILED, elapsed_ms=round((monotonic() - start) * 1000))


async def _raised(error: Exception) -> None:
    raise error
