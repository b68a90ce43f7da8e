"""`seggql doctor`: what is broken is found, and it is said what to do."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from seggql.cli.doctor.database import look_at_database
from seggql.cli.doctor.environment import look_at_machine, look_at_variables
from seggql.cli.doctor.finding import Finding, Verdict, problem
from seggql.cli.doctor.work import broker_in_use, look_at_broker, look_at_work
from seggql.dev.mongod import find_mongod, free_port
from seggql.segments.planning import request_instant
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.job import JobKind, JobTrigger
from seggql.store.models import open_models
from seggql.store.presence import ProcessKind, find_present, present
from seggql.store.runs import store_run
from seggql.store.schema import VERSION
from tests.cli.test_app import seggql
from tests.segments.world import make_world


async def found(looks: AsyncIterator[Finding]) -> dict[str, Finding]:
    """The findings by area."""
    return {finding.area: finding async for finding in looks}


def test_nothing_there_is_two_problems_with_what_to_do_and_exit_code_1() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    environment = {
        "SEGGQL_MONGODB_URI": f"mongodb://{nowhere}/?replicaSet=rs0",
        "SEGGQL_BROKER_URL": f"redis://{nowhere}",
    }
    told = seggql("doctor", environment=environment)
    assert told.returncode == 1, told.stderr
    assert f"PROBLEM MongoDB: cannot be used: no MongoDB answers at {nowhere}\n" in told.stdout
    assert "→ start MongoDB, or correct SEGGQL_MONGODB_URI" in told.stdout
    assert "→ start Redis or RabbitMQ, or correct SEGGQL_BROKER_URL" in told.stdout


def test_json_has_every_finding_and_the_worst_verdict() -> None:
    told = seggql("doctor", "--json", environment={"SEGGQL_PORT": "many"})
    assert told.returncode == 1
    document = json.loads(told.stdout)
    assert document["verdict"] == "PROBLEM"
    assert document["findings"][-1]["verdict"] == "PROBLEM"
    assert document["findings"][-1]["found"].startswith("SEGGQL_PORT: ")


def test_a_mistyped_variable_is_a_problem_and_the_setting_that_was_meant_is_named() -> None:
    mistyped, strange = look_at_variables({"SEGGQL_MONGO_URI": "x", "SEGGQL_OTHER_THING": "", "PATH": ""})
    assert (mistyped.verdict, mistyped.to_do) == (Verdict.PROBLEM, "did you mean SEGGQL_MONGODB_URI?")
    assert (strange.verdict, strange.found) == (Verdict.WARN, "SEGGQL_OTHER_THING is no setting, and is ignored")


def test_every_process_tells_of_a_mistyped_variable_when_it_starts() -> None:
    environment = {"SEGGQL_LEASE": "5", "SEGGQL_MONGODB_URI": f"mongodb://127.0.0.1:{free_port()}"}
    told = seggql("scheduler", environment=environment | {"SEGGQL_MONGODB_TIMEOUT_S": "0.1"})
    assert "variable=SEGGQL_LEASE: did you mean SEGGQL_LEASE_S?" in told.stderr


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    verdicts = {}
    for folder in (tmp_path / "new" / "exports", tmp_path / "file" / "exports", Path("/proc/exports")):
        (exports,) = [f for f in look_at_machine(Settings(export_dir=folder)) if f.area == "exports folder"]
        verdicts[folder.parent.name] = exports.verdict
    assert verdicts == {"new": Verdict.OK, "file": Verdict.PROBLEM, "proc": Verdict.PROBLEM}


async def test_a_working_deployment_has_no_problem(hub: Hub) -> None:
    await make_world(hub)
    async with present(hub, *ProcessKind):
        while await hub.collection("processes").count_documents({}) < len(ProcessKind):
            pass
        findings = [*(await found(look_at_database(hub))).values(), *(await found(look_at_work(hub))).values()]
    assert [f for f in findings if f.verdict is Verdict.PROBLEM or f.area in ("indexes", "schema", "queue")] == [
        Finding(area="schema", verdict=Verdict.OK, found=f"version {VERSION}"),
        Finding(area="indexes", verdict=Verdict.OK, found="all there"),
        Finding(area="queue", verdict=Verdict.OK, found="nothing waits"),
    ]


async def test_missing_indexes_are_named(hub: Hub) -> None:
    await make_world(hub)
    await hub.collection("jobs").drop_index("takeovers")
    await hub.collection("interactions.Purchase").drop_indexes()
    try:
        indexes = (await found(look_at_database(hub)))["indexes"]
    finally:
        await open_models(hub)
    assert indexes.verdict is Verdict.PROBLEM
    assert "jobs: takeovers" in indexes.found
    assert "interactions.Purchase: t, l." in indexes.found


async def test_a_newer_schema_is_a_problem(hub: Hub) -> None:
    await hub.collection("schema").update_one({"_id": "version"}, {"$set": {"version": 99}})
    schema = (await found(look_at_database(hub)))["schema"]
    assert (schema.verdict, schema.to_do) == (
        Verdict.PROBLEM,
        "start the newer release of seggql on this machine too",
    )


async def test_work_that_nobody_does_is_told(hub: Hub) -> None:
    hour_ago = request_instant() - timedelta(hours=1)
    _, jobs = await store_run(hub, JobKind.REFRESH, [(s, JobTrigger.MANUAL) for s in "ab"], hour_ago)
    held = {"status": "PROCESSING", "lease_until": hour_ago}
    await hub.collection("jobs").update_one({"_id": jobs[0].id}, {"$set": held})
    told = await found(look_at_work(hub))
    assert (told["worker processes"].verdict, told["worker processes"].to_do) == (
        Verdict.PROBLEM,
        "start one: seggql worker",
    )
    assert told["queue"].verdict is Verdict.WARN
    assert told["queue"].found.startswith("1 jobs, the oldest for 36")
    assert told["leases"].verdict is Verdict.WARN


async def test_a_broker_that_cannot_be_is_a_problem() -> None:
    for url in ("kafka://127.0.0.1", f"amqp://127.0.0.1:{free_port()}/"):
        broker = await look_at_broker(Settings(broker_url=url))
        assert (broker.verdict, "SEGGQL_BROKER_URL" in (broker.to_do or "")) == (Verdict.PROBLEM, True)


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[str]:
    """The address of a MongoDB that is no replica set."""
    port = free_port()
    (tmp_path / "db").mkdir()
    arguments = ["--port", str(port), "--dbpath", str(tmp_path / "db"), "--bind_ip", "127.0.0.1", "--nounixsocket"]
    process = subprocess.Popen([find_mongod(), *arguments], stdout=subprocess.DEVNULL)
    yield f"mongodb://127.0.0.1:{port}/"
    process.terminate()
    process.wait(30)


async def test_a_mongodb_that_is_no_replica_set_is_told_so(standalone: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        told = seggql("doctor", environment={"SEGGQL_MONGODB_URI": f"{standalone}?replicaSet=rs0"}).stdout
        if "no MongoDB answers" not in told or time.monotonic() > deadline:
            break
    assert "is no replica set" in told
    assert "start mongod with --replSet" in told
    hub = open_hub(Settings(mongodb_uri=standalone))
    try:
        assert (await found(look_at_database(hub)))["replica set"].verdict is Verdict.PROBLEM
    finally:
        await hub.close()


async def test_a_process_that_is_all_of_a_hub_needs_no_broker(hub: Hub) -> None:
    away = problem("broker", "does not answer", "start it")
    async with present(hub, ProcessKind.API, ProcessKind.WORKER, ProcessKind.SCHEDULER):
        while len(processes := await find_present(hub)) < len(ProcessKind):  # noqa: ASYNC110  # the first beat
            await asyncio.sleep(0.02)
    assert broker_in_use(away, processes).verdict is Verdict.OK
    assert broker_in_use(away, processes[1:]) == away
    assert broker_in_use(away, [*processes, replace(processes[0], name="another")]) == away
