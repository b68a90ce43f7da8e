"""One delivery: a segment's members read, encoded as batches, and handed to an exporter; all of it or nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

import pyarrow as pa
from pydantic import BaseModel
from pyroaring import BitMap

from seggql.errors import ExportError, InvariantError, PluginError, SeggqlError
from seggql.exporter import AnyExporter, Delivery, Writer
from seggql.exports.columns import Column, record_batch
from seggql.store.deleted import deleted_ordinals
from seggql.store.export_runs import Manifest
from seggql.store.hub import Hub
from seggql.store.profile_rows import read_profile_rows

T = TypeVar("T")
LOG = logging.getLogger(__name__)

SHOWN_REJECTIONS = 20
"""How many reasons a run keeps; the counts are complete."""

Progress = Callable[[int], Awaitable[None]]
"""Told how many members were read so far; raises to stop the delivery."""


async def deliver(
    hub: Hub,
    exporter: AnyExporter,
    options: BaseModel,
    delivery: Delivery,
    members: BitMap,
    columns: Sequence[Column],
    progress: Progress,
) -> Manifest:
    """Carry `members` to the destination; those deleted meanwhile are withheld.

    Raises: ExportError as the exporter raised it; PluginError where it raised anything else or broke its contract. In
    every case nothing of the delivery is left behind.
    """
    writer = await _guarded(exporter, exporter.open(delivery, options))
    try:
        return await _write_all(hub, exporter, writer, delivery, members, columns, progress)
    except BaseException:
        await asyncio.shield(_abort(exporter, writer))
        raise


async def member_batches(
    hub: Hub, profile_type: str, members: BitMap, columns: Sequence[Column], schema: pa.Schema
) -> AsyncIterator[pa.RecordBatch]:
    """The members' columns in batches of at most 10,000 rows, by ordinal; deleted members are left out."""
    attributes = sorted({column.path[0] for column in columns if column.path})
    async for rows in read_profile_rows(hub, profile_type, members, attributes):
        yield await asyncio.to_thread(record_batch, columns, schema, rows)


async def _write_all(
    hub: Hub,
    exporter: AnyExporter,
    writer: Writer,
    delivery: Delivery,
    members: BitMap,
    columns: Sequence[Column],
    progress: Progress,
) -> Manifest:
    read = rejected = 0
    reasons: list[str] = []
    async for batch in member_batches(hub, delivery.profile_type, members, columns, delivery.schema):
        refused = await _guarded(exporter, writer.write(batch))
        if not all(0 <= refusal.row < batch.num_rows for refusal in refused):
            raise PluginError(f"Exporter {exporter.name!r} rejected a row that the batch does not have.")
        read += batch.num_rows
        rejected += len({refusal.row for refusal in refused})
        reasons += [refusal.reason for refusal in refused][: SHOWN_REJECTIONS - len(reasons)]
        await progress(read)
    withheld = len(members) - read
    if withheld > len(members & await deleted_ordinals(hub, delivery.profile_type)):
        raise InvariantError(f"{withheld} members of {delivery.segment} could not be read; nothing was delivered")
    receipt = await _guarded(exporter, writer.commit())
    return Manifest(
        expected=len(members),
        delivered=read - rejected,
        rejected=rejected,
        withheld=withheld,
        reasons=tuple(reasons),
        bytes=receipt.bytes,
        checksum=receipt.checksum,
        location=receipt.location,
    )


async def _guarded(exporter: AnyExporter, call: Awaitable[T]) -> T:
    """What a plugin's call returns; whatever it raises that is not in the contract becomes a PluginError."""
    try:
        return await call
    except ExportError:
        raise
    except Exception as error:  # a plugin may raise anything
        raise PluginError(f"Exporter {exporter.name!r} failed: {type(error).__name__}: {error}") from error


async def _abort(exporter: AnyExporter, writer: Writer) -> None:
    """Clean up; a plugin that fails at that must not hide why the delivery ended."""
    try:
        await _guarded(exporter, writer.abort())
    except SeggqlError as error:
        LOG.warning("export.abort_failed", extra={"exporter": exporter.name, "error": str(error)})
