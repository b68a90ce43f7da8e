"""One attribute of many records as arrays: numbers, texts, or arrays with their items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from seggql.columns.layout import ITEM, Layout, Storage

Mask = NDArray[np.bool_]
Vector = NDArray[Any]
Rows = NDArray[np.intp]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

DTYPES: Mapping[Storage, type[np.generic]] = {
    Storage.BOOLEAN: np.bool_,
    Storage.PRESENCE: np.bool_,
    Storage.INT: np.int32,
    Storage.LONG: np.int64,
    Storage.DOUBLE: np.float64,
    Storage.DATETIME: np.int64,
    Storage.ORDINAL: np.uint32,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """Numbers, truths, or instants as milliseconds; `present` None means all, and elsewhere values mean nothing."""

    storage: Storage
    values: Vector
    present: Mask | None = None

    @property
    def rows(self) -> int:
        """How many records."""
        return len(self.values)

    @property
    def is_present(self) -> Mask:
        """Where there is a value."""
        return np.ones(len(self.values), dtype=bool) if self.present is None else self.present

    def take(self, rows: Rows) -> "Numbers":
        """The values of some rows, in their order."""
        present = None if self.present is None else self.present[rows]
        return Numbers(storage=self.storage, values=self.values[rows], present=present)

    def value(self, row: int) -> Any:
        """As the interpreter has it; None where missing."""
        if self.present is not None and not self.present[row]:
            return None
        match self.storage:
            case Storage.DATETIME:
                return EPOCH + int(self.values[row]) * MILLISECOND
            case Storage.PRESENCE:
                return {} if self.values[row] else None
            case _:
                return self.values.item(row)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """Codes into `distinct`, texts in the order of code points whose last is null: the code of what is missing."""

    storage: Storage
    codes: Vector
    distinct: pa.Array

    @property
    def rows(self) -> int:
        """How many records."""
        return len(self.codes)

    @property
    def missing(self) -> int:
        """The code of what is missing; all codes of texts are below it."""
        return len(self.distinct) - 1

    @property
    def is_present(self) -> Mask:
        """Where there is a text."""
        present: Mask = self.codes != self.missing
        return present

    def take(self, rows: Rows) -> "Texts":
        """The texts of some rows, in their order."""
        return Texts(storage=self.storage, codes=self.codes[rows], distinct=self.distinct)

    def value(self, row: int) -> Any:
        """As the interpreter has it; None where missing."""
        return self.meaning(self.distinct[int(self.codes[row])].as_py())

    def meaning(self, text: str | None) -> str | Decimal | None:
        """A text as the value that it stands for."""
        return Decimal(text) if text is not None and self.storage is Storage.DECIMAL else text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """Items of all rows in one row of `items` each: those of row i from `offsets[i]` up to `offsets[i + 1]`."""

    offsets: NDArray[np.int64]
    items: "Mapping[str, Column]"
    present: Mask | None = None

    @property
    def rows(self) -> int:
        """How many records."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many items each row has; 0 where the array is missing."""
        return np.diff(self.offsets)

    @property
    def is_present(self) -> Mask:
        """Where there is an array, be it empty."""
        return np.ones(self.rows, dtype=bool) if self.present is None else self.present

    def take(self, rows: Rows) -> "Arrays":
        """The arrays of some rows, in their order."""
        lengths = self.lengths[rows]
        offsets = offsets_of(lengths)
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        chosen = np.repeat(self.offsets[:-1][rows], lengths) + within
        return Arrays(
            offsets=offsets,
            items={path: column.take(chosen) for path, column in self.items.items()},
            present=None if self.present is None else self.present[rows],
        )

    def value(self, row: int) -> Any:
        """As the interpreter has it; None where missing."""
        if self.present is not None and not self.present[row]:
            return None
        return [nested(self.items, item) for item in range(self.offsets[row], self.offsets[row + 1])]


Column = Numbers | Texts | Arrays


def nested(columns: Mapping[str, Column], row: int) -> Any:
    """A row of columns as one value: mappings in mappings, or the item itself where it has no attributes."""
    found: Any = {}
    for path in sorted(columns):
        value = columns[path].value(row)
        if path == ITEM:
            found = value
        elif value is not None:
            *above, last = path.split(".")
            place = found
            for name in above:
                place = place.setdefault(name, {})
            place[last] = value
    return found


def milliseconds(instant: datetime) -> int:
    """From 1970 to `instant`."""
    return (instant - EPOCH) // MILLISECOND


def offsets_of(lengths: Vector) -> NDArray[np.int64]:
    """Where items begin, row after row, and where the last ends."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)))


def coded(texts: Sequence[str], codes: Vector, storage: Storage) -> Texts:
    """Texts of which `texts` are the distinct ones, sorted; `len(texts)` is the code of what is missing."""
    return Texts(
        storage=storage,
        codes=codes.astype(np.min_scalar_type(len(texts)), copy=False),
        distinct=pa.array([*texts, None], pa.string()),
    )


def missing_column(layout: Storage | Layout, rows: int) -> Column:
    """A column of which nothing is present."""
    nowhere = np.zeros(rows, dtype=bool)
    match layout:
        case Layout():
            items = {path: missing_column(inner, 0) for path, inner in layout.columns.items()}
            return Arrays(offsets=np.zeros(rows + 1, dtype=np.int64), items=items, present=nowhere)
        case Storage.STRING | Storage.DECIMAL:
            return coded((), np.zeros(rows, dtype=np.int64), layout)
        case _:
            return Numbers(storage=layout, values=np.zeros(rows, dtype=DTYPES[layout]), present=nowhere)
