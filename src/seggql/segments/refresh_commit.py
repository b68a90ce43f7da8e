"""The end of a refresh: generations are committed together, and every job of the batch gets its outcome."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from pyroaring import BitMap

from seggql.evaluation.cost import Cost
from seggql.segments.generations import PreparedGeneration, WantedMembers, prepare_generations
from seggql.segments.incremental import WrittenSince
from seggql.segments.planning import request_instant
from seggql.segments.used_members import UsedMembers
from seggql.store.commit import Candidate, Verdict, commit_generations
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus, JobStep, JobTrigger
from seggql.store.refresh_outcomes import record_skip, success
from seggql.store.segment import ChangeCause, RefreshCost, Segment, SegmentId, UsedGeneration
from seggql.store.segments import find_segments
from seggql.store.shallow import fields_of

logger = logging.getLogger(__name__)

TRIES = 5
"""How often a segment is prepared again because other generations came in between."""

LOST = "A segment that it uses dropped out of the refresh."


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What a segment's query found, and before which instant the clock alone does not change that.

    `steps` say how the evaluation went, `cost` what it read and `elapsed_ms` how long it took, shared work in part.
    """

    job: Job
    segment: Segment
    members: BitMap
    is_incremental: bool
    still_until: datetime | None
    steps: tuple[JobStep, ...]
    cost: Cost
    elapsed_ms: int


async def commit_batch(
    hub: Hub, evaluated: Sequence[Evaluated], written: WrittenSince, used: UsedMembers
) -> dict[str, str | None]:
    """Commit what was found, in one transaction; by segment name, None or the reason why it dropped out.

    Each generation says what its refresh has seen (`written`), also of the members of others (`used`).
    """
    ended: dict[str, str | None] = {}
    waiting = list(evaluated)
    for _ in range(TRIES):
        waiting = await _attempt(hub, waiting, written, used, ended)
        if not waiting:
            break
    for item in waiting:
        await _skip(hub, item, "Other changes of its members kept coming in between.", ended)
    return ended


async def _attempt(
    hub: Hub,
    waiting: Sequence[Evaluated],
    written: WrittenSince,
    used: UsedMembers,
    ended: dict[str, str | None],
) -> list[Evaluated]:
    """Try to commit; returns what has to be tried again over the generations that came in between."""
    start, as_of = monotonic(), written.instant.as_of
    ids = {item.segment.name: item.segment.id for item in waiting}
    wanted = [
        WantedMembers(segment=item.segment, members=item.members, cause=_cause(item), as_of=as_of) for item in waiting
    ]
    made = await prepare_generations(hub, wanted, request_instant())
    prepared: list[tuple[Evaluated, Candidate]] = []
    for item in waiting:
        if item.segment.id not in made:
            await _skip(hub, item, "The segment has been deleted.", ended)
            continue
        uses = {name: ids[name] for name in item.segment.depends_on if name in ids}
        together = {
            name: UsedGeneration(segment=id_, generation=made[id_].pointer.generation)
            for name, id_ in uses.items()
            if id_ in made
        }
        uses_now = used.generations(item.segment.depends_on) | together
        basis = written.basis(uses_now, _whole_at(item), item.still_until)
        generation = replace(made[item.segment.id], pointer=replace(made[item.segment.id].pointer, basis=basis))
        prepared.append((item, _candidate(item, generation, start, frozenset(uses.values()), as_of)))
    verdicts = await commit_generations(hub, [candidate for _, candidate in prepared]) if prepared else {}
    again: list[Evaluated] = []
    for item, candidate in prepared:
        if verdicts[item.segment.id] is Verdict.COMMITTED and candidate.pointer:
            used.committed(item.segment, candidate.pointer.generation)
        await _conclude(hub, item, candidate, verdicts[item.segment.id], again, ended)
    return await _over_newer(hub, again, as_of, ended)


def _whole_at(item: Evaluated) -> datetime | None:
    """When everybody was looked at; None now."""
    pointer = item.segment.pointer
    return pointer.basis.whole_at if item.is_incremental and pointer and pointer.basis else None


def _candidate(
    item: Evaluated, made: PreparedGeneration, start: float, uses: frozenset[SegmentId], as_of: datetime
) -> Candidate:
    now = request_instant()
    commit = JobStep(
        name="commit",
        status=JobStatus.SUCCESSFUL,
        elapsed_ms=round((monotonic() - start) * 1000),
        detail=None if made.entries else "Nothing changed.",
    )
    outcome = {
        "status": JobStatus.SUCCESSFUL,
        "finished_at": now,
        "done": 2,
        "total": 2,
        "as_of": as_of,
        "warnings": item.job.warnings,
        "member_count": made.pointer.count,
        "entered": made.entered,
        "exited": made.exited,
        "is_incremental": item.is_incremental,
        "steps": [*item.steps, commit],
    }
    return Candidate(
        segment=item.segment,
        pointer=made.pointer,
        entries=made.entries,
        changes=success(item.job.id, now) | {"order.cost_ms": item.elapsed_ms, "cost": fields_of(_cost(item))},
        job=item.job,
        outcome=outcome,
        uses=uses,
    )


def _cost(item: Evaluated) -> RefreshCost:
    """What the refresh cost; what its run took is noted once all of the claim is committed."""
    return RefreshCost(
        run=item.job.run,
        documents=item.cost.documents,
        keys=item.cost.keys,
        bytes=item.cost.bytes,
        elapsed_ms=item.elapsed_ms,
    )


def _cause(item: Evaluated) -> ChangeCause:
    pointer = item.segment.pointer
    if item.job.trigger is JobTrigger.ACTIVATION or pointer is None or pointer.cause is ChangeCause.DEACTIVATION:
        return ChangeCause.ACTIVATION
    return ChangeCause.REFRESH if pointer.definition == item.segment.definition else ChangeCause.DEFINITION


async def _conclude(
    hub: Hub,
    item: Evaluated,
    candidate: Candidate,
    verdict: Verdict,
    again: list[Evaluated],
    ended: dict[str, str | None],
) -> None:
    match verdict:
        case Verdict.COMMITTED:
            ended[item.segment.name] = None
            _log(item, candidate)
        case Verdict.FENCED:
            ended[item.segment.name] = "Its job was canceled, or another worker has taken it over."
        case Verdict.CHANGED:
            await _skip(hub, item, "The segment was changed, deactivated or deleted during the refresh.", ended)
        case Verdict.OVERTAKEN:
            again.append(item)
        case Verdict.DEPENDENCY_LOST:
            if _uses_lost(item, ended):
                await _skip(hub, item, LOST, ended)
            else:
                again.append(item)


async def _over_newer(
    hub: Hub, again: Sequence[Evaluated], as_of: datetime, ended: dict[str, str | None]
) -> list[Evaluated]:
    """Those to try again, as their segments are now; a later refresh that was faster is not undone."""
    segments = await find_segments(hub, [item.segment.id for item in again])
    renewed = []
    for item in again:
        segment = segments.get(item.segment.id)
        if segment is None or segment.definition != item.segment.definition or segment.state != item.segment.state:
            await _skip(hub, item, "The segment was changed, deactivated or deleted during the refresh.", ended)
        elif segment.pointer and segment.pointer.as_of and segment.pointer.as_of > as_of:
            await _skip(hub, item, "A later refresh of the segment has come to its end already.", ended)
        elif _uses_lost(item, ended):
            await _skip(hub, item, LOST, ended)
        else:
            renewed.append(replace(item, segment=segment))
    return renewed


def _uses_lost(item: Evaluated, ended: Mapping[str, str | None]) -> bool:
    """Whether a segment that it uses dropped out."""
    return any(ended.get(name) for name in item.segment.depends_on)


async def _skip(hub: Hub, item: Evaluated, reason: str, ended: dict[str, str | None]) -> None:
    await record_skip(hub, item.job, reason, request_instant())
    ended[item.segment.name] = reason


def _log(item: Evaluated, candidate: Candidate) -> None:
    outcome = candidate.outcome
    logger.info(
        "refreshed segment=%s members=%s entered=%s exited=%s elapsed_ms=%s",
        *(item.segment.name, outcome["member_count"], outcome["entered"], outcome["exited"], item.elapsed_ms),
    )
