"""Runs and jobs as they are stored, and how they become values."""

from datetime import datetime

from beanie import Document as BeanieDocument
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from seggql.store.hub import Document
from seggql.store.job import Instant, Job, JobId, JobKind, JobStatus, JobStep, JobTrigger, Run, RunId, RunStatus


class InstantDocument(BaseModel):
    """Instant as it is stored."""

    as_of: datetime
    seconds: int
    increment: int


class RunDocument(BeanieDocument):
    """Run as it is stored: `claims` is the last fencing token drawn; at `announce_at` the run is announced again."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    kind: JobKind
    status: RunStatus
    claims: int
    instant: InstantDocument | None
    instants: int
    announce_at: datetime
    announced: int
    queued_at: datetime
    finished_at: datetime | None
    trace: str | None = None

    class Settings:
        name = "runs"
        indexes = [  # noqa: RUF012  # Beanie reads it
            IndexModel([("status", ASCENDING), ("announce_at", ASCENDING)], name="due"),
            IndexModel([("status", ASCENDING), ("finished_at", ASCENDING)], name="finished"),
        ]


class StepDocument(BaseModel):
    """JobStep as it is stored."""

    name: str
    status: JobStatus
    elapsed_ms: int | None = None
    detail: str | None = None


class JobDocument(BeanieDocument):
    """Job as it is stored: `position` is its place in the run; PROCESSING, it is its `owner`'s until `lease_until`.

    `is_begun` says whether the present claim has counted an attempt. Indexes are few: wherever the status changes,
    MongoDB makes the keys of all of them anew.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    run: str
    position: int
    waits_for: list[str]
    owner: str | None
    lease_until: datetime | None
    is_begun: bool
    kind: JobKind
    status: JobStatus
    trigger: JobTrigger
    subject: str
    export: str | None
    token: int
    done: int
    total: int | None
    attempts: int
    takeovers: int
    error: str | None
    error_code: str | None
    warnings: list[str]
    skipped_because: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    as_of: datetime | None
    member_count: int | None
    entered: int | None
    exited: int | None
    is_incremental: bool | None
    steps: list[StepDocument]

    class Settings:
        name = "jobs"
        indexes = [  # noqa: RUF012  # Beanie reads it
            IndexModel([("run", ASCENDING), ("position", ASCENDING)], name="run_position"),
            IndexModel(
                [("subject", ASCENDING)],
                name="under_way",  # one refresh of a segment at a time
                unique=True,
                partialFilterExpression={"kind": JobKind.REFRESH.value, "status": JobStatus.PROCESSING.value},
            ),
            IndexModel([("subject", ASCENDING), ("_id", DESCENDING)], name="subject"),
            IndexModel([("status", ASCENDING), ("_id", DESCENDING)], name="status"),
            IndexModel([("takeovers", ASCENDING)], name="takeovers", partialFilterExpression={"takeovers": {"$gt": 0}}),
        ]


def job_value(stored: Document) -> Job:
    """The value of a stored job."""
    fields = {name: value for name, value in stored.items() if name in Job.__dataclass_fields__}
    fields |= {
        "id": JobId(stored["_id"]),
        "run": RunId(stored["run"]),
        "kind": JobKind(stored["kind"]),
        "status": JobStatus(stored["status"]),
        "trigger": JobTrigger(stored["trigger"]),
        "waits_for": tuple(JobId(other) for other in stored["waits_for"]),
        "warnings": tuple(stored["warnings"]),
        "steps": tuple(JobStep(**step | {"status": JobStatus(step["status"])}) for step in stored["steps"]),
    }
    return Job(**fields)


def run_value(stored: Document) -> Run:
    """The value of a stored run."""
    return Run(
        id=RunId(stored["_id"]),
        kind=JobKind(stored["kind"]),
        status=RunStatus(stored["status"]),
        queued_at=stored["queued_at"],
        instant=Instant(**stored["instant"]) if stored["instant"] else None,
        instants=stored["instants"],
        trace=stored.get("trace"),
    )
