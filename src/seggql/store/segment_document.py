"""A segment as it is stored, and how it becomes a value."""

from dataclasses import asdict
from datetime import UTC, datetime

from beanie import Document as BeanieDocument
from pydantic import BaseModel, Field
from pymongo import ASCENDING, IndexModel

from seggql.errors import ProblemCode, QueryProblem
from seggql.store.hub import Document
from seggql.store.segment import (
    ChangeCause,
    History,
    Pointer,
    RefreshBasis,
    RefreshCost,
    Segment,
    SegmentId,
    SegmentKind,
    SegmentOrigin,
    SegmentState,
    SegmentUsage,
    UsedGeneration,
)
from seggql.store.shallow import fields_of

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Sorts before every refresh: an order's keys are never null, so that a page can begin after any of them."""


class PointerDocument(BaseModel):
    """Pointer as it is stored."""

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


class UsageDocument(BaseModel):
    """SegmentUsage as it is stored."""

    kind: str
    name: str
    is_active: bool


class WarningDocument(BaseModel):
    """QueryProblem as it is stored."""

    code: ProblemCode
    message: str
    hint: str | None
    line: int
    column: int
    length: int
    excerpt: str


class HistoryDocument(BaseModel):
    """History as it is stored."""

    generation: int
    at: datetime


class CostDocument(BaseModel):
    """RefreshCost as it is stored."""

    run: str
    documents: int
    keys: int
    bytes: int
    elapsed_ms: int
    run_ms: int | None = None
    run_segments: int = 1


class OrderDocument(BaseModel):
    """What lists are ordered by, beside the name and the instants of the segment itself; never null."""

    members: int = -1
    refreshed: datetime = NEVER
    cost_ms: int = -1


class SegmentDocument(BeanieDocument):
    """Segment as it is stored.

    `drawn` is the last generation number that was given away; `folded` is what a search looks through. What a refresh
    writes is in no index: where one indexed field changes, MongoDB makes the keys of all indexes anew.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    name: str
    display_name: str
    folded: str
    description: str | None
    tags: list[str]
    kind: SegmentKind
    origin: SegmentOrigin
    state: SegmentState
    profile_type: str
    query: str | None
    depends_on: list[str]
    warnings: list[WarningDocument]
    interval_minutes: int | None
    cron: str | None = None
    time_zone: str = "UTC"
    due_at: datetime | None = None
    activate_at: datetime | None = None
    deactivate_at: datetime | None = None
    in_need_since: datetime | None = None
    retry_at: datetime | None = None
    is_locked: bool
    template: str | None = None
    usages: list[UsageDocument]
    version: int
    definition: int
    pointer: PointerDocument | None
    history: HistoryDocument | None = None
    cost: CostDocument | None = None
    drawn: int = 0
    order: OrderDocument = OrderDocument()
    last_refresh: str | None
    last_refreshed_at: datetime | None
    consecutive_failures: int
    last_error: str | None
    failing_since: datetime | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    updated_by: str | None

    class Settings:
        name = "segments"
        indexes = [  # noqa: RUF012  # Beanie reads it
            IndexModel([("name", ASCENDING)], unique=True, name="name"),
            IndexModel([("depends_on", ASCENDING)], name="depends_on"),
            IndexModel([("profile_type", ASCENDING)], name="profile_type"),
            IndexModel(
                [("template", ASCENDING)],
                name="template",
                unique=True,
                partialFilterExpression={"template": {"$type": "string"}},
            ),
            *(
                IndexModel([(path, ASCENDING)], name=path, partialFilterExpression={path: {"$type": "date"}})
                for path in ("due_at", "activate_at", "deactivate_at", "retry_at")
            ),
            *(IndexModel([(path, ASCENDING), ("_id", ASCENDING)], name=path) for path in ("created_at", "updated_at")),
        ]


def folded(name: str, display_name: str) -> str:
    """What a search without regard to case looks through."""
    return f"{name}\n{display_name}".casefold()


def new_document(segment: Segment) -> SegmentDocument:
    """The document of a segment that is not stored yet."""
    fields = {name: value for name, value in asdict(segment).items() if name != "id"}
    pointer = segment.pointer
    fields |= {
        "_id": segment.id,
        "folded": folded(segment.name, segment.display_name),
        "drawn": pointer.generation if pointer else 0,
        "order": {"members": pointer.count} if pointer else {},
    }
    document: SegmentDocument = SegmentDocument.model_validate(fields)
    return document


def stored_warnings(warnings: tuple[QueryProblem, ...]) -> list[Document]:
    """`warnings` as they are stored."""
    return [asdict(warning) | {"code": warning.code.value} for warning in warnings]


def segment_value(stored: Document) -> Segment:
    """The value of a stored segment."""
    pointer = stored["pointer"]
    return Segment(
        id=SegmentId(stored["_id"]),
        name=stored["name"],
        display_name=stored["display_name"],
        description=stored["description"],
        tags=tuple(stored["tags"]),
        kind=SegmentKind(stored["kind"]),
        origin=SegmentOrigin(stored["origin"]),
        state=SegmentState(stored["state"]),
        profile_type=stored["profile_type"],
        query=stored["query"],
        depends_on=tuple(stored["depends_on"]),
        warnings=tuple(QueryProblem(**w | {"code": ProblemCode(w["code"])}) for w in stored["warnings"]),
        interval_minutes=stored["interval_minutes"],
        cron=stored.get("cron"),
        time_zone=stored.get("time_zone", "UTC"),
        due_at=stored.get("due_at"),
        activate_at=stored.get("activate_at"),
        deactivate_at=stored.get("deactivate_at"),
        in_need_since=stored.get("in_need_since"),
        retry_at=stored.get("retry_at"),
        is_locked=stored["is_locked"],
        template=stored.get("template"),
        usages=tuple(SegmentUsage(**usage) for usage in stored["usages"]),
        version=stored["version"],
        definition=stored["definition"],
        pointer=pointer_value(pointer) if pointer else None,
        history=History(**_known(History, stored["history"])) if stored.get("history") else None,
        cost=RefreshCost(**_known(RefreshCost, stored["cost"])) if stored.get("cost") else None,
        last_refresh=stored["last_refresh"],
        last_refreshed_at=stored["last_refreshed_at"],
        consecutive_failures=stored["consecutive_failures"],
        last_error=stored["last_error"],
        failing_since=stored["failing_since"],
        created_at=stored["created_at"],
        created_by=stored["created_by"],
        updated_at=stored["updated_at"],
        updated_by=stored["updated_by"],
    )


def _known(value: type[Pointer | History | RefreshCost], stored: Document) -> Document:
    """What this release knows of a part; processes of a newer one may have written more."""
    return {name: stored[name] for name in value.__dataclass_fields__ if name in stored}


def stored_pointer(pointer: Pointer) -> Document:
    """`pointer` as it is stored."""
    return fields_of(pointer) | {"cause": pointer.cause.value, "basis": _stored_basis(pointer.basis)}


def _stored_basis(basis: RefreshBasis | None) -> Document | None:
    if basis is None:
        return None
    return fields_of(basis) | {"uses": {name: fields_of(used) for name, used in basis.uses.items()}}


def pointer_value(stored: Document) -> Pointer:
    """The value of a stored pointer."""
    basis = stored.get("basis")
    fields = {"cause": ChangeCause(stored["cause"]), "basis": _basis(basis) if basis else None}
    return Pointer(**_known(Pointer, stored) | fields)


def _basis(stored: Document) -> RefreshBasis:
    return RefreshBasis(
        seconds=stored["seconds"],
        increment=stored["increment"],
        whole_at=stored.get("whole_at"),
        still_until=stored.get("still_until"),
        open=tuple(stored["open"]),
        uses={name: UsedGeneration(**used) for name, used in stored["uses"].items()},
    )
