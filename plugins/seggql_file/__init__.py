"""The built-in exporter `file`: members as a CSV, NDJSON or Parquet file below the export folder."""

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from seggql.exporter import (
    AnyExporter,
    Delivery,
    DeliveryRejected,
    DestinationUnavailable,
    Encoder,
    Exporter,
    ExporterConfig,
    FileFormat,
    Receipt,
    RejectedMember,
    hookimpl,
    make_encoder,
)

FOLDER_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\Z")

NAME_MAX_BYTES = 80
"""Longest part of an export's name in a file's; file systems allow 255 bytes, and segment, generation, digest, run id
and the hidden file's ending are to fit beside it."""

LEFT_AFTER_S = 24 * 3600
"""Nobody goes on with a partial file that was not written to for so long."""


class FileOptions(BaseModel):
    """Where below the export folder, and in which format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: FileFormat = Field(default=FileFormat.CSV, description="csv, ndjson or parquet; the ending of the files.")
    folder: str = Field(
        default="", description="Folder below the export folder, made where it is missing; empty is itself."
    )

    @field_validator("folder")
    @classmethod
    def _stays_below(cls, folder: str) -> str:
        if folder and not FOLDER_PATTERN.match(folder):
            raise ValueError("must be names of letters, digits, '_', '-' and '.', with '/' between them")
        return folder


class FileExporter(Exporter[FileOptions]):
    """Writes `<export>-<segment>-<generation>.<format>`; a delivery that is run again replaces its own file."""

    name: ClassVar[str] = "file"
    display_name: ClassVar[str] = "File"
    description: ClassVar[str] = "A CSV, NDJSON or Parquet file in a folder of the machine that runs the worker."
    version: ClassVar[str] = "1.0"
    options_model: ClassVar[type[BaseModel]] = FileOptions

    def __init__(self, config: ExporterConfig) -> None:
        self._root = config.export_dir

    async def check(self, options: FileOptions) -> None:
        """Make the folder and see that a file can be made in it."""
        await asyncio.to_thread(self._probe, options)

    async def open(self, delivery: Delivery, options: FileOptions) -> "FileWriter":
        """Begin a file under a hidden name beside its final one."""
        name = f"{_file_name(delivery.export)}-{delivery.segment}-{delivery.generation}.{options.format.value}"
        folder = await asyncio.to_thread(self._folder, options)
        await asyncio.to_thread(_clear_away, folder, delivery.run_id)
        partial = folder / f".{name}.{delivery.run_id}.{secrets.token_hex(2)}.part"
        try:
            file = await asyncio.to_thread(partial.open, "wb")
        except OSError as error:
            raise DestinationUnavailable(f"{partial} cannot be written: {error.strerror}.") from error
        writer = FileWriter(file, partial, folder / name, make_encoder(options.format, delivery.schema))
        try:
            await writer.start()
        except BaseException:
            await asyncio.shield(writer.abort())
            raise
        return writer

    def _folder(self, options: FileOptions) -> Path:
        """The folder, made where missing; a symbolic link that leads out of the export folder is refused."""
        folder = self._root / options.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DestinationUnavailable(f"{folder} cannot be made: {error.strerror}.") from error
        if not folder.resolve().is_relative_to(self._root.resolve()):
            raise DeliveryRejected(f"{folder} leads out of the export folder {self._root}.")
        return folder

    def _probe(self, options: FileOptions) -> None:
        probe = self._folder(options) / f".check-{os.getpid()}"
        try:
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise DestinationUnavailable(f"{probe.parent} cannot be written: {error.strerror}.") from error


def _file_name(text: str) -> str:
    """`text` as the beginning of a file's name: no other text has the same, so that no export replaces another's file.

    What a file system may dislike becomes `_`, and what is long is cut; a digest of the text then keeps it unique.
    """
    name = re.sub(r"[^\w.-]", "_", text).lstrip(".")
    name = name.encode()[:NAME_MAX_BYTES].decode(errors="ignore")
    return name if name == text else f"{name}~{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _clear_away(folder: Path, run_id: str) -> None:
    """Remove what earlier attempts at the same delivery left, whose worker died, and what others left long ago.

    An earlier attempt that is alive after all can then neither get its file's name nor touch ours.
    """
    for partial in folder.glob(".*.part"):
        try:
            if f".{run_id}." in partial.name or time.time() - partial.stat().st_mtime > LEFT_AFTER_S:
                partial.unlink()
        except OSError:
            continue  # somebody else was faster, or it is not ours to remove


class FileWriter:
    """A file being written; it gets its name, all at once, on `commit`."""

    def __init__(self, file: BinaryIO, partial: Path, target: Path, encoder: Encoder) -> None:
        self._file = file
        self._partial = partial
        self._target = target
        self._encoder = encoder
        self._checksum = hashlib.sha256()
        self._bytes = 0

    async def start(self) -> None:
        """Write what stands before the first batch."""
        await asyncio.to_thread(self._append, self._encoder.start())

    async def write(self, batch: pa.RecordBatch) -> Sequence[RejectedMember]:
        """Append the batch; a file takes every member."""
        await asyncio.to_thread(lambda: self._append(self._encoder.encode(batch)))
        return ()

    async def commit(self) -> Receipt:
        """Finish the file, flush it to disk and give it its name."""
        await asyncio.to_thread(self._finish)
        return Receipt(location=str(self._target), bytes=self._bytes, checksum=self._checksum.hexdigest())

    async def abort(self) -> None:
        """Remove the partial file."""
        self._file.close()
        await asyncio.to_thread(self._partial.unlink, missing_ok=True)

    def _append(self, chunk: bytes) -> None:
        try:
            self._file.write(chunk)
        except OSError as error:
            raise DestinationUnavailable(f"{self._partial} cannot be written: {error.strerror}.") from error
        self._checksum.update(chunk)
        self._bytes += len(chunk)

    def _finish(self) -> None:
        self._append(self._encoder.finish())
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.replace(self._target)
        except OSError as error:
            raise DestinationUnavailable(f"{self._target} cannot be written: {error.strerror}.") from error


@hookimpl
def seggql_exporters(config: ExporterConfig) -> list[AnyExporter]:
    """Offer the file exporter."""
    return [FileExporter(config)]
