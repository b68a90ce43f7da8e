"""Imports a file with a bar, totals, and a file of what was rejected."""

import asyncio
import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from seggql.errors import UnavailableError
from seggql.ingest.import_file import FileImport, ImportStep, import_file
from seggql.ingest.outcome import IngestOutcome
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.outage import OUTAGES, outage


def import_rows(settings: Settings, wanted: FileImport, rejected_path: Path) -> IngestOutcome:
    """Import into the hub of `settings`, print the totals, and return them; rejected rows go to `rejected_path`."""
    console = Console(stderr=True, highlight=False)
    totals = asyncio.run(_import(settings, wanted, rejected_path, console))
    counts = f"{totals.stored} stored, {totals.unchanged} unchanged, {totals.rejected} rejected"
    where = f" (see {rejected_path})" if totals.rejected else ""
    print(f"{totals.received} rows: {counts}{where}")
    return totals


async def _import(settings: Settings, wanted: FileImport, rejected_path: Path, console: Console) -> IngestOutcome:
    hub = open_hub(settings)
    totals = IngestOutcome()
    size = wanted.path.stat().st_size if wanted.path.exists() else 0
    rejected_rows = _RejectedRows(rejected_path)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as progress, rejected_rows:
            task = progress.add_task(wanted.path.name, total=size)
            async for step in import_file(hub, wanted):
                totals += step.outcome.counts()
                rejected_rows.add(step)
                progress.update(task, completed=step.bytes_read)
    except OUTAGES as error:
        raise outage(error) from None
    except UnavailableError as error:
        raise UnavailableError(f"{error} {totals.received} rows are done; run the same command again.") from None
    finally:
        await hub.close()
    return totals


class _RejectedRows:
    """The file of rejected rows; made with the first of them, replaced by every import."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> "_RejectedRows":
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, step: ImportStep) -> None:
        """Write down what was rejected of one part of the file."""
        for rejection, values in zip(step.outcome.rejections, step.rejected_values, strict=True):
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", errors="backslashreplace")
            line = {
                "row": rejection.index + 1,
                "code": rejection.code.value,
                "message": rejection.message,
                "field": rejection.field,
                "values": values if isinstance(values, dict) else None,
            }
            self._file.write(json.dumps(line, ensure_ascii=False, default=_as_text) + os.linesep)


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
