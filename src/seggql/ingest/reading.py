"""Reads rows one by one: what can be taken, and the rejections of the rest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from seggql.catalog.model import Attribute
from seggql.ingest.attributes import AttributeReader, json_reader, text_reader
from seggql.ingest.outcome import BadRow, Rejection, RejectionCode, rejection

CHUNK_ROWS = 5_000
"""Rows written at once: large enough for MongoDB's pace, small enough that a chunk takes about a second."""

ROW_MAX_BYTES = 15 * 1024 * 1024
"""Largest row by default; a document of MongoDB holds 16 MiB."""

DOCUMENT_MAX_BYTES = 16 * 1024 * 1024
"""MongoDB's own limit, whatever the settings say."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows are read: where their numbers begin, how large one may be, whether values are CSV text.

    With an `id_prefix`, interactions without an id get one from it and their number.
    """

    first_index: int = 0
    row_max_bytes: int = ROW_MAX_BYTES
    from_text: bool = False
    id_prefix: str = ""

    def reader(self, attributes: tuple[Attribute, ...]) -> AttributeReader:
        """The reader of attributes for these rows."""
        return text_reader(attributes) if self.from_text else json_reader(attributes)

    @property
    def limit_bytes(self) -> int:
        """The largest document that may come of a row."""
        return min(self.row_max_bytes, DOCUMENT_MAX_BYTES)

    def refusal_of_size(self, index: int, size: int) -> Rejection:
        """The rejection of row `index`, whose document of `size` bytes is too large."""
        message = f"It takes {size} bytes; {self.limit_bytes} are allowed."
        return rejection(index, BadRow(RejectionCode.ROW_TOO_LARGE, message))

    def chunks(self, rows: Sequence[object]) -> Iterator[tuple["Reading", Sequence[object]]]:
        """`rows` in chunks, each with its own first index."""
        for start in range(0, len(rows), CHUNK_ROWS):
            yield replace(self, first_index=self.first_index + start), rows[start : start + CHUNK_ROWS]


def read_rows(
    rows: Sequence[object], reading: Reading, read_row: Callable[[int, object], Row]
) -> tuple[list[Row], list[Rejection]]:
    """The rows that `read_row` takes, and the rejections of those it refuses."""
    accepted: list[Row] = []
    rejections: list[Rejection] = []
    for index, raw in enumerate(rows, reading.first_index):
        try:
            accepted.append(read_row(index, raw))
        except BadRow as bad:
            rejections.append(rejection(index, bad))
    return accepted, rejections
