"""What the doctor sees of the work: the broker, the processes that are there, the queue, leases, failing segments."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from seggql.cli.doctor.finding import Finding, ok, problem, warn
from seggql.errors import RequestError, UnavailableError
from seggql.jobs.reach import reach_broker
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.measurements import Measures, measure
from seggql.store.presence import RELEASE, Presence, ProcessKind, find_present

OLD_S = 600.0
"""A queued job older than this is waiting for something."""

FAILURES, NAMED = 3, 5
"""Failures in a row that are worth a word, and segments named in it."""

COMMANDS = {
    ProcessKind.API: "seggql serve",
    ProcessKind.WORKER: "seggql worker",
    ProcessKind.SCHEDULER: "seggql scheduler",
}


async def look_at_broker(settings: Settings) -> Finding:
    """Whether it answers, and which it is."""
    try:
        return ok("broker", await asyncio.to_thread(reach_broker, settings.broker_url))
    except RequestError as error:
        return problem("broker", str(error), "correct SEGGQL_BROKER_URL")
    except UnavailableError as error:
        return problem("broker", str(error), "start Redis or RabbitMQ, or correct SEGGQL_BROKER_URL")


def broker_in_use(broker: Finding, processes: list[Presence]) -> Finding:
    """What was found of the broker, but where the only process that is there is all of a hub: it needs none."""
    names = {process.name for process in processes}
    if len(names) != 1 or {process.kind for process in processes} != set(ProcessKind):
        return broker
    return ok("broker", f"in the process {names.pop()}, which is seggql dev")


async def look_at_work(hub: Hub) -> AsyncIterator[Finding]:
    """Who is there, and what is waiting."""
    measures, processes = await measure(hub), await find_present(hub)
    for finding in (*_of_processes(processes), *_of_jobs(measures), _of_segments(measures)):
        yield finding


def _of_processes(processes: list[Presence]) -> Iterator[Finding]:
    for kind, command in COMMANDS.items():
        there = [process for process in processes if process.kind is kind]
        name = f"{kind.value.lower() if kind is not ProcessKind.API else kind.value} processes"
        if there:
            yield ok(name, f"{len(there)}: {', '.join(process.name for process in there)}")
        elif kind is ProcessKind.API:
            yield warn(name, "none seen within the last minute", f"start one: {command}")
        else:
            yield problem(name, "none seen within the last minute", f"start one: {command}")
    if others := sorted({process.release for process in processes} - {RELEASE}):
        found = f"processes of other releases are there: {', '.join(others)}; this is {RELEASE}"
        yield warn("releases", found, "restart the old ones")


def _of_jobs(measures: Measures) -> Iterator[Finding]:
    waiting = sum(count for (_, status), count in measures.unfinished.items() if status == "QUEUED")
    oldest_s = max(measures.oldest_s.values(), default=0.0)
    found = f"{waiting} jobs, the oldest for {oldest_s:.0f} s" if waiting else "nothing waits"
    if oldest_s > OLD_S:
        to_do = "see that workers are there and the broker is the same for all; more workers, where they are busy"
        yield warn("queue", found, to_do)
    else:
        yield ok("queue", found)
    if measures.overdue:
        to_do = "a scheduler takes them over within seconds: see that one runs"
        yield warn("leases", f"{measures.overdue} jobs are held by workers that went silent", to_do)
    else:
        yield ok("leases", "none is overdue")


def _of_segments(measures: Measures) -> Finding:
    failing = [segment for segment in measures.segments if segment.failures >= FAILURES]
    if not failing:
        return ok("segments", f"{len(measures.segments)} active, none keeps failing")
    names = ", ".join(segment.name for segment in failing[:NAMED]) + (" and others" if len(failing) > NAMED else "")
    return warn("segments", f"{len(failing)} keep failing: {names}", "their field `lastError` in GraphQL says why")
