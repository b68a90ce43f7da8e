"""Makes the demo whole: rows, segments with members, one of them as a file. Interrupted, it goes on where it was."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.progress import Progress

from seggql.dev.demo.journey import Journey, days_until_yesterday, find_journey, newest_purchase
from seggql.dev.demo.load import define_types, load_journey
from seggql.dev.demo.segments import DEMO_SEGMENTS, VIP, DemoSegment
from seggql.errors import InvariantError
from seggql.exporter import ExportMode
from seggql.exports.define import create_export
from seggql.exports.destinations import Exporters, create_destination
from seggql.exports.run import request_export
from seggql.segments.activation import activate_segments
from seggql.segments.define import create_segment
from seggql.segments.draft import SegmentDraft
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.demo_load import DemoLoad, begin_demo_load, complete_demo_load, find_demo_load
from seggql.store.destinations import find_destinations
from seggql.store.export_runs import page_of_export_runs
from seggql.store.exports import find_exports
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus
from seggql.store.jobs import find_jobs
from seggql.store.run_queue import RunQueue
from seggql.store.segment import Segment, SegmentKind, SegmentState
from seggql.store.segments import find_segments, find_segments_named

EXPORT = "demo"
"""Name of the demo's destination and of its export."""

POLL_INTERVAL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the demo is made with."""

    hub: Hub
    settings: Settings
    queue: RunQueue
    exporters: Exporters
    progress: Progress


async def prepare_demo(workshop: Workshop, *, today: datetime, keep_dates: bool) -> DemoLoad:
    """The demo, made where it is not there yet; `today` is what the dates are moved to."""
    found = await find_demo_load(workshop.hub)
    if found and found.is_complete:
        return found
    folder = find_journey()
    moved = 0 if keep_dates else days_until_yesterday(newest_purchase(folder), today.date())
    load = await begin_demo_load(workshop.hub, moved)
    await define_types(workshop.hub)
    await load_journey(workshop.hub, Journey(folder, load.days_moved), workshop.progress)
    segments = await _create_segments(workshop)
    await _refresh(workshop, segments)
    location, members = await _export(workshop, segments[VIP.name])
    return await complete_demo_load(workshop.hub, location, members)


async def _create_segments(workshop: Workshop) -> dict[str, Segment]:
    """The demo's segments by name; those that are there stay as somebody may have changed them."""
    known = await find_segments_named(workshop.hub, [segment.name for segment in DEMO_SEGMENTS])
    bar = workshop.progress.add_task("Segments", total=len(DEMO_SEGMENTS), completed=len(known))
    for demo in DEMO_SEGMENTS:
        if demo.name not in known:
            known[demo.name] = await create_segment(workshop.hub, workshop.settings, workshop.queue, _draft(demo))
            workshop.progress.advance(bar)
    return known


def _draft(demo: DemoSegment) -> SegmentDraft:
    return SegmentDraft(
        name=demo.name,
        display_name=demo.display_name,
        tags=demo.tags,
        kind=SegmentKind.STATIC if demo.is_static else SegmentKind.DYNAMIC,
        profile_type=demo.profile_type,
        query=demo.query.strip() if demo.query else None,
        member_keys=demo.member_keys or None,
    )


async def _refresh(workshop: Workshop, segments: dict[str, Segment]) -> None:
    """See to it that all dynamic segments have members; those that are activated now share one run."""
    dynamic = [segment for segment in segments.values() if segment.kind is SegmentKind.DYNAMIC]
    waiting = [segment.id for segment in dynamic if not segment.is_readable]
    active = [segment.id for segment in dynamic if segment.id in waiting and segment.state is SegmentState.ACTIVE]
    bar = workshop.progress.add_task("Refreshes", total=len(dynamic), completed=len(dynamic) - len(waiting))
    if active:
        await request_refresh(workshop.hub, workshop.queue, active, request_instant())
    await activate_segments(workshop.hub, workshop.settings, workshop.queue, waiting)
    while waiting:
        await asyncio.sleep(POLL_INTERVAL_S)
        now = (await find_segments(workshop.hub, waiting)).values()
        if failed := [segment for segment in now if segment.last_error and not segment.is_readable]:
            reasons = "; ".join(f"{segment.name}: {segment.last_error}" for segment in failed)
            raise InvariantError(f"segments of the demo could not be refreshed: {reasons}")
        waiting = [segment.id for segment in now if not segment.is_readable]
        workshop.progress.update(bar, completed=len(dynamic) - len(waiting))


async def _export(workshop: Workshop, segment: Segment) -> tuple[str, int]:
    """Where the members of `segment` are as a file, and how many they are."""
    destinations = {destination.name: destination for destination in await find_destinations()}
    destination = destinations.get(EXPORT) or await create_destination(workshop.exporters, EXPORT, "file", {})
    exports = {export.name: export for export in await find_exports()}
    export = exports.get(EXPORT) or await create_export(
        workshop.hub,
        workshop.exporters,
        name=EXPORT,
        destination_id=destination.id,
        segment_ids=[segment.id],
        fields=None,
        mode=ExportMode.FULL,
        is_scheduled=False,
    )
    await _finished(workshop, await request_export(workshop.hub, workshop.queue, export.id))
    (run,) = await page_of_export_runs(export.id, after=None, limit=1)
    return run.manifest.location or "", run.manifest.delivered


async def _finished(workshop: Workshop, jobs: Sequence[Job]) -> None:
    """Wait until every job has ended. Raises: InvariantError where one has not succeeded."""
    bar = workshop.progress.add_task("Export", total=len(jobs))
    while jobs and not all(job.status.is_final for job in jobs):
        await asyncio.sleep(POLL_INTERVAL_S)
        jobs = list((await find_jobs(workshop.hub, [job.id for job in jobs])).values())
        workshop.progress.update(bar, completed=sum(job.status.is_final for job in jobs))
    if failed := [job.error for job in jobs if job.status is not JobStatus.SUCCESSFUL]:
        raise InvariantError(f"the demo could not be exported: {failed}")
