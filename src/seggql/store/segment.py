"""The values of a segment: its definition, its state, where its members stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from seggql.errors import QueryProblem

SegmentId = NewType("SegmentId", str)
"""24 hexadecimal digits; a segment that is made again under an old name gets another one."""


class SegmentKind(Enum):
    """DYNAMIC follows its query; STATIC changes only by hand."""

    DYNAMIC = "DYNAMIC"
    STATIC = "STATIC"


class SegmentOrigin(Enum):
    """Who made the segment."""

    USER = "USER"
    PREDEFINED = "PREDEFINED"
    EXTERNAL = "EXTERNAL"
    SUGGESTED = "SUGGESTED"
    SIMILAR = "SIMILAR"


class SegmentState(Enum):
    """An INACTIVE segment has no members and is not refreshed."""

    INACTIVE = "INACTIVE"
    ACTIVE = "ACTIVE"


class ChangeCause(Enum):
    """Why members entered or left."""

    REFRESH = "REFRESH"
    DEFINITION = "DEFINITION"
    MANUAL = "MANUAL"
    ACTIVATION = "ACTIVATION"
    DEACTIVATION = "DEACTIVATION"
    DELETION = "DELETION"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedGeneration:
    """The members of another segment that a refresh has used."""

    segment: SegmentId
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshBasis:
    """What a refresh has seen: MongoDB's cluster time in its two numbers, and the batches that were OPEN then.

    `uses` are the generations of the segments that its query uses, by name. The next refresh looks at what came since.
    `whole_at` is the instant of the last refresh that looked at everybody; before `still_until` the clock alone
    changes nothing of what the query finds, None where that is not known.
    """

    seconds: int
    increment: int
    whole_at: datetime | None = None
    still_until: datetime | None = None
    open: tuple[str, ...] = ()
    uses: Mapping[str, UsedGeneration] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """The generation in force: chunks of generation `base`, and the ledger's differences since, up to `generation`.

    The chunks of generation `previous`, which were in force before, are kept for those who are still reading them.
    `count` leaves out the first `deleted` profiles of the type that were deleted; `definition` is the version of the
    query that it answers, as of the instant `as_of` and what `basis` says (None where no refresh made it).
    """

    generation: int
    base: int
    previous: int | None = None
    count: int
    deleted: int
    definition: int
    at: datetime
    as_of: datetime | None = None
    basis: RefreshBasis | None = None
    cause: ChangeCause


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Where the ledger begins, once older generations have been forgotten: with `generation`, made at `at`."""

    generation: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshCost:
    """What the evaluation of a refresh read, in rows and bytes, and its milliseconds.

    `documents` are rows delivered from documents, `keys` from an index alone. `run_ms` are the milliseconds of all the
    `run_segments` that its run has refreshed; None until its worker has settled them, or where it refreshed no other.
    """

    run: str
    documents: int
    keys: int
    bytes: int
    elapsed_ms: int
    run_ms: int | None = None
    run_segments: int = 1

    @property
    def share(self) -> float:
        """The part, from 0 to 1, that it has in the evaluation time of its run."""
        if self.run_ms is None:
            return 1.0
        return self.elapsed_ms / self.run_ms if self.run_ms else 1 / self.run_segments


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentUsage:
    """A campaign, export or whatever else says that it uses a segment."""

    kind: str
    name: str
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A named set of profiles of one type.

    `version` counts what people wrote, `definition` the queries it has had. `pointer` is None until the first refresh.
    A predefined segment is made from a `template`. One is refreshed by itself every `interval_minutes`, or as `cron`
    says in its `time_zone`: at `due_at` the next time, which counts while it is active. At `activate_at` and
    `deactivate_at` it changes its state, once each. `in_need_since` is when it was activated or got a new query; a
    refresh that failed is tried again at `retry_at`.
    """

    id: SegmentId
    name: str
    display_name: str
    description: str | None = None
    tags: tuple[str, ...] = ()
    kind: SegmentKind
    origin: SegmentOrigin = SegmentOrigin.USER
    state: SegmentState
    profile_type: str
    query: str | None = None
    depends_on: tuple[str, ...] = ()
    warnings: tuple[QueryProblem, ...] = ()
    interval_minutes: int | None = None
    cron: str | None = None
    time_zone: str = "UTC"
    due_at: datetime | None = None
    activate_at: datetime | None = None
    deactivate_at: datetime | None = None
    in_need_since: datetime | None = None
    retry_at: datetime | None = None
    is_locked: bool = False
    template: str | None = None
    usages: tuple[SegmentUsage, ...] = ()
    version: int = 1
    definition: int = 1
    pointer: Pointer | None = None
    history: History | None = None
    cost: RefreshCost | None = None
    last_refresh: str | None = None
    last_refreshed_at: datetime | None = None
    consecutive_failures: int = 0
    last_error: str | None = None
    failing_since: datetime | None = None
    created_at: datetime
    created_by: str | None = None
    updated_at: datetime
    updated_by: str | None = None

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    @property
    def is_readable(self) -> bool:
        """Whether its members mean something: it is active and was refreshed since it was activated."""
        return (
            self.state is SegmentState.ACTIVE
            and self.pointer is not None
            and self.pointer.cause is not ChangeCause.DEACTIVATION
        )
