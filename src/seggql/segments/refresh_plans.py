"""Plans the refreshes of a claim: each query at the instant of the run, and where it helps at that of the last one."""

from collections.abc import Iterable

from seggql.query.planning.estimates import Statistics
from seggql.segments.incremental import is_comparable
from seggql.segments.planning import Surroundings, plan_with, read_statistics
from seggql.segments.refresh_passes import PlannedRefresh
from seggql.store.hub import Hub
from seggql.store.job import Instant, Job
from seggql.store.segment import Segment


class RefreshPlanner:
    """Plans queries of a claim with the same statistics, so that two plans of one query differ by the clock alone."""

    def __init__(self, surroundings: Surroundings, statistics: Statistics, instant: Instant) -> None:
        self._surroundings = surroundings
        self._statistics = statistics
        self._instant = instant

    async def plan(self, job: Job, segment: Segment) -> PlannedRefresh:
        """How to refresh the segment. Raises: QueryError; RequestError where its type is gone."""
        assert segment.query is not None, "a dynamic segment has a query"
        surroundings, statistics, as_of = self._surroundings, self._statistics, self._instant.as_of
        query = await surroundings.bind(segment.query, output_type=segment.profile_type, segment_name=segment.name)
        now = await plan_with(surroundings.settings, query, as_of, statistics)
        before = None
        if segment.pointer and segment.pointer.as_of and is_comparable(segment, self._instant):
            before = (await plan_with(surroundings.settings, query, segment.pointer.as_of, statistics)).root
        return PlannedRefresh(job=job, segment=segment, plan=now.root, before=before)


async def refresh_planner(
    hub: Hub, surroundings: Surroundings, segments: Iterable[Segment], instant: Instant
) -> RefreshPlanner:
    """A planner for the queries of `segments`."""
    used = {name for segment in segments for name in segment.depends_on}
    return RefreshPlanner(surroundings, await read_statistics(hub, surroundings, sorted(used)), instant)
