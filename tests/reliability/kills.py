"""Rounds of killing: work is asked for, something is killed at a random moment, and all must come right by itself."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from pyroaring import BitMap

from seggql.store.hub import Document
from tests.reliability import checks
from tests.reliability.api import REFRESH_ALL, SEGMENTS
from tests.reliability.hub_at_work import HubAtWork
from tests.reliability.processes import Running

Replayed = Mapping[str, dict[int, BitMap]]
"""The members of every generation, by name of segment."""

LONGEST_WAIT_S = 1.2
"""The kill comes at a moment between the request and this; the work takes about as long."""

BESIDES = ("nobody", "nobody", "client", "client", "scheduler", "server", "sleep")
"""What else may happen in the same round."""


@dataclass(slots=True)
class Toll:
    """What the rounds came to; times are in seconds."""

    kills: int = 0
    at_work: int = 0
    besides: int = 0
    slept: int = 0
    takeovers_s: list[float] = field(default_factory=list)
    recovered_s: list[float] = field(default_factory=list)
    deliveries: int = 0
    looks: int = 0
    packed_rows: int = 0
    seen: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        takeover = _spread(self.takeovers_s)
        return (
            f"killed: {self.kills} workers ({self.at_work} with jobs in hand), {self.besides} others, "
            f"{self.slept} workers slept past their lease; survived: all; "
            f"takeover of a job: {takeover}; all quiet again: {_spread(self.recovered_s)}; "
            f"deliveries {self.deliveries}, looks at members meanwhile {self.looks}; "
            f"{self.packed_rows} packed rows equal their documents; lost = 0, doubled = 0"
        )


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2]:.1f} s, max {ordered[-1]:.1f} s (of {len(ordered)})"


async def kill_amid_ingest(work: HubAtWork, toll: Toll) -> None:
    """A worker dies during imports, recordings, a refresh of everything and deliveries; perhaps a client dies too."""
    stream = work.stream
    clients = [
        work.importing(stream.visits_file(1_500, work.keys + 50), "--interactions", "Visit"),
        work.importing(stream.guests_file(400, work.keys), "--profiles", "Guest"),
    ]
    recording = asyncio.create_task(_record(work))
    await _kill(work, toll, clients)
    await asyncio.gather(recording, *(work.finished(client) for client in clients))
    await _came_right(work, toll)


async def kill_amid_refresh(work: HubAtWork, toll: Toll) -> None:
    """A worker dies during a refresh of everything and deliveries; no data come in, so that members can be foretold."""
    await _kill(work, toll, [])
    replayed = await _came_right(work, toll)
    await work.check_members(replayed)


async def _kill(work: HubAtWork, toll: Toll, clients: list[Running]) -> None:
    """Ask for work, kill at some moment, start again what was killed, and see what was begun taken over."""
    looking = asyncio.create_task(_look(work, toll.seen))
    try:
        await work.pack()
        await work.api.ask(REFRESH_ALL)
        await work.run_export()
        await asyncio.sleep(work.chance.uniform(0, LONGEST_WAIT_S))
        place = work.chance.randrange(len(work.workers))
        taken_over = await _kill_worker(work, place, toll)
        await _strike_besides(work, place, clients, toll)
        await taken_over
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def _came_right(work: HubAtWork, toll: Toll) -> Replayed:
    """Wait until nothing is under way, and check everything; whoever looked meanwhile saw whole generations."""
    began = monotonic()
    await checks.quiet(work.hub)
    toll.recovered_s.append(monotonic() - began)
    replayed, toll.deliveries = await work.check()
    for segment in toll.seen:
        if segment["generation"] is not None:
            members = replayed[segment["name"]][segment["generation"]]
            assert len(members) == segment["memberCount"] == segment["members"]["totalCount"], segment
            toll.looks += 1
    toll.seen.clear()
    return replayed


async def _kill_worker(work: HubAtWork, place: int, toll: Toll) -> "asyncio.Task[None]":
    """Kill, start another in its place; the task watches until what the dead one held is taken over."""
    victim = work.workers[place]
    victim.kill()
    began = monotonic()
    held = {"status": "PROCESSING", "owner": victim.owner}
    jobs = [row async for row in work.hub.collection("jobs").find(held)]
    work.workers[place] = work.crew.again(victim)
    toll.kills += 1
    toll.at_work += bool(jobs)
    return asyncio.create_task(_watch(work, jobs, began, toll))


async def _watch(work: HubAtWork, held: list[Document], began: float, toll: Toll) -> None:
    tokens = {row["_id"]: row["token"] for row in held}
    deadline = monotonic() + checks.QUIET_TIMEOUT_S
    while tokens:
        assert monotonic() < deadline, f"not taken over: {tokens}"
        async for row in work.hub.collection("jobs").find({"_id": {"$in": list(tokens)}}):
            if row["token"] != tokens[row["_id"]]:
                toll.takeovers_s.append(monotonic() - began)
            elif row["status"] not in ("QUEUED", "PROCESSING"):
                pass  # its commit was under way when the worker died, and came through
            else:
                continue
            del tokens[row["_id"]]
        await asyncio.sleep(0.05)


async def _strike_besides(work: HubAtWork, place: int, clients: list[Running], toll: Toll) -> None:
    """Perhaps somebody else is killed too, or a worker that lives sleeps for longer than its lease."""
    match work.chance.choice(BESIDES):
        case "client":
            for client in [client for client in clients if client.is_running][:1]:
                client.kill()
                toll.besides += 1
        case "scheduler" if work.scheduler:
            work.scheduler.kill()
            work.scheduler = work.crew.again(work.scheduler)
            toll.besides += 1
        case "server" if work.server:
            work.server.kill()
            work.server = work.crew.again(work.server)
            toll.besides += 1
        case "sleep":
            other = work.workers[place - 1]
            other.signal(signal.SIGSTOP)
            await asyncio.sleep(1.5 * work.crew.settings.lease_s)
            other.signal(signal.SIGCONT)
            toll.slept += 1


async def _record(work: HubAtWork) -> None:
    """Visits over the API; whatever is not acknowledged is sent again."""
    for _ in range(5):
        rows = [work.stream.visit(work.keys) for _ in range(50)]
        outcome = await work.api.record(rows)
        assert outcome["rejected"] == 0, outcome
        work.stream.acknowledged(rows)


async def _look(work: HubAtWork, seen: list[Any]) -> None:
    """Note what the API shows of the segments, again and again."""
    while True:
        seen += (await work.api.ask(SEGMENTS))["segments"]["nodes"]
        await asyncio.sleep(0.2)
