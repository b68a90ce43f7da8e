"""Running an export: every member is accounted for, or the run fails and leaves nothing behind."""

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from pydantic import BaseModel, SecretStr

from seggql.errors import DestinationUnavailable, RequestError
from seggql.exporter import (
    AnyExporter,
    Delivery,
    Exporter,
    ExporterConfig,
    ExportMode,
    Receipt,
    RejectedMember,
)
from seggql.exporter.plugins import load_exporters
from seggql.exports.define import create_export, delete_export, remove_segment_from_export
from seggql.exports.destinations import create_destination
from seggql.exports.run import request_export, run_exports
from seggql.ingest.deletion import delete_profiles
from seggql.jobs.workplace import Workplace
from seggql.segments.removal import delete_segments
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.export_runs import ExportRun, page_of_export_runs
from seggql.store.exports import Export, ExportField
from seggql.store.hub import Hub
from seggql.store.job import Job, JobStatus, JobTrigger, RunId
from seggql.store.jobs import cancel_job
from tests.segments.making import NOW
from tests.segments.world import ListQueue, dynamic, job_now, make_world, static


class CrmOptions(BaseModel):
    """Options of the exporter below."""

    token: SecretStr = SecretStr("")


class Crm(Exporter[CrmOptions]):
    """A destination that a test can make fail, and that remembers what was committed."""

    name: ClassVar[str] = "crm"
    display_name: ClassVar[str] = "CRM"
    description: ClassVar[str] = "A made-up destination."
    version: ClassVar[str] = "1"
    options_model: ClassVar[type[BaseModel]] = CrmOptions

    def __init__(self, *, refused: Sequence[RejectedMember] = (), failure: Exception | None = None) -> None:
        self.refused = refused
        self.failure = failure
        self.taken: list[str] = []
        self.committed: list[str] = []
        self.aborts = 0

    async def check(self, options: CrmOptions) -> None:
        """Nothing to see."""

    async def open(self, delivery: Delivery, options: CrmOptions) -> "Crm":
        return self

    async def write(self, batch: pa.RecordBatch) -> Sequence[RejectedMember]:
        if self.failure:
            raise self.failure
        self.taken += batch.column("Key").to_pylist()
        return self.refused

    async def commit(self) -> Receipt:
        self.committed = list(self.taken)
        return Receipt(location="crm://list", bytes=1)

    async def abort(self) -> None:
        self.aborts += 1


async def an_export(
    hub: Hub, exporters: dict[str, AnyExporter], *segment_ids: str, is_scheduled: bool = False
) -> Export:
    destination = await create_destination(exporters, "There", next(iter(exporters)), {})
    return await create_export(
        hub,
        exporters,
        name="weekly",
        destination_id=destination.id,
        segment_ids=segment_ids,
        fields=None,
        mode=ExportMode.FULL,
        is_scheduled=is_scheduled,
    )


async def run(hub: Hub, settings: Settings, exporters: dict[str, AnyExporter], export: Export) -> list[Job]:
    """Run the export as a worker would; the jobs as they are afterwards."""
    queue = ListQueue()
    jobs = await request_export(hub, queue, export.id)
    while queue.announced:
        await run_exports(hub, exporters, settings, queue, RunId(queue.announced.pop(0)), "test")
    return [await job_now(hub, job) for job in jobs]


async def only_run(export: Export) -> ExportRun:
    [found] = await page_of_export_runs(export.id, after=None, limit=10)
    return found


@pytest.fixture
async def world(hub: Hub) -> None:
    await make_world(hub)


@pytest.mark.usefixtures("world")
async def test_members_become_a_file_with_a_manifest(hub: Hub, settings: Settings) -> None:
    exporters = dict(load_exporters(ExporterConfig(export_dir=settings.export_dir)))
    segment = await static(hub, settings, "Some", "ann", "eve")
    export = await an_export(hub, exporters, segment.id)
    [job] = await run(hub, settings, exporters, export)
    manifest = (await only_run(export)).manifest
    assert (job.status, job.error) == (JobStatus.SUCCESSFUL, None)
    assert (manifest.expected, manifest.delivered, manifest.rejected, manifest.withheld) == (2, 2, 0, 0)
    assert manifest.location is not None
    lines = Path(manifest.location).read_text().splitlines()
    assert list(csv.DictReader(lines)) == [{"Key": "ann", "Age": "20"}, {"Key": "eve", "Age": ""}]


@pytest.mark.usefixtures("world")
async def test_columns_are_chosen_and_renamed(hub: Hub, settings: Settings) -> None:
    exporters = dict(load_exporters(ExporterConfig(export_dir=settings.export_dir)))
    segment = await static(hub, settings, "Some", "bob")
    destination = await create_destination(exporters, "There", "file", {"format": "ndjson", "folder": "crm"})
    export = await create_export(
        hub,
        exporters,
        name="ages",
        destination_id=destination.id,
        segment_ids=[segment.id],
        fields=[ExportField(attribute="Age", name="years")],
        mode=ExportMode.FULL,
        is_scheduled=False,
    )
    await run(hub, settings, exporters, export)
    assert (settings.export_dir / "crm" / "ages-Some-1.ndjson").read_text() == '{"years":30}\n'


@pytest.mark.usefixtures("world")
async def test_rejected_members_are_counted_once_with_their_reasons(hub: Hub, settings: Settings) -> None:
    twice = [RejectedMember(row=1, reason="no consent"), RejectedMember(row=1, reason="no address")]
    exporters: dict[str, AnyExporter] = {"crm": Crm(refused=twice)}
    segment = await static(hub, settings, "Some", "ann", "bob", "cleo")
    export = await an_export(hub, exporters, segment.id)
    [job] = await run(hub, settings, exporters, export)
    manifest = (await only_run(export)).manifest
    assert (manifest.expected, manifest.delivered, manifest.rejected) == (3, 2, 1)
    assert job.warnings == ("no consent", "no address")


@pytest.mark.usefixtures("world")
async def test_members_deleted_before_are_not_expected(hub: Hub, settings: Settings) -> None:
    crm = Crm()
    segment = await static(hub, settings, "Some", "ann", "bob")
    export = await an_export(hub, {"crm": crm}, segment.id)
    await delete_profiles(hub, "Contact", ["ann"])
    await run(hub, settings, {"crm": crm}, export)
    assert crm.committed == ["bob"]
    assert (await only_run(export)).manifest.expected == 1


@pytest.mark.usefixtures("world")
async def test_a_member_that_cannot_be_read_fails_the_run_and_nothing_is_delivered(
    hub: Hub, settings: Settings
) -> None:
    crm = Crm()
    segment = await static(hub, settings, "Some", "ann", "bob")
    export = await an_export(hub, {"crm": crm}, segment.id)
    await hub.collection("profiles.Contact").delete_one({"key": "ann"})
    [job] = await run(hub, settings, {"crm": crm}, export)
    assert (job.status, crm.committed, crm.aborts) == (JobStatus.FAILED, [], 1)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (DestinationUnavailable("busy until noon"), "DESTINATION_UNAVAILABLE", "busy until noon"),
        (ValueError("secret detail"), "PLUGIN_FAILED", "Exporter 'crm' failed: ValueError"),
    ],
)
async def test_a_failure_is_told_and_leaves_nothing(
    hub: Hub, settings: Settings, failure: Exception, code: str, message: str
) -> None:
    crm = Crm(failure=failure)
    segment = await static(hub, settings, "Some", "ann")
    export = await an_export(hub, {"crm": crm}, segment.id)
    [job] = await run(hub, settings, {"crm": crm}, export)
    assert (job.status, job.error_code) == (JobStatus.FAILED, code)
    assert message in (job.error or "")
    manifest = (await only_run(export)).manifest
    assert (manifest.expected, manifest.delivered, manifest.location) == (1, 0, None)
    assert (crm.committed, crm.aborts) == ([], 1)
    assert (await only_run(export)).manifest.delivered == 0


@pytest.mark.usefixtures("world")
async def test_one_failing_segment_does_not_stop_the_others(hub: Hub, settings: Settings) -> None:
    crm = Crm()
    first, second = await static(hub, settings, "First", "ann"), await static(hub, settings, "Second", "bob")
    export = await an_export(hub, {"crm": crm}, first.id, second.id)
    await hub.collection("segments").update_one({"_id": first.id}, {"$set": {"state": "INACTIVE"}})
    statuses = [job.status for job in await run(hub, settings, {"crm": crm}, export)]
    assert statuses == [JobStatus.FAILED, JobStatus.SUCCESSFUL]
    assert crm.committed == ["bob"]


@pytest.mark.usefixtures("world")
async def test_a_canceled_job_delivers_nothing(hub: Hub, settings: Settings) -> None:
    crm = Crm()
    segment = await static(hub, settings, "Some", "ann")
    export = await an_export(hub, {"crm": crm}, segment.id)
    queue = ListQueue()
    [job] = await request_export(hub, queue, export.id)
    await cancel_job(hub, job.id, NOW)
    await run_exports(hub, {"crm": crm}, settings, queue, RunId(queue.announced[0]), "test")
    assert ((await job_now(hub, job)).status, crm.committed) == (JobStatus.CANCELED, [])


@pytest.mark.usefixtures("world")
async def test_deleting_an_export_cancels_its_deliveries(hub: Hub, settings: Settings) -> None:
    segment = await static(hub, settings, "Some", "ann")
    export = await an_export(hub, {"crm": Crm()}, segment.id)
    queue = ListQueue()
    [job] = await request_export(hub, queue, export.id)

    class Slow(Crm):
        """Is still writing when the export is deleted."""

        async def write(self, batch: pa.RecordBatch) -> Sequence[RejectedMember]:
            await delete_export(hub, export.id)
            await asyncio.sleep(60)
            return []

    slow = Slow()
    async with asyncio.timeout(60):
        await run_exports(hub, {"crm": slow}, settings, queue, RunId(queue.announced[0]), "test")
    assert ((await job_now(hub, job)).status, slow.aborts, slow.committed) == (JobStatus.CANCELED, 1, [])


@pytest.mark.usefixtures("world")
async def test_a_run_keeps_the_name_of_a_segment_that_was_deleted(hub: Hub, settings: Settings) -> None:
    crm = Crm()
    segment = await static(hub, settings, "Some", "ann")
    export = await an_export(hub, {"crm": crm}, segment.id)
    await run(hub, settings, {"crm": crm}, export)
    await remove_segment_from_export(export.id, segment.id)
    await delete_segments(hub, [segment.id])
    assert (await only_run(export)).segment_name == "Some"


@pytest.mark.usefixtures("world")
async def test_a_run_is_done_once_however_often_it_is_announced(hub: Hub, settings: Settings) -> None:
    crm = Crm()
    segment = await static(hub, settings, "Some", "ann")
    export = await an_export(hub, {"crm": crm}, segment.id)
    [job] = await run(hub, settings, {"crm": crm}, export)
    await run_exports(hub, {"crm": crm}, settings, ListQueue(), RunId(job.run), "another")
    assert crm.taken == ["ann"]


@pytest.mark.usefixtures("world")
async def test_an_export_without_segments_is_refused(hub: Hub) -> None:
    export = await an_export(hub, {"crm": Crm()})
    with pytest.raises(RequestError, match="has no segments"):
        await request_export(hub, ListQueue(), export.id)


@pytest.mark.usefixtures("world")
async def test_scheduled_exports_follow_a_scheduled_refresh_once(hub: Hub, settings: Settings) -> None:
    crm, queue = Crm(), ListQueue()
    exporters: dict[str, AnyExporter] = {"crm": crm}
    old = await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    broken = await dynamic(hub, settings, "Broken", "PROFILE(Contact).FILTER(Age < 40)", queue=queue)
    await an_export(hub, exporters, old.id, broken.id, is_scheduled=True)
    gone = {"$set": {"query": "PROFILE(Contact).FILTER(Gone == 1)"}}
    await hub.collection("segments").update_one({"_id": broken.id}, gone)
    workplace = Workplace(settings=settings, exporters=exporters, queue=queue, owner="test", hub=hub)
    while queue.announced:
        await workplace.perform(queue.announced.pop(0))
    assert await hub.collection("jobs").count_documents({"kind": "EXPORT"}) == 0, "nothing was scheduled yet"
    await request_refresh(hub, queue, [old.id, broken.id], NOW, JobTrigger.SCHEDULE)
    while queue.announced:
        await workplace.perform(queue.announced.pop(0))
    [delivery] = [row async for row in hub.collection("jobs").find({"kind": "EXPORT"})]
    assert (delivery["subject"], delivery["status"], delivery["trigger"]) == (old.id, "SUCCESSFUL", "SCHEDULE")
    assert crm.committed == ["cleo", "dan"]
