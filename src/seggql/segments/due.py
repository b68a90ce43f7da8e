"""What is due: segments to refresh, activate or deactivate by themselves, each taken by one scheduler alone.

A due date is moved on in the transaction that stores the run it stands for, and has come when MongoDB's clock says so.
"""

import logging
from datetime import datetime, timedelta

from seggql.errors import RequestError
from seggql.segments.activation import switch_as_planned
from seggql.segments.due_dates import next_refresh
from seggql.segments.requests import request_refresh, store_refresh
from seggql.segments.retries import retry_failed
from seggql.segments.switch import Planned
from seggql.segments.system_schedule import next_runs
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobTrigger, RunId
from seggql.store.run_queue import RunQueue, announce
from seggql.store.runs import find_joinable
from seggql.store.schedules import (
    find_due_segments,
    find_forgotten,
    find_system_schedule,
    find_to_switch,
    now_in_mongodb,
    take_due,
    take_forgotten,
    take_system_due,
    waiting_for_schedule,
)
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentState
from seggql.store.segments import find_all_segments
from seggql.store.transaction import Session, in_transaction

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Segments of one transaction; what is left comes with the next look."""

FORGOTTEN_AFTER = timedelta(minutes=1)
"""After so long, whoever activated or changed a segment without asking for its refresh is not about to any more."""

UNREADABLE_AGAIN = timedelta(hours=1)
"""When to look again at a schedule that this machine cannot read, such as one in a time zone that it does not know."""


async def do_what_is_due(hub: Hub, settings: Settings, queue: RunQueue) -> None:
    """Switch and refresh whatever is due by MongoDB's clock; what was missed meanwhile is made up for once."""
    now = await now_in_mongodb(hub)
    await _switch(hub, settings, queue, now)
    for ask in (_refresh_all, _refresh_due, _refresh_forgotten, retry_failed):
        if run := await ask(hub, now):
            announce(queue, run)


async def _switch(hub: Hub, settings: Settings, queue: RunQueue, now: datetime) -> None:
    """Activate and deactivate what was planned for by now, each in its order; refresh together what is activated."""
    activated: list[SegmentId] = []
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
                is_switched = await switch_as_planned(hub, settings, segment.id, plan)
            except RequestError as error:
                logger.error("planned switch refused segment=%s state=%s: %s", segment.name, plan.state.value, error)
                continue
            if is_switched:
                logger.info("switched as planned segment=%s state=%s", segment.name, plan.state.value)
            if is_switched and plan.state is SegmentState.ACTIVE:
                activated.append(segment.id)
    if activated:
        await request_refresh(hub, queue, activated, now, JobTrigger.ACTIVATION)


async def _refresh_all(hub: Hub, now: datetime) -> RunId | None:
    """The run of the system schedule, where it is due; inactive segments are in it, to be skipped with the reason.

    Where the run before it is there and nobody has begun it, that serves this due date too.
    """
    due = await find_system_schedule(hub)
    if not due.is_enabled or due.due_at is None or due.due_at > now:
        return None
    following = next(next_runs(due, now), None)
    segments = [segment for segment in await find_all_segments(hub) if segment.kind is SegmentKind.DYNAMIC]
    waiting = await find_joinable(hub, [segment.id for segment in segments], JobTrigger.SCHEDULE)

    async def write(session: Session) -> RunId | None:
        if not await take_system_due(hub, due, following, session):
            return None
        return await _store(hub, [] if waiting else segments, JobTrigger.SCHEDULE, now, session)

    return await in_transaction(hub, write)


async def _refresh_due(hub: Hub, now: datetime) -> RunId | None:
    """A run of the segments whose own schedules are due; what waits since an earlier due date is not queued again."""
    following = {segment: _following(segment, now) for segment in await find_due_segments(hub, now, AT_ONCE)}
    if not following:
        return None

    async def write(session: Session) -> RunId | None:
        taken = [segment for segment, at in following.items() if await take_due(hub, segment, at, session)]
        waiting = await waiting_for_schedule(hub, [segment.id for segment in taken], session)
        idle = [segment for segment in taken if segment.id not in waiting]
        return await _store(hub, idle, JobTrigger.SCHEDULE, now, session)

    return await in_transaction(hub, write)


def _following(segment: Segment, now: datetime) -> datetime | None:
    """When the segment is due again; a schedule that cannot be read holds nobody else up."""
    try:
        return next_refresh(segment, now)
    except RequestError as error:
        logger.error("schedule cannot be read segment=%s: %s", segment.name, error)
        return now + UNREADABLE_AGAIN


async def _refresh_forgotten(hub: Hub, now: datetime) -> RunId | None:
    """A run of segments that were activated, or got a new query, from somebody who died before asking for a refresh."""
    forgotten = await find_forgotten(hub, now - FORGOTTEN_AFTER, AT_ONCE)
    if not forgotten:
        return None
    logger.warning("activated or changed without a refresh count=%s", len(forgotten))

    async def write(session: Session) -> RunId | None:
        taken = [segment for segment in forgotten if await take_forgotten(hub, segment, now, session)]
        return await _store(hub, taken, JobTrigger.ACTIVATION, now, session)

    return await in_transaction(hub, write)


async def _store(
    hub: Hub, segments: list[Segment], trigger: JobTrigger, now: datetime, session: Session
) -> RunId | None:
    """A run of the segments; None where there are none."""
    return (await store_refresh(hub, segments, trigger, now, session))[0].id if segments else None
