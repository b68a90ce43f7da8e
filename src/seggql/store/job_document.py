"""Runs and jobs as they are stored, and how they become values."""

from datetime import datetime

from beanie import Document as BeanieDocument
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from seggql.store.hub import Document
from seggql.store.job import Job, JobId, JobKind, JobStatus, JobStep, JobTrigger, Run, RunId, RunStatus


class RunDocument(BeanieDocument):
    """Run as it is stored: others may claim it after `lease_until`; at `announce_at` it is announced again."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    kind: JobKind
    status: RunStatus
    token: int
    owner: str | None
    lease_until: datetime | None
    announce_at: datetime
    announced: int
    queued_at: datetime
    finished_at: datetime | None

    class Settings:
        name = "runs"
        indexes = [IndexModel([("status", ASCENDING), ("announce_at", ASCENDING)], name="due")]  # noqa: RUF012


class StepDocument(BaseModel):
    """JobStep as it is stored."""

    name: str
    status: JobStatus
    elapsed_ms: int | None = None
    detail: str | None = None


class JobDocument(BeanieDocument):
    """Job as it is stored."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    run: str
    kind: JobKind
    status: JobStatus
    trigger: JobTrigger
    subject: str
    export: str | None
    token: int
    done: int
    total: int | None
    attempts: int
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
            IndexModel([("run", ASCENDING)], name="run"),
            IndexModel([("subject", ASCENDING), ("_id", DESCENDING)], name="subject"),
            IndexModel([("status", ASCENDING), ("_id", DESCENDING)], name="status"),
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
        token=stored["token"],
        queued_at=stored["queued_at"],
    )
