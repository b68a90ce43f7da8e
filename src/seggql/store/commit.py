"""The commit of generations: one small transaction that moves pointers, writes ledger heads and ends jobs.

Chunks and ledger rows are written before (`prepare` in segments/generations.py). What lost its place drops out alone,
with those that were computed from it: a canceled job, a worker that was fenced off, a segment changed meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from seggql.store import ledger
from seggql.store.hub import Document, Hub
from seggql.store.job import Job, JobStatus
from seggql.store.jobs import job_fields
from seggql.store.ledger import LedgerEntry
from seggql.store.segment import Pointer, Segment, SegmentId, SegmentState
from seggql.store.segment_document import NEVER, stored_pointer
from seggql.store.transaction import in_transaction

LARGEST_COMMIT = 250
"""Segments in one transaction: some hundred small writes, far from MongoDB's limit of 60 s."""


class Verdict(Enum):
    """What became of one segment in a commit."""

    COMMITTED = "COMMITTED"
    FENCED = "FENCED"
    """Its job was canceled, or is worked on by somebody else."""

    CHANGED = "CHANGED"
    """It has another query, was deactivated or deleted since it was read."""

    OVERTAKEN = "OVERTAKEN"
    """Another generation came in between: prepare it again over that."""

    DEPENDENCY_LOST = "DEPENDENCY_LOST"
    """A segment it was computed from dropped out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A segment as it was read, and what is to become of it.

    `pointer` None keeps the generation in force: nothing changed. `entries` are the ledger's heads, oldest first.
    `changes` and `increments` are fields of the segment, `outcome` those of the job; `uses` are segments it was
    computed from.
    """

    segment: Segment
    pointer: Pointer | None
    entries: tuple[LedgerEntry, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    increments: Mapping[str, int] = field(default_factory=dict)
    job: Job | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    uses: frozenset[SegmentId] = frozenset()

    def __post_init__(self) -> None:
        assert self.pointer or self.changes, "a commit writes the segment, so that it conflicts with other writers"


async def commit_generations(hub: Hub, candidates: Sequence[Candidate]) -> dict[SegmentId, Verdict]:
    """Commit what still has its place, all at once; `candidates` stand in the order of their dependencies."""

    async def write(session: AsyncClientSession) -> dict[SegmentId, Verdict]:
        return await commit_within(hub, candidates, session)

    return await in_transaction(hub, write)


async def commit_within(
    hub: Hub, candidates: Sequence[Candidate], session: AsyncClientSession
) -> dict[SegmentId, Verdict]:
    """The same, inside the caller's transaction."""
    verdicts = await _judge(hub, candidates, session)
    accepted = [c for c in candidates if verdicts[c.segment.id] is Verdict.COMMITTED]
    if not accepted:
        return verdicts
    heads = [InsertOne(ledger.head(c.segment.id, entry)) for c in accepted for entry in c.entries]
    if heads:
        await hub.collection(ledger.COLLECTION).bulk_write(heads, session=session)
    await hub.collection("segments").bulk_write([_segment_update(c) for c in accepted], session=session)
    outcomes = [
        UpdateOne({"_id": c.job.id, "token": c.job.token}, {"$set": job_fields(c.outcome)}) for c in accepted if c.job
    ]
    if outcomes:
        await hub.collection("jobs").bulk_write(outcomes, session=session)
    return verdicts


async def _judge(hub: Hub, candidates: Sequence[Candidate], session: AsyncClientSession) -> dict[SegmentId, Verdict]:
    """What becomes of each, as this transaction sees jobs and segments; whoever changes them later waits or retries."""
    job_ids = [candidate.job.id for candidate in candidates if candidate.job]
    jobs_found = hub.collection("jobs").find({"_id": {"$in": job_ids}}, {"status": 1, "token": 1}, session=session)
    jobs = {row["_id"]: row async for row in jobs_found} if job_ids else {}
    segment_ids = [candidate.segment.id for candidate in candidates]
    fields = {"state": 1, "definition": 1, "pointer.generation": 1}
    segments_found = hub.collection("segments").find({"_id": {"$in": segment_ids}}, fields, session=session)
    segments = {row["_id"]: row async for row in segments_found}
    verdicts: dict[SegmentId, Verdict] = {}
    for candidate in candidates:
        lost = any(verdicts.get(used, Verdict.COMMITTED) is not Verdict.COMMITTED for used in candidate.uses)
        job = jobs.get(candidate.job.id) if candidate.job else None
        segment = segments.get(candidate.segment.id)
        verdicts[candidate.segment.id] = Verdict.DEPENDENCY_LOST if lost else _verdict(candidate, job, segment)
    return verdicts


def _verdict(candidate: Candidate, job: Document | None, segment: Document | None) -> Verdict:
    if candidate.job and (
        job is None or job["status"] != JobStatus.PROCESSING.value or job["token"] != candidate.job.token
    ):
        return Verdict.FENCED
    expected = candidate.segment
    if (
        segment is None
        or SegmentState(segment["state"]) is not expected.state
        or segment["definition"] != expected.definition
    ):
        return Verdict.CHANGED
    in_force = (segment.get("pointer") or {}).get("generation")
    return Verdict.COMMITTED if in_force == (expected.pointer and expected.pointer.generation) else Verdict.OVERTAKEN


def _segment_update(candidate: Candidate) -> UpdateOne:
    fields = dict(candidate.changes)
    if candidate.pointer:
        fields |= {"pointer": stored_pointer(candidate.pointer), "order.members": candidate.pointer.count}
    if "last_refreshed_at" in fields:
        fields["order.refreshed"] = fields["last_refreshed_at"] or NEVER
    added = {"$inc": dict(candidate.increments)} if candidate.increments else {}
    return UpdateOne({"_id": candidate.segment.id}, {"$set": fields} | added)
