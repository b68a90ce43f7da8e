"""What a claim sees of its hub: the snapshot and the instant of the run, and what was written before them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from seggql.evaluation.processes.pool import Beside
from seggql.evaluation.run import Run as Evaluation
from seggql.segments.incremental import WrittenSince, read_written_since
from seggql.segments.instants import with_instant
from seggql.segments.planning import read_surroundings
from seggql.segments.refresh_items import ClaimInHand
from seggql.segments.refresh_plans import RefreshPlanner, refresh_planner
from seggql.segments.used_members import UsedMembers
from seggql.store.job import Run
from seggql.store.segment import Segment
from seggql.store.snapshot import Snapshot, SnapshotSources


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All of it is of the instant of `run`."""

    run: Run
    planner: RefreshPlanner
    evaluation: Evaluation
    used: UsedMembers
    written: WrittenSince


async def take_view(in_hand: ClaimInHand, run: Run, segments: Sequence[Segment]) -> View:
    """See what refreshes of `segments` need, at the instant that the whole run shares; it is settled where none was."""
    hub, settings = in_hand.hub, in_hand.settings
    run = await with_instant(hub, run)
    surroundings = await read_surroundings(hub, settings)  # after the snapshot: no type that wrote into it is unknown
    assert run.instant is not None, "it was just settled"
    used = UsedMembers(hub)
    snapshot = Snapshot(seconds=run.instant.seconds, increment=run.instant.increment)
    sources = SnapshotSources(hub, snapshot, used.members_of)
    beside = Beside(pool=in_hand.pool, snapshot=snapshot) if in_hand.pool else None
    evaluation = Evaluation(sources=sources, catalog=surroundings.catalog, settings=settings, beside=beside)
    written, planner = await asyncio.gather(
        read_written_since(evaluation, run.instant, segments),
        refresh_planner(hub, surroundings, segments, run.instant),
    )
    return View(run=run, planner=planner, evaluation=evaluation, used=used, written=written)
