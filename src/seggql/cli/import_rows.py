"""Imports a file with a bar, totals, and a file of what was rejected."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from seggql.errors import RequestCode, RequestError, UnavailableError
from seggql.ingest.import_file import FileImport, ImportStep, import_file
from seggql.ingest.outcome import IngestOutcome
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.outage import OUTAGES, outage
from seggql.store.schema import schema_version


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
    rejected_rows = _RejectedRows(rejected_path, wanted.path)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        await schema_version(hub)
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

    def __init__(self, path: Path, imported: Path) -> None:
        if path.resolve() == imported.resolve():
            raise RequestError(RequestCode.INVALID, f"Rejected rows cannot go to {path}: that is the file to import.")
        self._path = path
        self._file: TextIO | None = None
        self._is_of_earlier_import = True

    def __enter__(self) -> "_RejectedRows":
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        elif failure is None:
            self._forget_earlier_import()

    def add(self, step: ImportStep) -> None:
        """Write down what was rejected of one part of the file."""
        self._forget_earlier_import()
        for row in step.rejected_rows:
            file = self._file = self._file or self._opened()
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + os.linesep)

    def _forget_earlier_import(self) -> None:
        """Only once rows were read: a command that is wrong leaves the file of the one before."""
        if self._is_of_earlier_import:
            with _told(self._path):
                self._path.unlink(missing_ok=True)
        self._is_of_earlier_import = False

    def _opened(self) -> TextIO:
        with _told(self._path):
            return self._path.open("w", encoding="utf-8", errors="backslashreplace")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the file system refuses is told. Raises: RequestError (INVALID)."""
    try:
        yield
    except OSError as error:
        message = f"Rejected rows cannot go to {path}: {error.strerror}. Name another file: --rejected."
        raise RequestError(RequestCode.INVALID, message) from None
