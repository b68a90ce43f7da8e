"""Changing and renaming segments, field by field and never over what others wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.query.printer import print_document
from seggql.segments.define import bind_definition
from seggql.segments.dependencies import check_dependencies, refuse_edit_in_use
from seggql.segments.draft import check_interval, check_texts, distinct
from seggql.segments.due_dates import rescheduled
from seggql.segments.find import refuse_locked, require_segment
from seggql.segments.generations import prepare_generation
from seggql.segments.once import find_once
from seggql.segments.planning import read_surroundings, request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.commit import Candidate, Verdict, commit_within
from seggql.store.hub import Hub
from seggql.store.run_queue import RunQueue
from seggql.store.runs import wait_for_uses
from seggql.store.segment import ChangeCause, Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import change_segment, find_segment, guard_dependencies, summarize_segments
from seggql.store.transaction import Session, in_transaction

TRIES = 20
"""How often a change is made again over those that others made meanwhile."""


class Unset(Enum):
    """What an input left out."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChanges:
    """What is to change: UNSET leaves a field as it is, None clears it."""

    description: str | Unset | None = UNSET
    tags: Sequence[str] | Unset | None = UNSET
    query: str | Unset | None = UNSET
    interval_minutes: int | Unset | None = UNSET


async def update_segment(
    hub: Hub,
    settings: Settings,
    queue: RunQueue,
    segment: SegmentId,
    changes: SegmentChanges,
    *,
    expected_updated_at: datetime | None = None,
    by: str | None = None,
) -> Segment:
    """Change a segment. A new query of an active dynamic segment queues a refresh; that of a static one runs now.

    Raises: RequestError (NOT_FOUND, LOCKED, INVALID, CYCLE, IN_USE where something counts on the query, CONFLICT where
    `expected_updated_at` is not when it was last written), QueryError.
    """
    found = await require_segment(hub, segment)
    fields: dict[str, Any] = {"updated_by": by} | _plain_fields(found, changes)
    members = None
    if not isinstance(changes.query, Unset):
        definition, members = await _definition(hub, settings, found, changes.query)
        fields |= definition
    updated = await write_segment(hub, segment, fields, expected_updated_at=expected_updated_at, members=members)
    is_live = updated.kind is SegmentKind.DYNAMIC and updated.state is SegmentState.ACTIVE
    if is_live and updated.definition != found.definition:
        await request_refresh(hub, queue, [segment], request_instant())
    return updated


async def rename_segment(hub: Hub, segment: SegmentId, display_name: str, *, by: str | None = None) -> Segment:
    """Change what people read; the name that queries use stays. Raises: RequestError (NOT_FOUND, LOCKED, INVALID)."""
    check_texts(display_name, None, ())
    return await write_segment(hub, segment, {"display_name": display_name, "updated_by": by})


async def write_segment(
    hub: Hub,
    segment: SegmentId,
    fields: Fields,
    *,
    expected_updated_at: datetime | None = None,
    members: BitMap | None = None,
    allows_locked: bool = False,
) -> Segment:
    """Set fields, and with them the members of a static segment, in one transaction over what is there by then.

    `allows_locked` is for what may be changed of a read-only segment too.

    Raises: RequestError (NOT_FOUND, LOCKED, CYCLE, IN_USE, CONFLICT).
    """
    for _ in range(TRIES):
        found = await require_segment(hub, segment)
        if not allows_locked:
            refuse_locked(found)
        if expected_updated_at is not None and found.updated_at != expected_updated_at:
            message = f"Somebody changed the segment {found.name!r} since it was read: read it again, then repeat."
            raise RequestError(RequestCode.CONFLICT, message, field=("expectedUpdatedAt",))
        if written := await _write_over(hub, found, fields, members):
            return written
    raise RequestError(RequestCode.CONFLICT, "Others keep changing this segment; try again.", field=("id",))


async def _write_over(hub: Hub, found: Segment, fields: Fields, members: BitMap | None) -> Segment | None:
    """Write over the segment as it was read; None where it has changed since."""
    at = max(request_instant(), found.updated_at + timedelta(milliseconds=1))
    made = await prepare_generation(hub, found, members, ChangeCause.MANUAL, at) if members is not None else None

    async def write(session: Session) -> Segment | None:
        if "depends_on" in fields:
            await check_dependencies(hub, found.name, fields["depends_on"], session)
            used = await summarize_segments(hub, session, names=fields["depends_on"])
            await wait_for_uses(hub, found.id, [summary.id for summary in used.values()], session)
        if made:
            candidate = Candidate(segment=found, pointer=made.pointer, entries=made.entries)
            if (await commit_within(hub, [candidate], session))[found.id] is not Verdict.COMMITTED:
                await session.abort_transaction()
                return None
        redefines = "query" in fields and fields["query"] != found.query
        if redefines and found.kind is SegmentKind.DYNAMIC:
            await guard_dependencies(hub, session)
            await refuse_edit_in_use(hub, await find_segment(hub, found.id, session) or found)
        changed = rescheduled(found, fields, at) | ({"in_need_since": at} if redefines else {})
        return await change_segment(hub, found, changed, at, changes_definition=redefines, session=session)

    try:
        return await in_transaction(hub, write)
    except RequestError as error:
        if error.code == RequestCode.CONFLICT.value:
            return None
        raise


def _plain_fields(segment: Segment, changes: SegmentChanges) -> dict[str, Any]:
    """The changes but for the query. Raises: RequestError (INVALID)."""
    fields: dict[str, Any] = {}
    if not isinstance(changes.description, Unset):
        fields["description"] = changes.description
    if not isinstance(changes.tags, Unset):
        fields["tags"] = distinct(changes.tags or ())
    if not isinstance(changes.interval_minutes, Unset):
        check_interval(changes.interval_minutes, segment.kind)
        fields["interval_minutes"] = changes.interval_minutes
    check_texts(None, fields.get("description"), fields.get("tags", ()))
    return fields


async def _definition(
    hub: Hub, settings: Settings, segment: Segment, text: str | None
) -> tuple[dict[str, Any], BitMap | None]:
    """The fields of a new query, and for a static segment whom it finds now."""
    is_static = segment.kind is SegmentKind.STATIC
    if text is None:
        if is_static:
            return {"query": None, "warnings": ()}, None
        raise RequestError(RequestCode.INVALID, "A dynamic segment needs a query.", field=("query",))
    surroundings = await read_surroundings(hub, settings, text=text)
    query = await bind_definition(surroundings, text, segment.profile_type, segment.kind, segment.name)
    assert query is not None
    fields: dict[str, Any] = {"query": print_document(query.document), "warnings": query.warnings}
    if is_static:
        return fields, await find_once(hub, surroundings, query, request_instant())
    return fields | {"depends_on": tuple(sorted(query.depends_on))}, None
