"""Reads typed columns as attributes at once: what every value of a column shows to be right needs no look at each."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl
from bson.int64 import Int64

from seggql.catalog.model import Attribute, AttributeType
from seggql.ingest.coercion import INT_HIGH, INT_LOW
from seggql.ingest.rows import KEY_MAX_BYTES

TEXT_MAX_BYTES = 100_000
"""Longest text of a column that is taken at once: far below the limit of a row, whatever else is in it."""

Column = Sequence[object]
"""Values of a column as they are stored, one a row; None is missing."""


def plain_column(series: pl.Series, attribute: Attribute) -> Column | None:
    """The values of `series` as the attribute stores them; None where they must be looked at one by one."""
    read = None if attribute.is_array else READERS.get(attribute.type)
    return read(series) if read else None


def plain_keys(series: pl.Series) -> list[str] | None:
    """The keys or ids in `series`, none missing; None where one may be no key."""
    if series.dtype != pl.String or series.null_count() or not series.len():
        return None
    sizes = series.str.len_bytes()
    if _most(sizes) > KEY_MAX_BYTES or not _least(sizes) or series.str.contains("\0", literal=True).any():
        return None
    return list(series.to_list())


def plain_instants(series: pl.Series) -> Column | None:
    """Instants cut to the millisecond, in UTC, without their zone: the driver takes such for UTC."""
    if not isinstance(series.dtype, pl.Datetime):
        return None
    if series.dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    years = series.dt.year()
    if series.len() > series.null_count() and not 1 <= _least(years) <= _most(years) <= 9999:
        return None
    return list(series.dt.cast_time_unit("ms").to_list())


def _booleans(series: pl.Series) -> Column | None:
    return series.to_list() if series.dtype == pl.Boolean else None


def _ints(series: pl.Series) -> Column | None:
    if not series.dtype.is_integer():
        return None
    return series.to_list() if _least(series) >= INT_LOW and _most(series) <= INT_HIGH else None


def _longs(series: pl.Series) -> Column | None:
    if not series.dtype.is_integer() or series.dtype == pl.UInt64:
        return None
    # The driver stores a plain integer in 64 bits only where 32 are not enough.
    is_long = _least(series) > INT_HIGH or _most(series) < INT_LOW
    return series.to_list() if is_long else [None if value is None else Int64(value) for value in series]


def _doubles(series: pl.Series) -> Column | None:
    if not series.dtype.is_numeric() or series.dtype.is_decimal():
        return None
    numbers = series.cast(pl.Float64)
    return numbers.to_list() if numbers.is_finite().all() else None


def _strings(series: pl.Series) -> Column | None:
    if series.dtype != pl.String or _most(series.str.len_bytes()) > TEXT_MAX_BYTES:
        return None
    return series.to_list()


READERS: Mapping[AttributeType, Callable[[pl.Series], Column | None]] = {
    AttributeType.BOOLEAN: _booleans,
    AttributeType.INT: _ints,
    AttributeType.LONG: _longs,
    AttributeType.DOUBLE: _doubles,
    AttributeType.STRING: _strings,
    AttributeType.DATETIME: plain_instants,
}
"""DECIMAL, GUID, OBJECT and arrays are looked at value by value."""


def _least(series: pl.Series) -> int:
    least = series.min()
    return least if isinstance(least, int) else 0


def _most(series: pl.Series) -> int:
    most = series.max()
    return most if isinstance(most, int) else 0
