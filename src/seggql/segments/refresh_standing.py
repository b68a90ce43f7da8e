"""Where the segments of a claim stand: which have ended, which are lost to those that use them, and why."""

import logging
from collections.abc import Awaitable, Mapping
from time import monotonic

from seggql.errors import InvariantError, QueryError, RequestError, UnavailableError
from seggql.segments.planning import request_instant
from seggql.segments.refresh_items import RefreshItem
from seggql.segments.refresh_passes import SharedWork
from seggql.store.claims import begin_job
from seggql.store.hub import Hub
from seggql.store.job import JobStatus, JobStep
from seggql.store.outage import OUTAGES
from seggql.store.refresh_outcomes import record_failure, record_skip

logger = logging.getLogger(__name__)


class Standing:
    """By the names of segments; `lost` has the reasons, first those of before the claim."""

    def __init__(self, hub: Hub, shared: SharedWork, lost: Mapping[str, str]) -> None:
        self.ended: set[str] = set()
        self.lost = dict(lost)
        self._hub = hub
        self._shared = shared

    async def guard(self, item: RefreshItem, name: str, work: Awaitable[None]) -> None:
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

    async def uses_lost(self, item: RefreshItem) -> bool:
        """Whether the segment uses one that is lost; its job ends without a refresh then."""
        used = next((other for other in item.segment.depends_on if other in self.lost), None)
        if used is not None:
            reason = f"It uses {used}, which was not refreshed: {self.lost[used]}"
            await record_skip(self._hub, item.job, reason, request_instant())
            self.drop(item.segment.name, reason)
        return used is not None

    def drop(self, name: str, reason: str) -> None:
        """Note that a segment is not refreshed here."""
        self.ended.add(name)
        self.lost[name] = reason

    def concluded(self, ended: Mapping[str, str | None]) -> None:
        """Note what became of a commit: by segment None, or the reason why it dropped out."""
        self.ended.update(ended)
        self.lost.update({name: reason for name, reason in ended.items() if reason is not None})

    async def _fail(self, item: RefreshItem, error: str, code: str, step: JobStep) -> None:
        if item.job.started_at is None:
            await begin_job(self._hub, item.job, request_instant())
        steps = (*self._shared.steps_of(item.job.id), step)
        await record_failure(self._hub, item.job, error, code, request_instant(), steps)
        self.drop(item.segment.name, error)


def _failed(name: str, start: float) -> JobStep:
    """The step in which a refresh failed."""
    return JobStep(name=name, status=JobStatus.FAILED, elapsed_ms=round((monotonic() - start) * 1000))
