"""Tests of texts, made once for each distinct text and looked up by code."""

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seggql.columns.column import Mask, Texts
from seggql.columns.joining import ranks
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.values.numbers import COMPARISONS
from seggql.query.values.texts import fold

FEW_RANGES = 3
"""Up to so many ranges of codes are faster compared than looked up."""

TESTS = {
    TextOperator.CONTAINS: pc.match_substring,
    TextOperator.STARTSWITH: pc.starts_with,
    TextOperator.ENDSWITH: pc.ends_with,
}


def where(column: Texts, truths: Mask) -> Mask:
    """The rows whose code is true in `truths`, one for each distinct text."""
    padded = np.concatenate(([False], truths, [False]))
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    if len(changes) > 2 * FEW_RANGES:
        return padded[1:].take(column.codes)
    found = np.zeros(len(column.codes), dtype=bool)
    for low, high in changes.reshape(-1, 2).tolist():
        found |= between(column, low, high)
    return found


def between(column: Texts, low: int, high: int) -> Mask:
    """The rows whose code is from `low` up to, but not, `high`; no code is above that of what is missing."""
    codes = column.codes
    mask: Mask
    if high - low == 1:
        mask = codes == low
    elif low == 0:
        mask = codes < high
    else:
        mask = (codes >= low) & (codes < high)
    return mask


def compared_with(operator: ComparisonOperator, column: Texts, text: str) -> Mask:
    """Where `column operator text` holds; codes are in the order of texts."""
    low, high, end = _place(column, text, is_after=False), _place(column, text, is_after=True), column.missing
    match operator:
        case ComparisonOperator.EQUAL:
            return between(column, low, high)
        case ComparisonOperator.NOT_EQUAL:
            return column.is_present if low == high else column.is_present & (column.codes != low)
        case ComparisonOperator.GREATER:
            return between(column, high, end)
        case ComparisonOperator.GREATER_OR_EQUAL:
            return between(column, low, end)
        case ComparisonOperator.LESS:
            return between(column, 0, low)
        case ComparisonOperator.LESS_OR_EQUAL:
            return between(column, 0, high)


def compared(operator: ComparisonOperator, left: Texts, right: Texts) -> Mask:
    """Where both are present and `left operator right` holds, row by row."""
    _, (left_ranks, right_ranks) = ranks([left, right])
    holds: Any = COMPARISONS[operator]
    mask: Mask = holds(left_ranks[left.codes], right_ranks[right.codes])
    return mask & left.is_present & right.is_present


def one_of(column: Texts, texts: set[str]) -> Mask:
    """Where the text is one of `texts`."""
    truths = np.zeros(column.missing, dtype=bool)
    for text in texts:
        place = _place(column, text, is_after=False)
        if place < column.missing and column.distinct[place].as_py() == text:
            truths[place] = True
    return where(column, truths)


def has_text(operator: TextOperator, distinct: Any, text: str) -> Mask:
    """Which of the distinct texts, or of their foldings, pass a test other than MATCHES."""
    return truths_of(TESTS[operator](distinct, text))


def truths_of(array: Any) -> Mask:
    """An Arrow array of truths, none of them null, as NumPy's; its own conversion takes ten times as long."""
    bits = np.unpackbits(
        np.frombuffer(array.buffers()[1], np.uint8), count=array.offset + len(array), bitorder="little"
    )
    return bits[array.offset :].view(np.bool_)


def present(column: Texts) -> Any:
    """The distinct texts, without the null at their end."""
    return column.distinct[:-1]


def folded(column: Texts) -> Any:
    """The distinct texts with simple case folding, in their places."""
    return pa.array([fold(text) for text in present(column).to_pylist()], pa.string())


def _place(column: Texts, text: str, *, is_after: bool) -> int:
    """Where `text` is among the distinct texts, or would be."""
    search = bisect_right if is_after else bisect_left
    return search(range(column.missing), text, key=lambda code: column.distinct[code].as_py())
