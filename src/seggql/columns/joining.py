"""Columns one after the other as one column."""

from collections.abc import Sequence

import numpy as np

from seggql.columns.column import Arrays, Column, Mask, Numbers, Texts, coded, offsets_of
from seggql.errors import InvariantError


def joined(columns: Sequence[Column]) -> Column:
    """The rows of `columns`, one or more of the same kind.

    Raises: InvariantError where they are of different kinds.
    """
    if all(isinstance(column, Numbers) for column in columns):
        return _numbers([column for column in columns if isinstance(column, Numbers)])
    if all(isinstance(column, Texts) for column in columns):
        return _texts([column for column in columns if isinstance(column, Texts)])
    if all(isinstance(column, Arrays) for column in columns):
        return _arrays([column for column in columns if isinstance(column, Arrays)])
    raise InvariantError("Columns of different kinds cannot become one.")


def ranks(columns: Sequence[Texts]) -> tuple[list[str], list["np.typing.NDArray[np.intp]"]]:
    """The distinct texts of all `columns`, sorted, and for each column the new code of each of its codes."""
    texts = [column.distinct.to_pylist()[:-1] for column in columns]
    distinct = sorted(set().union(*texts))
    place = {text: code for code, text in enumerate(distinct)}
    return distinct, [np.array([*(place[text] for text in own), len(distinct)], dtype=np.intp) for own in texts]


def _numbers(columns: list[Numbers]) -> Numbers:
    values = np.concatenate([column.values for column in columns])
    return Numbers(storage=columns[0].storage, values=values, present=_present(columns))


def _texts(columns: list[Texts]) -> Texts:
    distinct, codes = ranks(columns)
    joint = np.concatenate([new[column.codes] for new, column in zip(codes, columns, strict=True)])
    return coded(distinct, joint, columns[0].storage)


def _arrays(columns: list[Arrays]) -> Arrays:
    items = {path: joined([column.items[path] for column in columns]) for path in columns[0].items}
    lengths = np.concatenate([column.lengths for column in columns])
    return Arrays(offsets=offsets_of(lengths), items=items, present=_present(columns))


def _present(columns: Sequence[Numbers | Arrays]) -> Mask | None:
    if all(column.present is None for column in columns):
        return None
    return np.concatenate([column.is_present for column in columns])
