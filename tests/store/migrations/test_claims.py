"""Version 2: what the first release left in runs and jobs is done by workers that claim jobs."""

from datetime import UTC, datetime
from typing import Any

from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobId, JobStatus, RunId
from seggql.store.jobs import find_jobs
from seggql.store.migrations.claims import give_every_job_a_lease
from seggql.store.models import open_models
from tests.segments.world import ListQueue, dynamic, keys_of, make_world

AT = datetime(2026, 11, 22, tzinfo=UTC)


def old_run(id_: str, status: str) -> dict[str, Any]:
    """A run as the first release stored it."""
    return {
        "_id": id_,
        "kind": "REFRESH",
        "status": status,
        "token": 3,
        "owner": "gone" if status == "PROCESSING" else None,
        "lease_until": None,
        "announce_at": AT,
        "announced": 0,
        "queued_at": AT,
        "finished_at": AT if status == "FINISHED" else None,
    }


def old_job(id_: str, run: str, subject: str, status: str) -> dict[str, Any]:
    """A job as the first release stored it."""
    unknown = "export total error error_code skipped_because started_at finished_at as_of member_count entered exited"
    nothing = dict.fromkeys([*unknown.split(), "is_incremental"])
    fields = {"kind": "REFRESH", "trigger": "MANUAL", "token": 3, "done": 0, "attempts": 1, "queued_at": AT}
    lists: dict[str, Any] = {"warnings": [], "steps": []}
    return {"_id": id_, "run": run, "subject": subject, "status": status} | fields | nothing | lists


async def test_an_old_database_is_migrated_and_its_unfinished_run_done(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    old = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    young = await dynamic(hub, settings, "Young", "PROFILE(Contact).EXCEPT(SEGMENT(Old))")
    await hub.collection("schema").delete_many({})
    await hub.collection("jobs").drop_indexes()
    await hub.collection("jobs").create_index("run", name="run")
    await hub.collection("runs").insert_many([old_run("a" * 24, "FINISHED"), old_run("b" * 24, "PROCESSING")])
    jobs = [
        old_job("1" * 24, "a" * 24, old.id, "SUCCESSFUL"),
        old_job("2" * 24, "b" * 24, young.id, "PROCESSING"),
        old_job("3" * 24, "b" * 24, old.id, "QUEUED"),
    ]
    await hub.collection("jobs").insert_many(jobs)

    await open_models(hub)
    await run_refresh(hub, settings, ListQueue(), RunId("b" * 24), owner="new")

    found = await find_jobs(hub, [JobId(job["_id"]) for job in jobs])
    assert {job.status for job in found.values()} == {JobStatus.SUCCESSFUL}
    assert found[JobId("2" * 24)].waits_for == (JobId("3" * 24),)
    assert await keys_of(hub, "Young") == {"ann", "bob", "eve"}
    assert "run" not in await hub.collection("jobs").index_information()


async def test_the_step_leaves_what_it_has_done_already(hub: Hub) -> None:
    await hub.collection("runs").insert_one(old_run("b" * 24, "QUEUED"))
    await hub.collection("jobs").insert_one(old_job("3" * 24, "b" * 24, "segment", "QUEUED"))
    await give_every_job_a_lease(hub)
    before = [await hub.collection(name).find().to_list() for name in ("runs", "jobs")]
    await give_every_job_a_lease(hub)
    assert [await hub.collection(name).find().to_list() for name in ("runs", "jobs")] == before
