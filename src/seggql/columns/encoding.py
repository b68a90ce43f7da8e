"""Columns as bytes and back: compressed Arrow IPC streams with texts as dictionaries."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from seggql.columns.column import DTYPES, Arrays, Column, Mask, Numbers, Texts, missing_column
from seggql.columns.layout import Layout, Storage
from seggql.columns.slimming import Slim, restored, slimmed

BROKEN = (pa.ArrowException, ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration, OSError)
"""What reading bytes fails with that are no column."""

COMPRESSION = ipc.IpcWriteOptions(compression="lz4")
NAME = "values"
PRESENT = "present"
SLIM = b"slim"
"""Where the schema says how numbers are made of planes."""


class ColumnUnreadable(Exception):
    """A column is not there, or its bytes are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A column as bytes, how many of its values are missing, and the least and most of numbers and milliseconds."""

    bits: bytes
    nulls: int
    least: int | float | None = None
    most: int | float | None = None


def encoded(column: Column) -> Encoded:
    """`column` as bytes, with what decides whether they need to be read."""
    batch = _slim(column) if isinstance(column, Numbers) else None
    if batch is None:
        batch = pa.record_batch([_arrow(column)], names=[NAME])
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, batch.schema, options=COMPRESSION) as stream:
        stream.write_batch(batch)
    least, most = _bounds(column)
    nulls = column.rows - int(np.count_nonzero(column.is_present))
    return Encoded(bits=sink.getvalue().to_pybytes(), nulls=nulls, least=least, most=most)


def decoded(bits: bytes, stored: Storage | Layout, rows: int) -> Column:
    """The column of so many rows that was encoded. Raises: ColumnUnreadable."""
    try:
        column = _decoded(bits, stored)
    except BROKEN as error:
        raise ColumnUnreadable(f"{type(error).__name__}: {error}") from error
    if column.rows != rows:
        raise ColumnUnreadable(f"It has {column.rows} rows, not {rows}.")
    return column


def _decoded(bits: bytes, stored: Storage | Layout) -> Column:
    with ipc.open_stream(bits) as stream:
        batch = stream.read_next_batch()
    if isinstance(stored, Storage) and batch.schema.metadata and SLIM in batch.schema.metadata:
        return _from_slim(batch, stored)
    return _column(batch.column(0), stored)


def _slim(column: Numbers) -> Any:
    """Planes of bytes, the lowest first, after where values are present; how to put them together is beside them."""
    made = slimmed(column)
    if made is None:
        return None
    slim, planes = made
    arrays = {PRESENT: column.is_present} | {str(place): plane for place, plane in enumerate(planes)}
    batch = pa.record_batch([pa.array(array) for array in arrays.values()], names=list(arrays))
    return batch.replace_schema_metadata({SLIM: json.dumps(asdict(slim)).encode()})


def _from_slim(batch: Any, storage: Storage) -> Numbers:
    slim = Slim(**json.loads(batch.schema.metadata[SLIM]))
    present, *planes = (array.buffers()[1] for array in batch.columns)
    octets = [np.frombuffer(plane, np.uint8, count=batch.num_rows) for plane in planes]
    known = _truths(present, 0, batch.num_rows)
    values = restored(slim, octets, batch.num_rows, storage)
    return Numbers(storage=storage, values=values, present=None if known.all() else known)


def _bounds(column: Column) -> tuple[int | float | None, int | float | None]:
    if not isinstance(column, Numbers) or column.values.dtype == np.bool_:
        return None, None
    known = column.values if column.present is None else column.values[column.present]
    return (known.min().item(), known.max().item()) if len(known) else (None, None)


def _arrow(column: Column) -> Any:
    match column:
        case Numbers():
            return pa.array(column.values, mask=None if column.present is None else ~column.present)
        case Texts():
            return _dictionary(column)
        case Arrays():
            missing = None if column.present is None else pa.array(~column.present)
            items = {path: _arrow(items) for path, items in column.items.items()}
            values = pa.StructArray.from_arrays(list(items.values()), names=list(items))
            return pa.ListArray.from_arrays(pa.array(column.offsets.astype(np.int32)), values, mask=missing)


def _dictionary(column: Texts) -> Any:
    """Only with texts that some row has: what was erased from the rows must not be left in the dictionary."""
    is_used = np.zeros(len(column.distinct), dtype=bool)
    is_used[column.codes] = True
    is_used[column.missing] = True
    if is_used.all():
        return pa.DictionaryArray.from_arrays(column.codes, column.distinct)
    places = np.cumsum(is_used) - 1
    codes = places[column.codes].astype(np.min_scalar_type(int(places[-1])))
    return pa.DictionaryArray.from_arrays(codes, column.distinct.filter(pa.array(is_used)))


def _column(array: Any, stored: Storage | Layout) -> Column:
    match stored:
        case Layout():
            return _arrays(array, stored)
        case Storage.STRING | Storage.DECIMAL:
            return Texts(storage=stored, codes=array.indices.to_numpy(), distinct=array.dictionary)
        case _:
            return Numbers(storage=stored, values=_values(array, stored), present=_present(array))


def _arrays(array: Any, layout: Layout) -> Arrays:
    """Items that were encoded before an attribute of theirs was defined have none."""
    values = array.values
    held = {field.name: values.field(index) for index, field in enumerate(values.type)}
    items = {
        path: _column(held[path], stored) if path in held else missing_column(stored, len(values))
        for path, stored in layout.columns.items()
    }
    return Arrays(offsets=array.offsets.to_numpy().astype(np.int64), items=items, present=_present(array))


def _values(array: Any, storage: Storage) -> Any:
    if array.type == pa.bool_():
        return _truths(array.buffers()[1], array.offset, len(array))
    start = array.offset * array.type.bit_width // 8
    return np.frombuffer(array.buffers()[1], DTYPES[storage], count=len(array), offset=start)


def _present(array: Any) -> Mask | None:
    return _truths(array.buffers()[0], array.offset, len(array)) if array.null_count else None


def _truths(buffer: Any, offset: int, rows: int) -> Mask:
    """Bits as truths."""
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), count=offset + rows, bitorder="little")
    return bits[offset:].view(np.bool_)
