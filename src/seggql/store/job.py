"""The values of work that takes time: runs, and the jobs in them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

RunId = NewType("RunId", str)
"""24 hexadecimal digits."""

JobId = NewType("JobId", str)
"""24 hexadecimal digits; later jobs have greater ones."""


class JobKind(Enum):
    """What a job does."""

    REFRESH = "REFRESH"
    EXPORT = "EXPORT"
    ERASE = "ERASE"


class JobStatus(Enum):
    """How far a job has come; the last four are final."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self not in UNFINISHED


UNFINISHED = (JobStatus.QUEUED, JobStatus.PROCESSING)


class JobTrigger(Enum):
    """Why there is a job."""

    MANUAL = "MANUAL"
    SCHEDULE = "SCHEDULE"
    ACTIVATION = "ACTIVATION"
    DEPENDENCY = "DEPENDENCY"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """Part of a job's work."""

    name: str
    status: JobStatus
    elapsed_ms: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One segment's refresh, or its delivery by an export. `subject` is the id of the segment, `export` of the export.

    `token` is the fencing token of the claim that works on it, 0 before the first. `attempts` began it; `takeovers` are
    those whose worker went silent. It is not begun before those it `waits_for`, in the same run, have ended.
    """

    id: JobId
    run: RunId
    kind: JobKind
    status: JobStatus
    trigger: JobTrigger
    subject: str
    export: str | None = None
    token: int = 0
    done: int = 0
    total: int | None = None
    attempts: int = 0
    takeovers: int = 0
    waits_for: tuple[JobId, ...] = ()
    error: str | None = None
    error_code: str | None = None
    warnings: tuple[str, ...] = ()
    skipped_because: str | None = None
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    as_of: datetime | None = None
    member_count: int | None = None
    entered: int | None = None
    exited: int | None = None
    is_incremental: bool | None = None
    steps: tuple[JobStep, ...] = ()

    @property
    def elapsed_ms(self) -> int | None:
        """From the first claim to the end, in milliseconds; None while it runs."""
        if self.started_at is None or self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


class RunStatus(Enum):
    """How far a run has come."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    FINISHED = "FINISHED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """What the jobs of a refresh share: `as_of`, the moment that relative dates count from, and the snapshot they read.

    The snapshot is MongoDB's cluster time, in its two numbers.
    """

    as_of: datetime
    seconds: int
    increment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Jobs that belong together, worked on by any number of claims.

    `instant` is None until the first claim has settled it; `instants` counts how often one was settled.
    `trace` is the traceparent of whoever asked for the run.
    """

    id: RunId
    kind: JobKind
    status: RunStatus
    queued_at: datetime
    instant: Instant | None = None
    instants: int = 0
    trace: str | None = None
