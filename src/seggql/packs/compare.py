"""Compares rows from packs with rows from documents, as sets in which a row may stand several times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seggql.columns.column import Column, Numbers, Texts
from seggql.columns.frame import Frame
from seggql.columns.joining import joined

Codes = NDArray[np.int64]

MISSING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """Rows that only packs have (their places in the frame), and how many only documents have; `paths`: in what."""

    packed: Sequence[int]
    documents: int
    paths: tuple[str, ...]


def compare_rows(packed: Frame, documents: Frame) -> RowDifference | None:
    """What differs between frames with the same paths, in whatever order their rows are; None where nothing does."""
    paths = sorted(packed.paths)
    codes = np.empty((packed.rows + documents.rows, len(paths)), dtype=np.int64)
    for place, path in enumerate(paths):
        codes[:, place] = _codes(joined([packed.column(path), documents.column(path)]))
    _, rows = np.unique(codes, axis=0, return_inverse=True)
    rows = rows.reshape(-1)
    only_packed = _surplus(rows[: packed.rows], rows[packed.rows :])
    only_documents = _surplus(rows[packed.rows :], rows[: packed.rows])
    if not len(only_packed) and not len(only_documents):
        return None
    one, other = codes[only_packed], codes[packed.rows + only_documents]
    differing = [path for place, path in enumerate(paths) if not _are_alike(one[:, place], other[:, place])]
    return RowDifference(packed=only_packed.tolist(), documents=len(only_documents), paths=tuple(differing))


def _surplus(rows: Codes, others: Codes) -> NDArray[np.intp]:
    """The places of rows that stand here more often than there: the first of those that are alike."""
    kinds = 1 + max(rows.max(initial=-1), others.max(initial=-1))
    surplus = np.bincount(rows, minlength=kinds) - np.bincount(others, minlength=kinds)
    order = np.argsort(rows, kind="stable")
    starts = np.searchsorted(rows[order], rows)
    turn = np.empty(len(rows), dtype=np.int64)
    turn[order] = np.arange(len(rows)) - starts[order]
    return np.flatnonzero(turn < surplus[rows])


def _are_alike(one: Codes, other: Codes) -> bool:
    return len(one) == len(other) and bool((np.sort(one) == np.sort(other)).all())


def _codes(column: Column) -> Codes:
    """A number for each row, the same for equal values."""
    match column:
        case Texts():
            return np.where(column.is_present, column.codes, MISSING).astype(np.int64)
        case Numbers():
            _, codes = np.unique(column.values, return_inverse=True)
            return np.where(column.is_present, codes.reshape(-1), MISSING).astype(np.int64)
        case _:
            known: dict[str, int] = {}
            shown = (repr(column.value(row)) for row in range(column.rows))
            return np.fromiter((known.setdefault(text, len(known)) for text in shown), np.int64, count=column.rows)
