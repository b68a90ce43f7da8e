"""Reads the lines of a CSV file: in UTF-8 or UTF-16, with the separator that its header shows."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from seggql.ingest.outcome import BadRow, RejectionCode

SEPARATORS = ",;\t|"
"""What may stand between cells; spreadsheets write semicolons where a comma is the decimal point."""

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

QUOTED = re.compile(r'"[^"]*"')


class BadLine(BadRow):
    """A line that is no row, with its text."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(RejectionCode.BAD_ROW, message)
        self.text = text


class CsvLines:
    """An open file: the `names` in its header, its `separator`, and by iteration its rows by name."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._text = _decoded(file)
        header = next(self._text, "")
        self.separator = separator_of(header)
        self._taken: list[str] = []
        self._cells = _reader(self._remembered(chain([header], self._text)), self.separator)
        self.names = next(self._cells, [])

    @property
    def bytes_read(self) -> int:
        """How far the file is read."""
        return self._file.tell()

    def __iter__(self) -> Iterator[Mapping[str, object] | BadLine]:
        while True:
            self._taken.clear()
            try:
                cells = next(self._cells)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadLine(f"The line cannot be read: {error}.", "".join(self._taken))
                continue
            if cells:
                yield _by_name(self.names, cells, self._taken)

    def _remembered(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._taken.append(line)
            yield line


@contextmanager
def open_csv(path: Path, max_bytes: int) -> Iterator[CsvLines]:
    """The file at `path`; what is no UTF-8 becomes surrogates, which are rejected row by row."""
    csv.field_size_limit(max_bytes)
    with path.open("rb") as file:
        yield CsvLines(file)


def read_csv_text(text: str, separator: str, names: Sequence[str]) -> Mapping[str, object]:
    """One row from the text of its line. Raises: BadLine."""
    try:
        rows = [cells for cells in _reader(io.StringIO(text, newline=""), separator) if cells]
    except csv.Error as error:
        raise BadLine(f"The line cannot be read: {error}.", text) from None
    if len(rows) != 1:
        raise BadLine(f"The text holds {len(rows)} rows instead of one.", text)
    row = _by_name(names, rows[0], [text])
    if isinstance(row, BadLine):
        raise row
    return row


def separator_of(header: str) -> str:
    """The separator that a header has most of; of equally many the comma, or whichever comes first in SEPARATORS."""
    unquoted = QUOTED.sub("", header)
    return max(SEPARATORS, key=unquoted.count)


def _decoded(file: BinaryIO) -> Iterator[str]:
    mark = file.read(2)
    file.seek(0)
    if mark in UTF_16_MARKS:
        return io.TextIOWrapper(file, "utf-16", newline="")
    return io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")


def _reader(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=separator, strict=True)


def _by_name(names: Sequence[str], cells: list[str], taken: Sequence[str]) -> Mapping[str, object] | BadLine:
    if len(cells) != len(names):
        return BadLine(f"The line has {len(cells)} cells; there are {len(names)} columns.", "".join(taken))
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell}
