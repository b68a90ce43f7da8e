"""The instant of a run: all its segments are refreshed as of it, by whichever workers."""

from dataclasses import replace

from seggql.segments.planning import request_instant
from seggql.store.hub import Hub
from seggql.store.job import Instant, Run
from seggql.store.runs import share_instant
from seggql.store.snapshot import take_snapshot


async def fresh_instant(hub: Hub) -> Instant:
    """Now, and the newest snapshot. Raises: UnavailableError."""
    snapshot = await take_snapshot(hub)
    return Instant(as_of=request_instant(), seconds=snapshot.seconds, increment=snapshot.increment)


async def with_instant(hub: Hub, run: Run) -> Run:
    """The run with its instant, ours or the one of a worker that was faster. Raises: UnavailableError."""
    if run.instant:
        return run
    instant = await fresh_instant(hub)
    return await share_instant(hub, run, instant) or replace(run, instant=instant)
