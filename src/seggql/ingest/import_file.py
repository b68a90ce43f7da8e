"""Imports a file: its rows are stored batch by batch, and a run that was killed can simply be run again.

Interactions without an id of their own get one from the file's content and the row's place in it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from seggql.ingest.columns import ColumnOptions, Columns, plan_columns
from seggql.ingest.files import Part, fingerprint, read_layout, read_parts
from seggql.ingest.formats import RowFormat
from seggql.ingest.json_lines import parsed
from seggql.ingest.kinds import STORES, RowKind, require_type
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.reading import Reading
from seggql.ingest.rejected_rows import Layout, written_row
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """What to import and how; rows of NDJSON are input objects of the API unless `columns` says otherwise."""

    path: Path
    row_format: RowFormat
    kind: RowKind
    type_name: str
    columns: ColumnOptions
    row_max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportStep:
    """One part of the file: what became of it, how far the file is read, and its rejected rows, to be written down."""

    outcome: IngestOutcome
    bytes_read: int
    rejected_rows: tuple[dict[str, object], ...]


async def import_file(hub: Hub, wanted: FileImport) -> AsyncIterator[ImportStep]:
    """Store the rows of a file, and tell of each part that is stored.

    Raises: RequestError NOT_FOUND or INVALID before anything is stored; UnavailableError at any time.
    """
    await require_type(hub, wanted.kind, wanted.type_name)
    layout = await _layout(wanted)
    plan = await _plan(hub, wanted, layout)
    prefix = await asyncio.to_thread(fingerprint, wanted.path) if wanted.kind is RowKind.INTERACTIONS else ""
    reading = Reading(
        row_max_bytes=wanted.row_max_bytes, from_text=layout.row_format is RowFormat.CSV, id_prefix=prefix
    )
    parts = read_parts(wanted.path, wanted.row_format, max_bytes=wanted.row_max_bytes)
    while part := await asyncio.to_thread(next, parts, None):
        rows = _rows(part, plan)
        outcome = await STORES[wanted.kind](hub, wanted.type_name, rows, reading)
        rejected = tuple(
            written_row(rejection, part.values[rejection.index - reading.first_index], layout)
            for rejection in outcome.rejections
        )
        yield ImportStep(outcome=outcome, bytes_read=part.bytes_read, rejected_rows=rejected)
        reading = replace(reading, first_index=reading.first_index + len(rows))


async def _layout(wanted: FileImport) -> Layout:
    if wanted.row_format is RowFormat.NDJSON and wanted.columns.is_empty:
        return Layout(row_format=RowFormat.NDJSON)
    return await asyncio.to_thread(read_layout, wanted.path, wanted.row_format, max_bytes=wanted.row_max_bytes)


async def _plan(hub: Hub, wanted: FileImport, layout: Layout) -> Columns | None:
    if layout.row_format is RowFormat.NDJSON and wanted.columns.is_empty:
        return None
    return plan_columns(await load_catalog(hub), wanted.kind, wanted.type_name, layout.columns, wanted.columns)


def _rows(part: Part, plan: Columns | None) -> list[object]:
    if plan is None:
        return part.values
    return [plan.row(row) if isinstance(row := parsed(values), dict) else row for values in part.values]
