"""What Prometheus is told: of all processes, from MongoDB."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from seggql.asgi import create_app
from seggql.dev.mongod import free_port
from seggql.http.metrics import Metrics
from seggql.segments.planning import request_instant
from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.claims import claim_jobs
from seggql.store.hub import Hub, open_hub
from seggql.store.job import JobKind, JobTrigger
from seggql.store.presence import ProcessKind, present
from seggql.store.runs import store_run
from tests.http.test_health import NoQueue
from tests.segments.world import ListQueue, dynamic, make_world, static, work_off

Series = dict[tuple[str, tuple[str, ...]], float]


async def scraped(hub: Hub, settings: Settings) -> Series:
    """Every series of an API process that just started, by name and values of its labels (by their names)."""
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    return series_of(answer.text)


def series_of(text: str) -> Series:
    """The samples of a text in Prometheus's format."""
    families = text_string_to_metric_families(text)
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_the_queue_is_told_by_depth_and_age(hub: Hub, settings: Settings) -> None:
    queued_at = request_instant() - timedelta(seconds=100)
    await store_run(hub, JobKind.REFRESH, [("a", JobTrigger.MANUAL), ("b", JobTrigger.MANUAL)], queued_at)
    run, _ = await store_run(hub, JobKind.EXPORT, [("c", JobTrigger.MANUAL)], request_instant(), export="e")
    assert await claim_jobs(hub, run.id, "worker", 60.0, most=1)
    told = await scraped(hub, settings)
    assert told["seggql_jobs", ("REFRESH", "QUEUED")] == 2
    assert told["seggql_jobs", ("EXPORT", "PROCESSING")] == 1
    assert told["seggql_jobs", ("EXPORT", "QUEUED")] == 0
    assert 100 <= told["seggql_oldest_queued_job_age_seconds", ("REFRESH",)] < 200
    assert told["seggql_oldest_queued_job_age_seconds", ("EXPORT",)] == 0
    assert told["seggql_jobs_overdue", ()] == 0


async def test_segments_are_told_by_lag_duration_members_and_failures(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    queue = ListQueue()
    await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(hub, settings, queue)
    await static(hub, settings, "Listed", "ann")
    hour_ago = request_instant() - timedelta(hours=1)
    await hub.collection("segments").update_one({"name": "Old"}, {"$set": {"last_refreshed_at": hour_ago}})
    await hub.collection("segments").update_one({"name": "Old"}, {"$set": {"consecutive_failures": 3}})
    told = await scraped(hub, settings)
    assert 3600 <= told["seggql_segment_lag_seconds", ("Old",)] < 3700
    assert told["seggql_segment_refresh_seconds", ("Old",)] >= 0
    assert told["seggql_segment_members", ("Old",)] == 2
    assert told["seggql_segment_consecutive_failures", ("Old",)] == 3
    assert {labels for name, labels in told if name == "seggql_segment_lag_seconds"} == {("Old",)}
    assert told["seggql_jobs_ended_total", ("SUCCESSFUL",)] == 1


async def test_failures_are_told_by_code_and_takeovers_are_counted(hub: Hub, settings: Settings) -> None:
    run, jobs = await store_run(hub, JobKind.REFRESH, [("gone", JobTrigger.MANUAL)], request_instant())
    for _ in range(2):
        claim = await claim_jobs(hub, run.id, "silent", 60.0, most=1)
        assert claim
        await hub.collection("jobs").update_one(
            {"_id": jobs[0].id}, [{"$set": {"lease_until": "$queued_at", "is_begun": True}}]
        )
    assert (await scraped(hub, settings))["seggql_jobs_overdue", ()] == 1
    await run_refresh(hub, settings, ListQueue(), run.id, owner="other")
    failed = {"status": "FAILED", "error_code": "SNAPSHOT_EXPIRED"}
    await hub.collection("jobs").update_one({"_id": jobs[0].id}, {"$set": failed})
    told = await scraped(hub, settings)
    assert told["seggql_lease_takeovers_total", ()] == 2
    assert told["seggql_jobs_failed_total", ("SNAPSHOT_EXPIRED", "REFRESH")] == 1


async def test_counters_never_shrink_when_old_jobs_are_cleared_away(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seggql.http.metrics.KEPT_S", 0.0)
    monkeypatch.setattr("seggql.http.metrics.KEPT_TIMES", 0.0)
    for _ in range(2):
        await store_run(hub, JobKind.REFRESH, [("a", JobTrigger.MANUAL)], request_instant())
    await hub.collection("jobs").update_many({}, {"$set": {"status": "SKIPPED"}})
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        first = series_of((await http.get("/metrics")).text)
        await hub.collection("jobs").delete_many({})
        second = series_of((await http.get("/metrics")).text)
    assert first["seggql_jobs_ended_total", ("SKIPPED",)] == second["seggql_jobs_ended_total", ("SKIPPED",)] == 2


async def test_what_was_measured_is_kept_for_a_few_seconds(hub: Hub, settings: Settings) -> None:
    app = create_app(settings, hub, NoQueue())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        before = series_of((await http.get("/metrics")).text)
        await store_run(hub, JobKind.REFRESH, [("a", JobTrigger.MANUAL)], request_instant())
        after = series_of((await http.get("/metrics")).text)
    assert before["seggql_jobs", ("REFRESH", "QUEUED")] == after["seggql_jobs", ("REFRESH", "QUEUED")] == 0
    assert after["seggql_http_request_seconds_count", ("metrics", "2xx")] == 1


async def test_processes_are_told_while_they_are_there(hub: Hub, settings: Settings) -> None:
    async with present(hub, ProcessKind.WORKER):
        async with asyncio.timeout(60):
            while not await hub.collection("processes").count_documents({}):  # noqa: ASYNC110  # the heart beats
                await asyncio.sleep(0.01)
        assert (await scraped(hub, settings))["seggql_processes", ("WORKER",)] == 1
        await hub.collection("processes").update_many({}, [{"$set": {"seen_at": {"$subtract": ["$$NOW", 60_000]}}}])
        assert (await scraped(hub, settings))["seggql_processes", ("WORKER",)] == 0
    assert await hub.collection("processes").count_documents({}) == 0


async def test_without_mongodb_it_is_told_that_it_is_away() -> None:
    settings = Settings(mongodb_uri=f"mongodb://127.0.0.1:{free_port()}/", mongodb_timeout_s=0.2)
    hub = open_hub(settings)
    told = await scraped(hub, settings)
    await hub.close()
    assert told["seggql_mongodb_up", ()] == 0
    assert not [name for name, _ in told if name.startswith("seggql_jobs")]


async def test_measuring_reads_indexes_and_no_collection_of_jobs(hub: Hub) -> None:
    await store_run(hub, JobKind.REFRESH, [("a", JobTrigger.MANUAL)], request_instant())
    await hub.database.command("profile", 2)
    try:
        await Metrics(hub)._measured.renew()
        plans = [row async for row in hub.collection("system.profile").find({"ns": f"{hub.database.name}.jobs"})]
    finally:
        await hub.database.command("profile", 0)
        await hub.collection("system.profile").drop()
    assert len(plans) >= 6
    assert [plan["command"] for plan in plans if "COLLSCAN" in plan.get("planSummary", "")] == []
