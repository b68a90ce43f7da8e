"""Imports a file: its rows are stored batch by batch, and a run that was killed can simply be run again.

Interactions without an id of their own get one from the file's content and the row's place in it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from seggql.ingest.columns import ColumnOptions, Columns, plan_columns
from seggql.ingest.files import Part, column_names, fingerprint, read_parts
from seggql.ingest.formats import RowFormat
from seggql.ingest.json_lines import parsed
from seggql.ingest.kinds import STORES, RowKind, require_type
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.reading import Reading
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
    """One part of the file: what became of it, how far the file is read, and the lines that were rejected."""

    outcome: IngestOutcome
    bytes_read: int
    rejected_values: tuple[object, ...]


async def import_file(hub: Hub, wanted: FileImport) -> AsyncIterator[ImportStep]:
    """Store the rows of a file, and tell of each part that is stored.

    Raises: RequestError NOT_FOUND or INVALID before anything is stored; UnavailableError at any time.
    """
    await require_type(hub, wanted.kind, wanted.type_name)
    plan = await _plan(hub, wanted)
    prefix = await asyncio.to_thread(fingerprint, wanted.path) if wanted.kind is RowKind.INTERACTIONS else ""
    reading = Reading(
        row_max_bytes=wanted.row_max_bytes, from_text=wanted.row_format is RowFormat.CSV, id_prefix=prefix
    )
    parts = read_parts(wanted.path, wanted.row_format, max_bytes=wanted.row_max_bytes)
    while part := await asyncio.to_thread(next, parts, None):
        rows = _rows(part, plan)
        outcome = await STORES[wanted.kind](hub, wanted.type_name, rows, reading)
        rejected = tuple(parsed(part.values[rejection.index - reading.first_index]) for rejection in outcome.rejections)
        yield ImportStep(outcome=outcome, bytes_read=part.bytes_read, rejected_values=rejected)
        reading = replace(reading, first_index=reading.first_index + len(rows))


async def _plan(hub: Hub, wanted: FileImport) -> Columns | None:
    if wanted.row_format is RowFormat.NDJSON and wanted.columns.is_empty:
        return None
    names = await asyncio.to_thread(column_names, wanted.path, wanted.row_format)
    return plan_columns(await load_catalog(hub), wanted.kind, wanted.type_name, names, wanted.columns)


def _rows(part: Part, plan: Columns | None) -> list[object]:
    if plan is None:
        return part.values
    return [plan.row(row) if isinstance(row := parsed(values), dict) else row for values in part.values]
