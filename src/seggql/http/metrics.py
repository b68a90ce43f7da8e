"""`GET /metrics`: for Prometheus, what all processes of the hub do, read from MongoDB, and what this one answers.

Workers and schedulers have no port of their own: their work is in documents, so that any API tells of all of it.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping
from time import monotonic
from typing import TypeVar

from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seggql.store.hub import Hub
from seggql.store.job import UNFINISHED, JobKind
from seggql.store.measurements import Measures, measure
from seggql.store.presence import RELEASE, ProcessKind

KEPT_S, KEPT_TIMES = 5.0, 20.0
"""What was measured is told again for 5 s, or for 20 times as long as measuring took, if that is more."""

MEASURE_TIMEOUT_S = 8.0
"""Prometheus waits 10 s."""

BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


K = TypeVar("K", bound=tuple[str, ...])


class Metrics:
    """What one API process tells; `observe` takes the time of each request."""

    def __init__(self, hub: Hub) -> None:
        self._measured = _Measured(hub)
        self._registry = CollectorRegistry()
        self._registry.register(self._measured)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._requests = Histogram(
            "seggql_http_request_seconds",
            "Time to answer requests of this process, by the first part of the path.",
            ("route", "status"),
            buckets=BUCKETS_S,
            registry=self._registry,
        )

    def observe(self, route: str, status: int, elapsed_s: float) -> None:
        """Count a request that was answered with `status`."""
        self._requests.labels(route, f"{status // 100}xx").observe(elapsed_s)

    def route(self) -> Route:
        """The endpoint."""

        async def metrics(request: Request) -> Response:
            await self._measured.renew()
            text = await asyncio.to_thread(generate_latest, self._registry)
            return Response(text, headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"})

        return Route("/metrics", metrics)


class _Measured(Collector):
    """The measures of the hub, kept for a few seconds; without MongoDB only that it is away."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._measures: Measures | None = None
        self._kept_until = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._grown = _Grown()

    async def renew(self) -> None:
        """Measure again where that is due."""
        async with self._one_at_a_time:
            if monotonic() < self._kept_until:
                return
            start = monotonic()
            try:
                async with asyncio.timeout(MEASURE_TIMEOUT_S):
                    self._measures = await measure(self._hub)
            except (TimeoutError, PyMongoError):
                self._measures = None
            self._kept_until = monotonic() + max(KEPT_S, KEPT_TIMES * (monotonic() - start))

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client."""
        yield InfoMetricFamily("seggql", "Release of this process.", {"release": RELEASE})
        up = "Whether MongoDB answers; without it nothing is known of jobs and segments."
        yield GaugeMetricFamily("seggql_mongodb_up", up, 0 if self._measures is None else 1)
        if self._measures is not None:
            yield from _of_jobs(self._measures, self._grown)
            yield from _of_segments(self._measures)

    def describe(self) -> Iterator[Metric]:
        """Called by prometheus-client when this is registered; nothing is measured for it."""
        return iter(())


class _Grown:
    """Counts of documents as counters, which never shrink: documents are cleared away in time."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, int] = {}
        self._grown: dict[Hashable, int] = {}

    def count(self, of: Hashable, documents: int) -> int:
        """How many there have been, now that there are so many."""
        new = max(0, documents - self._seen.get(of, 0))
        self._seen[of] = documents
        self._grown[of] = self._grown.get(of, 0) + new
        return self._grown[of]


def _of_jobs(measures: Measures, grown: _Grown) -> Iterator[Metric]:
    none = {(kind.value, status.value): 0 for kind in JobKind for status in UNFINISHED}
    yield _gauge("seggql_jobs", "Jobs that have not ended.", ("kind", "status"), none | measures.unfinished)
    oldest = {(kind.value,): measures.oldest_s.get(kind.value, 0.0) for kind in JobKind}
    yield _gauge("seggql_oldest_queued_job_age_seconds", "Age of the oldest queued job.", ("kind",), oldest)
    ended = CounterMetricFamily("seggql_jobs_ended", "Jobs that have ended.", labels=("status",))
    for status, count in measures.ended.items():
        ended.add_metric((status,), grown.count(("ended", status), count))
    yield ended
    failed = CounterMetricFamily("seggql_jobs_failed", "Jobs that failed, by error code.", labels=("kind", "code"))
    for labels, count in measures.failed.items():
        failed.add_metric(labels, grown.count(("failed", labels), count))
    yield failed
    takeovers = grown.count("takeovers", measures.takeovers)
    yield CounterMetricFamily("seggql_lease_takeovers", "Jobs taken over from a worker that went silent.", takeovers)
    overdue = "Jobs under way whose lease ran out and that nobody has taken over yet."
    yield GaugeMetricFamily("seggql_jobs_overdue", overdue, measures.overdue)
    processes = {(kind.value,): measures.processes.get(kind.value, 0) for kind in ProcessKind}
    yield _gauge("seggql_processes", "Processes seen within the last minute.", ("kind",), processes)


def _of_segments(measures: Measures) -> Iterator[Metric]:
    segments = measures.segments
    yield _per_segment(
        "seggql_segment_lag_seconds",
        "Time since the segment's last successful refresh, or since it was made where there was none.",
        {segment.name: segment.lag_s for segment in segments},
    )
    yield _per_segment(
        "seggql_segment_refresh_seconds",
        "How long the segment's last successful refresh took to evaluate.",
        {segment.name: segment.refresh_s for segment in segments},
    )
    yield _per_segment(
        "seggql_segment_members",
        "Members of the segment, as of its last refresh.",
        {segment.name: segment.members for segment in segments},
    )
    yield _per_segment(
        "seggql_segment_consecutive_failures",
        "Refreshes of the segment that failed since the last one that did not.",
        {segment.name: segment.failures for segment in segments},
    )


def _per_segment(name: str, text: str, values: Mapping[str, float | None]) -> Metric:
    return _gauge(name, text, ("segment",), {(key,): value for key, value in values.items() if value is not None})


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[K, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


Observe = Callable[[str, int, float], None]
"""Counts a request: the first part of its path, its status, how long it took in seconds."""
