"""Columns of documents as PyMongo decodes them; a value of another kind than its attribute's counts as missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from seggql.columns.column import DTYPES, Arrays, Column, Mask, Numbers, Texts, coded, offsets_of
from seggql.columns.layout import ITEM, Layout, Storage

NOWHERE: Mapping[str, Any] = {}
"""Where attributes of a missing object are looked for."""

NO_NUMBERS = (str, bool, list, dict, datetime)
"""What a decimal is not."""

POLARS = {
    Storage.BOOLEAN: pl.Boolean,
    Storage.INT: pl.Int32,
    Storage.LONG: pl.Int64,
    Storage.DOUBLE: pl.Float64,
    Storage.ORDINAL: pl.UInt32,
}
CLASSES: Mapping[Storage, tuple[type, ...]] = {
    Storage.BOOLEAN: (bool,),
    Storage.INT: (int,),
    Storage.LONG: (int,),
    Storage.ORDINAL: (int,),
    Storage.DOUBLE: (float, int),
}


def columns_of(records: Sequence[Mapping[str, Any]], layout: Layout) -> dict[str, Column]:
    """The columns of `layout`, each value found along its path; objects on the way are looked up once."""
    found: dict[str, list[Any]] = {ITEM: list(records)}
    return {path: column_of(_along(path, found), stored) for path, stored in layout.columns.items()}


def column_of(values: list[Any], stored: Storage | Layout) -> Column:
    """One value a record as a column."""
    match stored:
        case Layout():
            return _arrays(values, stored)
        case Storage.STRING:
            return _texts(values)
        case Storage.DECIMAL:
            return _decimals(values)
        case Storage.DATETIME:
            return _instants(values)
        case Storage.PRESENCE:
            held = np.fromiter((isinstance(value, dict) for value in values), dtype=bool, count=len(values))
            return Numbers(storage=stored, values=held, present=held)
        case _:
            return _numbers(values, stored)


def _along(path: str, found: dict[str, list[Any]]) -> list[Any]:
    """The values at `path`; `found` keeps the values at every path on the way."""
    known = found.get(path)
    if known is None:
        above, _, name = path.rpartition(".")
        known = found[path] = [value.get(name) for value in _objects(above, found)]
    return known


def _objects(path: str, found: dict[str, list[Any]]) -> list[Any]:
    """What is at `path`, with an empty object in place of everything that is none."""
    key = f"{path}."
    known = found.get(key)
    if known is None:
        known = found[key] = [value if isinstance(value, dict) else NOWHERE for value in _along(path, found)]
    return known


def _numbers(values: list[Any], storage: Storage) -> Numbers:
    try:
        series = pl.Series(values=values, dtype=POLARS[storage], strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        series = pl.Series(values=_of_classes(values, storage), dtype=POLARS[storage], strict=False)
    if not series.null_count():
        return Numbers(storage=storage, values=series.to_numpy())
    filled = series.fill_null(False if storage is Storage.BOOLEAN else 0)
    return Numbers(storage=storage, values=filled.to_numpy(), present=series.is_not_null().to_numpy())


def _of_classes(values: list[Any], storage: Storage) -> list[Any]:
    classes = CLASSES[storage]
    takes_bool = bool in classes
    return [value if isinstance(value, classes) and isinstance(value, bool) is takes_bool else None for value in values]


def _instants(values: list[Any]) -> Numbers:
    """Seconds as doubles are far more exact than a millisecond in all the years that there are."""
    seconds = np.array([value.timestamp() if isinstance(value, datetime) else np.nan for value in values])
    present = ~np.isnan(seconds)
    known: Mask | None = None if present.all() else present
    milliseconds = np.rint(np.where(present, seconds, 0) * 1000).astype(DTYPES[Storage.DATETIME])
    return Numbers(storage=Storage.DATETIME, values=milliseconds, present=known)


def _texts(values: list[Any]) -> Texts:
    try:
        distinct = set(values)
    except TypeError:  # an array or an object stands where a text should
        distinct = {False}
    if all(value is None or isinstance(value, str) for value in distinct):
        return _coded(values, distinct, Storage.STRING)
    texts = [value if isinstance(value, str) else None for value in values]
    return _coded(texts, set(texts), Storage.STRING)


def _decimals(values: list[Any]) -> Texts:
    """Decimals of MongoDB and of Python are written alike."""
    texts = [None if value is None or isinstance(value, NO_NUMBERS) else str(value) for value in values]
    return _coded(texts, set(texts), Storage.DECIMAL)


def _coded(texts: list[str | None], distinct: set[str | None], storage: Storage) -> Texts:
    known = sorted(text for text in distinct if text is not None)
    codes = {text: code for code, text in enumerate(known)} | {None: len(known)}
    return coded(known, np.fromiter(map(codes.__getitem__, texts), np.uint32, count=len(texts)), storage)


def _arrays(values: list[Any], layout: Layout) -> Arrays:
    arrays = [value if isinstance(value, list) else () for value in values]
    present = np.fromiter((isinstance(value, list) for value in values), dtype=bool, count=len(values))
    offsets = offsets_of(np.fromiter(map(len, arrays), np.int64, count=len(arrays)))
    items = columns_of(list(chain.from_iterable(arrays)), layout)
    return Arrays(offsets=offsets, items=items, present=None if present.all() else present)
