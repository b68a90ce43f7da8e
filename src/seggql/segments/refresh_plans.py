"""Plans the refreshes of a claim: each query at the instant of the run, and where it helps at that of the last one."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from seggql.evaluation.stillness import LOOK_AHEAD
from seggql.query.limits import Limits
from seggql.query.plan import Plan
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics
from seggql.segments.bound_queries import Same, known_segments, meaning
from seggql.segments.incremental import is_comparable
from seggql.segments.planning import Surroundings, read_statistics, require_profile_type, too_slow
from seggql.store.hub import Hub
from seggql.store.job import Instant, Job
from seggql.store.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRefresh:
    """A segment with its job and plan; `before` is the plan at its last refresh, where what changed since is enough.

    `later` is the plan at LOOK_AHEAD after this one, where till then bounds move evenly; the same one without a clock.
    """

    job: Job
    segment: Segment
    plan: Plan
    before: Plan | None
    later: Plan | None


class RefreshPlanner:
    """Plans queries of a claim with the same statistics, so that two plans of one query differ by the clock alone."""

    def __init__(self, surroundings: Surroundings, statistics: Statistics, instant: Instant) -> None:
        self._surroundings = surroundings
        self.statistics = statistics
        self._instant = instant
        self._catalog = Same(surroundings.catalog)
        self._segments = known_segments(surroundings.segments)
        self._limits = Limits.of(surroundings.settings)

    async def plan(self, segments: Sequence[tuple[Job, Segment]]) -> list[PlannedRefresh | Exception]:
        """How to refresh each of the segments, in their order, or what its planning raised; off the event loop."""
        return await asyncio.to_thread(lambda: [self._planned(job, segment) for job, segment in segments])

    def _planned(self, job: Job, segment: Segment) -> PlannedRefresh | Exception:
        began = monotonic()
        try:
            require_profile_type(self._surroundings.catalog, segment.profile_type)
            planned = self._plan(job, segment)
        except Exception as error:  # process edge: what one segment raises fails that one alone
            return error
        settings = self._surroundings.settings
        return planned if monotonic() - began <= settings.query_plan_timeout_s else too_slow(settings, segment.query)

    def _plan(self, job: Job, segment: Segment) -> PlannedRefresh:
        meant = meaning(
            segment.query or "", segment.profile_type, segment.name, self._catalog, self._segments, self._limits
        )
        as_of = self._instant.as_of

        def at(instant: datetime) -> Plan:
            return plan(meant.query, instant, self.statistics).root if meant.is_clocked else now

        now = plan(meant.query, as_of, self.statistics).root
        then = segment.pointer.as_of if segment.pointer and is_comparable(segment, self._instant) else None
        before = at(then) if then else None
        ahead = as_of + LOOK_AHEAD
        is_even = meant.moves_evenly and not (meant.leaps_at_midnight and ahead.date() > as_of.date())
        later = at(ahead) if is_even else None
        return PlannedRefresh(job=job, segment=segment, plan=now, before=before, later=later)


async def refresh_planner(
    hub: Hub, surroundings: Surroundings, segments: Iterable[Segment], instant: Instant
) -> RefreshPlanner:
    """A planner for the queries of `segments`."""
    used = {name for segment in segments for name in segment.depends_on}
    return RefreshPlanner(surroundings, await read_statistics(hub, surroundings, sorted(used)), instant)
