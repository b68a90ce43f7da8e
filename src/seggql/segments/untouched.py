"""Refreshes that cannot find anything new end at once, before anybody claims them.

Nothing was written since the last ones, and no date or window has moved past a record: no member is read then, and no
generation made.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from seggql.segments.incremental import is_audit_due, is_comparable
from seggql.segments.instants import fresh_instant
from seggql.segments.planning import request_instant
from seggql.store.claims import under_way
from seggql.store.hub import Hub
from seggql.store.job import Instant, JobId, JobStatus, JobStep, RunId
from seggql.store.runs import begin_run, share_instant
from seggql.store.segment import SegmentKind, SegmentState, UsedGeneration
from seggql.store.snapshot import Snapshot
from seggql.store.transaction import Session, in_transaction
from seggql.store.untouched import (
    LastWrite,
    Overtaken,
    Place,
    Standing,
    end_as_they_are,
    last_write,
    places,
    standings,
)

logger = logging.getLogger(__name__)

AT_ONCE = 1_000
"""Jobs that one transaction ends, at most."""

LOOK = "look"

STEP = JobStep(
    name=LOOK,
    status=JobStatus.SUCCESSFUL,
    elapsed_ms=0,
    detail="Nothing was written since the last refresh, and no date or window has moved past a record.",
)


async def end_untouched(hub: Hub, run_id: RunId) -> bool:
    """End those queued refreshes of a run that cannot find anything new; whether that were all that it had left."""
    run = await begin_run(hub, run_id)
    if run is None:
        return False
    instant = run.instant or await fresh_instant(hub)
    in_run = await places(hub, run.id)
    untouched = await _untouched(hub, in_run, instant)
    if not untouched:
        return False

    async def end(session: Session) -> None:
        shared = run if run.instant else await share_instant(hub, run, instant, session)
        if shared is None or shared.instant != instant:
            raise Overtaken("another worker has settled the instant of the run")
        await end_as_they_are(hub, untouched, instant.as_of, request_instant(), [STEP], session)

    try:
        await in_transaction(hub, end)
    except Overtaken as overtaken:
        logger.info("looked at all the same run=%s reason=%s", run.id, overtaken)
        return False
    logger.info("nothing to refresh run=%s segments=%s", run.id, len(untouched))
    return len(untouched) == sum(not place.status.is_final for place in in_run)


async def _untouched(hub: Hub, in_run: Sequence[Place], instant: Instant) -> dict[JobId, Standing]:
    """The queued jobs whose segments stand as they are, in their order.

    Writes are read last, after `instant` and what the segments have seen: one too many is seen rather than one missed.
    """
    queued = [place for place in in_run if place.status is JobStatus.QUEUED and not place.attempts][:AT_ONCE]
    if not queued:
        return {}
    subjects = [place.subject for place in queued]
    found = {one.id: one for one in await standings(hub, ids=subjects)}
    if not any(one.pointer and one.pointer.basis for one in found.values()):
        return {}
    used, busy, written = await asyncio.gather(_current(hub, found.values()), under_way(hub, subjects), last_write(hub))
    done = {place.job for place in in_run if place.status is JobStatus.SUCCESSFUL}
    ended: dict[JobId, Standing] = {}
    for place in queued:
        standing = found.get(place.subject)
        comes_next = place.subject not in busy and all(job in done or job in ended for job in place.waits_for)
        if standing and comes_next and _stands_still(standing, instant, written) and _uses_the_same(standing, used):
            ended[place.job] = standing
    return ended


def _stands_still(standing: Standing, instant: Instant, written: LastWrite) -> bool:
    """Whether neither a write nor the clock can have changed what its query finds, segments that it uses aside."""
    pointer = standing.pointer
    if standing.kind is not SegmentKind.DYNAMIC or standing.state is not SegmentState.ACTIVE:
        return False
    if pointer is None or pointer.basis is None or pointer.as_of is None or not is_comparable(standing, instant):
        return False
    basis = pointer.basis
    seen = Snapshot(seconds=basis.seconds, increment=basis.increment)
    is_closed_since = written.closed is not None and written.closed.cluster_time > seen.cluster_time
    is_written = written.is_under_way or is_closed_since or bool(basis.open)
    is_still = basis.still_until is not None and pointer.as_of <= instant.as_of < basis.still_until
    return is_still and not is_written and not is_audit_due(standing, instant)


async def _current(hub: Hub, segments: Collection[Standing]) -> dict[str, Standing]:
    """These segments, and those that they have used, as they are now, by name."""
    names = {name for one in segments if one.pointer and one.pointer.basis for name in one.pointer.basis.uses}
    others = sorted(names - {one.name for one in segments})
    further = await standings(hub, names=others) if others else []
    return {one.name: one for one in (*segments, *further)}


def _uses_the_same(standing: Standing, used: Mapping[str, Standing]) -> bool:
    """Whether the segments that it uses have the members that they had."""
    basis = standing.pointer.basis if standing.pointer else None
    return basis is not None and all(_is_same(used.get(name), before) for name, before in basis.uses.items())


def _is_same(now: Standing | None, before: UsedGeneration) -> bool:
    if now is None or now.pointer is None or now.state is not SegmentState.ACTIVE:
        return False
    return (now.id, now.pointer.generation) == (before.segment, before.generation)
