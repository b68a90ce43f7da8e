"""What is due: segments to refresh, activate or deactivate by themselves, each taken by one scheduler alone."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from seggql.errors import RequestError
from seggql.segments.activation import switch_as_planned
from seggql.segments.due_dates import next_refresh
from seggql.segments.requests import request_refresh, store_refresh
from seggql.segments.switch import Planned
from seggql.segments.system_schedule import next_runs
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobTrigger, RunId
from seggql.store.run_queue import RunQueue, announce
from seggql.store.schedules import (
    find_due_segments,
    find_forgotten,
    find_system_schedule,
    find_to_switch,
    now_in_mongodb,
    refreshing,
    take_due,
    take_system_due,
)
from seggql.store.segment import Segment, SegmentKind, SegmentState
from seggql.store.segments import find_all_segments
from seggql.store.transaction import Session, in_transaction

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Segments of one transaction; what is left comes with the next look."""

FORGOTTEN_AFTER = timedelta(minutes=1)
"""After so long, whoever activated a segment without asking for its refresh is not about to any more."""


async def do_what_is_due(hub: Hub, settings: Settings, queue: RunQueue) -> None:
    """Switch and refresh whatever is due by MongoDB's clock; what was missed meanwhile is made up for once."""
    now = await now_in_mongodb(hub)
    await _switch(hub, settings, queue, now)
    for run in (await _refresh_all(hub, now), await _refresh_due(hub, now)):
        if run is not None:
            announce(queue, run)
    if forgotten := await find_forgotten(hub, now, FORGOTTEN_AFTER, AT_ONCE):
        logger.warning("activated without a refresh count=%s", len(forgotten))
        await request_refresh(hub, queue, [segment.id for segment in forgotten], now, JobTrigger.ACTIVATION)


async def _switch(hub: Hub, settings: Settings, queue: RunQueue, now: datetime) -> None:
    """Activate and deactivate what was planned for by now, each in its order."""
    for segment in await find_to_switch(hub, now, AT_ONCE):
        planned = [
            Planned(at=at, state=state)
            for at, state in (
                (segment.activate_at, SegmentState.ACTIVE),
                (segment.deactivate_at, SegmentState.INACTIVE),
            )
            if at is not None and at <= now
        ]
        for plan in sorted(planned, key=lambda plan: plan.at):
            try:
                is_switched = await switch_as_planned(hub, settings, queue, segment.id, plan)
            except RequestError as error:
                logger.error("planned switch refused segment=%s state=%s: %s", segment.name, plan.state.value, error)
                continue
            if is_switched:
                logger.info("switched as planned segment=%s state=%s", segment.name, plan.state.value)


async def _refresh_all(hub: Hub, now: datetime) -> RunId | None:
    """The run of the system schedule, where it is due; inactive segments are in it, to be skipped with the reason."""
    due = await find_system_schedule(hub)
    if not due.is_enabled or due.due_at is None or due.due_at > now:
        return None
    segments = [segment for segment in await find_all_segments(hub) if segment.kind is SegmentKind.DYNAMIC]

    async def write(session: Session) -> RunId | None:
        if not await take_system_due(hub, due, next(next_runs(due, now), None), session):
            return None
        return await _store(hub, segments, now, session)

    return await in_transaction(hub, write)


async def _refresh_due(hub: Hub, now: datetime) -> RunId | None:
    """A run of the segments whose own schedules are due."""
    due = await find_due_segments(hub, now, AT_ONCE)
    if not due:
        return None

    async def write(session: Session) -> RunId | None:
        taken = [segment for segment in due if await take_due(hub, segment, next_refresh(segment, now), session)]
        return await _store(hub, taken, now, session)

    return await in_transaction(hub, write)


async def _store(hub: Hub, segments: Sequence[Segment], now: datetime, session: Session) -> RunId | None:
    """A run of those that are not being refreshed already; None where there is nothing left."""
    busy = await refreshing(hub, [segment.id for segment in segments], session)
    idle = [segment for segment in segments if segment.id not in busy]
    if not idle:
        return None
    run, _ = await store_refresh(hub, idle, JobTrigger.SCHEDULE, now, session)
    return run.id
