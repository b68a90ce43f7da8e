"""Numbers come back from their bytes bit by bit, and take no more of them than they need."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.columns.column import DTYPES, Numbers
from seggql.columns.encoding import decoded, encoded
from seggql.columns.layout import Storage

WHOLE = (Storage.INT, Storage.LONG, Storage.DATETIME, Storage.ORDINAL)
CENTS = st.integers(-(10**9), 10**9).map(lambda cents: cents / 100)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False) | CENTS | st.integers(-(2**54), 2**54).map(float)


def again(column: Numbers) -> Numbers:
    """The column from its bytes."""
    found = decoded(encoded(column).bits, column.storage, column.rows)
    assert isinstance(found, Numbers)
    return found


def check(storage: Storage, numbers: list[Any], present: list[bool] | None) -> None:
    """Whether each number that is present comes back, to the sign of a zero."""
    known = None if present is None else np.array(present, dtype=bool)
    column = Numbers(storage=storage, values=np.array(numbers, dtype=DTYPES[storage]), present=known)

    found = again(column)

    assert found.values.dtype == column.values.dtype
    assert found.is_present.tolist() == column.is_present.tolist()
    assert found.values[found.is_present].tobytes() == column.values[column.is_present].tobytes()


@st.composite
def whole_numbers(draw: st.DrawFn) -> tuple[Storage, list[int]]:
    """Numbers of one type, anywhere in it, near each other, or multiples of a unit."""
    storage = draw(st.sampled_from(WHOLE))
    dtype: Any = DTYPES[storage]
    limits = np.iinfo(dtype)
    least, most = int(limits.min), int(limits.max)
    around = draw(st.integers(least, most))
    unit = draw(st.sampled_from([1, 1_000, 60_000, 86_400_000]))
    number = st.integers(least, most) | st.integers(max(least, around - 300), min(most, around + 300))
    numbers = draw(st.lists(number | number.map(lambda value: int(value / unit) * unit), max_size=20))
    kept = [value for value in numbers if least <= value <= most]
    return storage, sorted(kept) if draw(st.booleans()) else kept


@given(drawn=whole_numbers(), missing=st.integers(0, 2**20))
def test_whole_numbers_come_back(drawn: tuple[Storage, list[int]], missing: int) -> None:
    storage, numbers = drawn

    check(storage, numbers, None)
    check(storage, numbers, [not missing >> place & 1 for place in range(len(numbers))])


@given(numbers=st.lists(DOUBLES, max_size=20) | st.lists(CENTS, max_size=20), missing=st.integers(0, 2**20))
def test_doubles_come_back(numbers: list[float], missing: int) -> None:
    check(Storage.DOUBLE, numbers, None)
    check(Storage.DOUBLE, numbers, [not missing >> place & 1 for place in range(len(numbers))])


@pytest.mark.parametrize(
    ("storage", "values", "bytes_each"),
    [
        (Storage.ORDINAL, np.arange(65_536) + 7_000_000, 0.1),
        (Storage.INT, np.arange(65_536) * 7_919 % 100, 1.2),
        (Storage.DATETIME, np.arange(65_536) * 104_729 % 65_536 * 86_400_000, 2.3),
        (Storage.DATETIME, 1_700_000_000_000 + np.cumsum(np.arange(65_536) * 104_729 % 10_007), 2.3),
        (Storage.DOUBLE, (np.arange(65_536) * 104_729 % 65_536) / 100, 2.3),
    ],
)
def test_numbers_take_the_bytes_that_they_need(storage: Storage, values: Any, bytes_each: float) -> None:
    column = Numbers(storage=storage, values=values.astype(DTYPES[storage]))

    assert len(encoded(column).bits) < bytes_each * len(values)
