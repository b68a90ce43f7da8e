"""Export runs are written under the fencing token of the claim that works on the job."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seggql.settings import Settings
from seggql.store.export_runs import ExportRun, Manifest, begin_export_run, find_export_runs, finish_export_run
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId, JobKind, JobStatus, JobTrigger, RunId
from seggql.store.segment import Segment
from tests.segments.world import dynamic, make_world

DELIVERED = Manifest(expected=3, delivered=3, bytes=12, checksum="abc", location="there")


@pytest.fixture
async def segment(hub: Hub, settings: Settings) -> Segment:
    """A segment to be delivered."""
    await make_world(hub)
    return await dynamic(hub, settings, "Some", "PROFILE(Contact)")


def attempt(segment: Segment, token: int) -> Job:
    """The job of a delivery, as the claim with this token has it."""
    return Job(
        id=JobId("6b063eb6158df758b77b2e54"),
        run=RunId("6b063eb6158df758b77b2e53"),
        kind=JobKind.EXPORT,
        status=JobStatus.PROCESSING,
        trigger=JobTrigger.MANUAL,
        subject=segment.id,
        export="6b063e96158df758b77b2d30",
        token=token,
        queued_at=datetime.now(UTC),
    )


async def begun(segment: Segment, token: int) -> ExportRun | None:
    return await begin_export_run(attempt(segment, token), segment, 1, expected=3)


async def test_a_later_attempt_begins_the_run_again(segment: Segment) -> None:
    first = await begun(segment, 1)
    second = await begun(segment, 2)
    assert first is not None
    assert second is not None
    assert second.id == first.id
    assert await finish_export_run(second, DELIVERED)
    (stored,) = await find_export_runs([first.id])
    assert stored == replace(second, manifest=DELIVERED)


async def test_an_earlier_attempt_that_wakes_up_neither_begins_nor_finishes_it(segment: Segment) -> None:
    sleeper = await begun(segment, 1)
    later = await begun(segment, 2)
    assert sleeper is not None
    assert later is not None
    assert await finish_export_run(later, DELIVERED)
    assert await begun(segment, 1) is None
    assert not await finish_export_run(sleeper, Manifest(expected=3, delivered=1))
    (stored,) = await find_export_runs([later.id])
    assert stored.manifest == DELIVERED
