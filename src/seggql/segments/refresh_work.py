"""The work of one run on one snapshot and one instant: evaluate in dependency order, commit in batches."""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from pyroaring import BitMap

from seggql.errors import InvariantError, QueryError, RequestError, UnavailableError
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run as Evaluation
from seggql.query.plan import Plan
from seggql.segments.members import readable_members
from seggql.segments.ordering import in_batches, in_dependency_order
from seggql.segments.planning import Surroundings, plan_query, read_surroundings, request_instant
from seggql.segments.refresh_commit import Evaluated, commit_batch
from seggql.segments.sharing import parts_in, shared_parts
from seggql.settings import Settings
from seggql.store.commit import LARGEST_COMMIT
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus, JobStep
from seggql.store.jobs import move_job
from seggql.store.outage import OUTAGES
from seggql.store.refresh_outcomes import record_failure, record_skip
from seggql.store.segment import Segment
from seggql.store.snapshot import SnapshotSources, take_snapshot

logger = logging.getLogger(__name__)

STEPS = 2
"""What a job counts as done: evaluated, and committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshItem:
    """A segment to refresh, and the job that says so."""

    job: Job
    segment: Segment


async def begin_work(
    hub: Hub, settings: Settings, items: Sequence[RefreshItem], lost: Mapping[str, str]
) -> "RefreshWork":
    """Take the snapshot and the instant that the whole run shares.

    `lost` are segments of the run that will not be refreshed, with the reasons.
    """
    surroundings = await read_surroundings(hub, settings)
    work = RefreshWork(hub, surroundings, items, lost)
    sources = SnapshotSources(hub, await take_snapshot(hub), work.members_of)
    work.evaluation = Evaluation(sources=sources, catalog=surroundings.catalog, settings=settings)
    return work


class RefreshWork:
    """Where a run stands: what was found, what is lost, what has ended."""

    evaluation: Evaluation

    def __init__(
        self, hub: Hub, surroundings: Surroundings, items: Sequence[RefreshItem], lost: Mapping[str, str]
    ) -> None:
        self.hub = hub
        self.surroundings = surroundings
        self.as_of: datetime = request_instant()
        self.lost = dict(lost)
        self._items = {item.segment.name: item for item in items}
        self._ended: set[str] = set()
        self._plans: dict[str, Plan] = {}
        self._members: dict[str, BitMap] = {}
        self._shared: frozenset[Plan] = frozenset()

    async def finish(self) -> None:
        """Refresh every segment; what fails drops out with what depends on it.

        Raises: UnavailableError (SnapshotExpired) or a driver's outage: what is not `unfinished` is done all the same.
        """
        for item in self._items.values():
            await self._guarded(item, self._plan(item))
        self._shared = shared_parts(self._plans.values())
        groups = in_dependency_order({name: item.segment.depends_on for name, item in self._items.items()})
        for batch in in_batches(groups, LARGEST_COMMIT):
            evaluated = [result for name in batch if (result := await self._evaluated(self._items[name]))]
            await self._commit(evaluated)

    def unfinished(self, note: str) -> list[RefreshItem]:
        """What has not ended, for another try, with the note on its job."""
        items = [item for name, item in self._items.items() if name not in self._ended]
        return [replace(item, job=replace(item.job, warnings=(*item.job.warnings, note))) for item in items]

    async def members_of(self, name: str) -> BitMap:
        """The members of a segment that a query uses: as just found in this run, else of its last generation.

        Raises: RequestError where it has none that mean anything.
        """
        if name not in self._members:
            self._members[name] = await readable_members(self.hub, name)
        return self._members[name]

    async def _plan(self, item: RefreshItem) -> None:
        segment = item.segment
        assert segment.query is not None, "a dynamic segment has a query"
        query = await self.surroundings.bind(segment.query, output_type=segment.profile_type, segment_name=segment.name)
        self._plans[segment.name] = (await plan_query(self.hub, self.surroundings, query, self.as_of)).root

    async def _evaluated(self, item: RefreshItem) -> Evaluated | None:
        """What the segment's query finds; None where it dropped out."""
        name = item.segment.name
        if name in self.lost:
            return None
        if used := next((other for other in item.segment.depends_on if other in self.lost), None):
            await self._skip(item, f"It uses {used}, which was not refreshed: {self.lost[used]}")
            return None
        start = monotonic()
        await self._guarded(item, self._find(name))
        if name in self.lost:
            return None
        elapsed_ms = round((monotonic() - start) * 1000)
        step = JobStep(name="evaluate", status=JobStatus.SUCCESSFUL, elapsed_ms=elapsed_ms)
        progress = {"done": 1, "total": STEPS, "as_of": self.as_of, "steps": [step], "warnings": item.job.warnings}
        if not await move_job(self.hub, item.job, progress):
            self._drop(name, "Its job was canceled.")
            return None
        return Evaluated(job=item.job, segment=item.segment, members=self._members[name], step=step)

    async def _find(self, name: str) -> None:
        plan = self._plans[name]
        for part in parts_in(plan, self._shared):
            await find(part, self.evaluation)
        self._members[name] = await find(plan, self.evaluation)
        for known in [part for part in self.evaluation.shared if part not in self._shared]:
            del self.evaluation.shared[known]  # so that memory grows with what is shared, not with the run

    async def _commit(self, evaluated: Sequence[Evaluated]) -> None:
        ended = await commit_batch(self.hub, evaluated, self.as_of)
        for name, reason in ended.items():
            self._ended.add(name)
            if reason is not None:
                self.lost[name] = reason

    async def _guarded(self, item: RefreshItem, step: Awaitable[None]) -> None:
        """Do one step of a segment: what is wrong with it fails it alone, what is wrong with MongoDB ends the work."""
        try:
            await step
        except UnavailableError:
            raise
        except OUTAGES:
            raise
        except (QueryError, RequestError) as error:
            await self._fail(item, str(error), error.code)
        except Exception as error:  # process edge: a bug met by one segment must not stop the others
            logger.exception("refresh failed segment=%s", item.segment.name)
            await self._fail(item, f"Internal error ({type(error).__name__}); the log has more.", InvariantError.code)

    async def _fail(self, item: RefreshItem, error: str, code: str) -> None:
        await record_failure(self.hub, item.job, error, code, request_instant())
        self._drop(item.segment.name, error)

    async def _skip(self, item: RefreshItem, reason: str) -> None:
        await record_skip(self.hub, item.job, reason, request_instant())
        self._drop(item.segment.name, reason)

    def _drop(self, name: str, reason: str) -> None:
        self._ended.add(name)
        self.lost[name] = reason
