"""Making and copying segments."""

import logging
from dataclasses import replace
from datetime import datetime

from pyroaring import BitMap

from seggql.query.bound import BoundQuery
from seggql.query.printer import print_document
from seggql.segments.active_limit import hold_to_limit
from seggql.segments.dependencies import check_dependencies
from seggql.segments.draft import SegmentDraft, check_draft, check_name, check_texts, distinct
from seggql.segments.due_dates import first_due
from seggql.segments.find import require_segment
from seggql.segments.generations import prepare_generation
from seggql.segments.once import find_once
from seggql.segments.planning import Surroundings, read_surroundings, request_instant
from seggql.segments.requests import request_refresh
from seggql.segments.static import ordinals_of_all
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.hub import Hub
from seggql.store.job import JobTrigger
from seggql.store.ledger import LedgerEntry
from seggql.store.members import read_members
from seggql.store.run_queue import RunQueue
from seggql.store.segment import ChangeCause, Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import insert_segment, new_segment_id
from seggql.store.transaction import Session, in_transaction

logger = logging.getLogger(__name__)


async def create_segment(
    hub: Hub, settings: Settings, queue: RunQueue, draft: SegmentDraft, *, by: str | None = None
) -> Segment:
    """Make a segment. A static one has its members at once; `activate` queues the first refresh of a dynamic one.

    Raises: RequestError (INVALID, NOT_FOUND, NAME_TAKEN, CYCLE, NOT_ALLOWED, LIMIT_REACHED), QueryError; nothing is
    stored then.
    """
    surroundings = await read_surroundings(hub, settings, text=draft.query)
    check_draft(draft, surroundings)
    now = request_instant()
    is_static = draft.kind is SegmentKind.STATIC
    query = await bind_definition(surroundings, draft.query, draft.profile_type, draft.kind, draft.name)
    segment = Segment(
        id=new_segment_id(),
        name=draft.name,
        display_name=draft.display_name or draft.name,
        description=draft.description,
        tags=distinct(draft.tags),
        kind=draft.kind,
        state=SegmentState.ACTIVE if is_static or draft.activate else SegmentState.INACTIVE,
        profile_type=draft.profile_type,
        query=print_document(query.document) if query else None,
        depends_on=() if is_static or query is None else tuple(sorted(query.depends_on)),
        warnings=query.warnings if query else (),
        interval_minutes=draft.interval_minutes,
        due_at=first_due(draft.interval_minutes, None, "UTC", now),
        in_need_since=now if draft.activate else None,
        created_at=now,
        created_by=by,
        updated_at=now,
        updated_by=by,
    )
    if is_static:
        return await _store_static(
            hub, settings, segment, await _first_members(hub, surroundings, draft, query, now), now
        )
    await _store(hub, settings, segment)
    if draft.activate:
        await request_refresh(hub, queue, [segment.id], now, JobTrigger.ACTIVATION)
    return segment


async def duplicate_segment(
    hub: Hub,
    settings: Settings,
    segment: SegmentId,
    name: str,
    display_name: str | None = None,
    *,
    by: str | None = None,
) -> Segment:
    """Copy a segment under another name: a static one with its members, a dynamic one inactive and without.

    Raises: RequestError (NOT_FOUND, INVALID, NAME_TAKEN).
    """
    check_name(name)
    check_texts(display_name, None, ())
    original = await require_segment(hub, segment)
    now = request_instant()
    is_static = original.kind is SegmentKind.STATIC
    copy = Segment(
        id=new_segment_id(),
        name=name,
        display_name=display_name or f"{original.display_name} (copy)",
        description=original.description,
        tags=original.tags,
        kind=original.kind,
        state=SegmentState.ACTIVE if is_static else SegmentState.INACTIVE,
        profile_type=original.profile_type,
        query=original.query,
        depends_on=original.depends_on,
        warnings=original.warnings,
        interval_minutes=original.interval_minutes,
        cron=original.cron,
        time_zone=original.time_zone,
        created_at=now,
        created_by=by,
        updated_at=now,
        updated_by=by,
    )
    if is_static:
        return await _store_static(hub, settings, copy, await read_members(hub, original), now)
    await _store(hub, settings, copy)
    return copy


async def bind_definition(
    surroundings: Surroundings, query: str | None, profile_type: str, kind: SegmentKind, name: str
) -> BoundQuery | None:
    """What the query of a segment means; a one-time query may use the segment's own name and end in a listing.

    Raises: QueryError.
    """
    if query is None:
        return None
    is_static = kind is SegmentKind.STATIC
    own_name = None if is_static else name
    return await surroundings.bind(query, output_type=profile_type, segment_name=own_name, allows_listing=is_static)


async def _first_members(
    hub: Hub, surroundings: Surroundings, draft: SegmentDraft, query: BoundQuery | None, now: datetime
) -> BitMap:
    if query:
        return await find_once(hub, surroundings, query, now)
    return await ordinals_of_all(hub, draft.profile_type, draft.member_keys or ())


async def _store_static(hub: Hub, settings: Settings, segment: Segment, members: BitMap, now: datetime) -> Segment:
    made = await prepare_generation(hub, segment, members, ChangeCause.MANUAL, now, is_new=True)
    segment = replace(segment, pointer=made.pointer)
    await _store(hub, settings, segment, made.entries)
    return segment


async def _store(hub: Hub, settings: Settings, segment: Segment, entries: tuple[LedgerEntry, ...] = ()) -> None:
    async def write(session: Session) -> None:
        if segment.kind is SegmentKind.DYNAMIC and segment.state is SegmentState.ACTIVE:
            await hold_to_limit(hub, settings, session)
        await check_dependencies(hub, segment.name, segment.depends_on, session)
        await insert_segment(hub, segment, session)
        await ledger.write_heads(hub, segment.id, entries, session)

    await in_transaction(hub, write)
    logger.info("created segment=%s kind=%s", segment.name, segment.kind.value)
