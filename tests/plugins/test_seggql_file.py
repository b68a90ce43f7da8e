"""The file exporter: whole files or none, only below the export folder."""

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError
from seggql_file import FileExporter, FileOptions, FileWriter

from seggql.exporter import Delivery, DeliveryRejected, DestinationUnavailable, ExporterConfig, ExportMode, FileFormat

SCHEMA = pa.schema([("Key", pa.string())])
BATCH = pa.RecordBatch.from_pylist([{"Key": "a"}, {"Key": "b"}], SCHEMA)


def delivery(export: str = "weekly", run_id: str = "r1") -> Delivery:
    return Delivery(
        run_id=run_id,
        export=export,
        segment="Vip",
        generation=3,
        profile_type="Contact",
        mode=ExportMode.FULL,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        expected=2,
        schema=SCHEMA,
    )


@pytest.fixture
def exporter(tmp_path: Path) -> FileExporter:
    return FileExporter(ExporterConfig(export_dir=tmp_path / "exports"))


async def test_a_delivery_becomes_a_file_with_its_size_and_checksum(exporter: FileExporter) -> None:
    writer = await exporter.open(delivery(), FileOptions(folder="crm/eu"))
    assert await writer.write(BATCH) == ()
    receipt = await writer.commit()
    content = Path(receipt.location).read_bytes()
    assert content == b"Key\na\nb\n"
    assert receipt.location.endswith("exports/crm/eu/weekly-Vip-3.csv")
    assert (receipt.bytes, receipt.checksum) == (len(content), hashlib.sha256(content).hexdigest())


async def test_nothing_is_visible_before_commit_and_nothing_left_after_abort(
    exporter: FileExporter, tmp_path: Path
) -> None:
    writer = await exporter.open(delivery(), FileOptions())
    await writer.write(BATCH)
    assert not list((tmp_path / "exports").glob("[!.]*"))
    await writer.abort()
    await writer.abort()
    assert not list((tmp_path / "exports").iterdir())


async def test_a_delivery_run_again_replaces_its_file(exporter: FileExporter, tmp_path: Path) -> None:
    for run_id in ("r1", "r2"):
        writer = await exporter.open(delivery(run_id=run_id), FileOptions())
        await writer.write(BATCH)
        await writer.commit()
    assert [path.name for path in (tmp_path / "exports").iterdir()] == ["weekly-Vip-3.csv"]


async def test_what_a_dead_worker_left_goes_with_the_next_attempt_and_otherwise_after_a_day(
    exporter: FileExporter, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    dead = [await exporter.open(delivery(run_id=run_id), FileOptions()) for run_id in ("r1", "r2", "r3")]
    (old,) = folder.glob("*.r3.*.part")
    os.utime(old, (0, 0))
    writer = await exporter.open(replace(delivery(run_id="r1"), generation=4), FileOptions())
    await writer.write(BATCH)
    await writer.commit()
    left = [path.name for path in folder.iterdir()]
    assert len(left) == 2
    assert "weekly-Vip-4.csv" in left
    assert any(".r2." in name for name in left), "somebody may be at work on it"
    for one in dead:
        await one.abort()


async def test_an_earlier_attempt_that_wakes_up_does_no_harm(exporter: FileExporter) -> None:
    asleep = await exporter.open(delivery(), FileOptions())
    await asleep.write(BATCH)
    awake = await exporter.open(delivery(), FileOptions())
    await asleep.write(BATCH)
    with pytest.raises(DestinationUnavailable):
        await asleep.commit()
    await asleep.abort()
    await awake.write(BATCH)
    receipt = await awake.commit()
    assert Path(receipt.location).read_bytes() == b"Key\na\nb\n"


@pytest.mark.parametrize("name", ["../../etc/passwd", ".hidden", "a/b", "", "..", "x\ny"])
async def test_names_cannot_leave_the_folder(exporter: FileExporter, tmp_path: Path, name: str) -> None:
    writer = await exporter.open(delivery(export=name), FileOptions(format=FileFormat.NDJSON))
    receipt = await writer.commit()
    assert Path(receipt.location).resolve().parent == (tmp_path / "exports").resolve()


async def test_nothing_is_left_of_a_file_that_could_not_be_begun(
    exporter: FileExporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(writer: FileWriter) -> None:
        raise DestinationUnavailable("the disk is full")

    monkeypatch.setattr(FileWriter, "start", full)
    with pytest.raises(DestinationUnavailable):
        await exporter.open(delivery(), FileOptions())
    assert not list((tmp_path / "exports").iterdir())


async def test_exports_whose_names_differ_only_in_what_files_cannot_hold_have_files_of_their_own(
    exporter: FileExporter,
) -> None:
    locations = set()
    for name in ("a/b", "a_b", "a:b", ".a_b", "语" * 100, "语" * 99 + "言"):
        writer = await exporter.open(delivery(export=name, run_id="6b02e515575c815f9bfd6645"), FileOptions())
        locations.add((await writer.commit()).location)
    assert len(locations) == 6


@pytest.mark.parametrize("folder", ["..", "/etc", "a/../../b", "a//b", "a/.b", "a\x00", ".", "a/"])
def test_folders_outside_are_refused(folder: str) -> None:
    with pytest.raises(ValidationError, match="must be names"):
        FileOptions(folder=folder)


async def test_a_link_that_leads_out_is_refused(exporter: FileExporter, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "out").symlink_to(tmp_path)
    with pytest.raises(DeliveryRejected, match="leads out of the export folder"):
        await exporter.check(FileOptions(folder="out"))


async def test_a_folder_that_cannot_be_made_is_unavailable(exporter: FileExporter, tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file stands where the folder should be")
    with pytest.raises(DestinationUnavailable, match="cannot be made"):
        await exporter.check(FileOptions())


async def test_a_check_leaves_nothing_behind(exporter: FileExporter, tmp_path: Path) -> None:
    await exporter.check(FileOptions(folder="crm"))
    assert not list((tmp_path / "exports" / "crm").iterdir())
