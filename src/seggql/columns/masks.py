"""Where predicates are true of the records of a frame: by arrays, common parts once, and else by the interpreter.

Arrays say exactly what the interpreter would. What they cannot say (decimals, MATCHES, a text within another field's)
the interpreter says of each distinct text where the leaf reads nothing else, and otherwise of each record that the rest
of the predicate has left.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np

from seggql.columns.column import Arrays, Mask, Rows, Texts, offsets_of
from seggql.columns.frame import Frame
from seggql.columns.leaves import Leaf, leaf_mask, rewritten
from seggql.columns.scope import Scope
from seggql.columns.texts import present, where
from seggql.errors import InvariantError
from seggql.query.bound import Field
from seggql.query.needs import fields_of
from seggql.query.paths import AnyField
from seggql.query.predicate import (
    AllOf,
    Always,
    AnyOf,
    Compares,
    EveryItem,
    HasText,
    IsEmpty,
    IsOneOf,
    IsPresent,
    Never,
    Predicate,
    SomeItem,
)
from seggql.query.substitution import substituted
from seggql.query.values.interpreter import Record, compile_predicate

ALONE = "text"
"""What the only field of a leaf is called while the interpreter tests text after text."""

MOST_SHARED = 4_096
"""Distinct texts up to which the interpreter tests all of a column once, rather than those of the records left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Predicates in which equal parts are one object, to be decided over many frames."""

    predicates: tuple[Predicate, ...]
    last_uses: tuple[tuple[int, ...], ...]
    """For each predicate the identities of the parts that no later one has: what was found of them is let go."""

    @classmethod
    def of(cls, predicates: Iterable[Predicate]) -> "Conditions":
        """Ready to be decided, in this order."""
        known: dict[Predicate, Predicate] = {}
        shared = tuple(_shared(predicate, known) for predicate in predicates)
        last = {id(part): place for place, predicate in enumerate(shared) for part in _parts(predicate)}
        uses: list[list[int]] = [[] for _ in shared]
        for part, place in last.items():
            uses[place].append(part)
        return cls(predicates=shared, last_uses=tuple(map(tuple, uses)))

    def masks(self, frame: Frame) -> list[Mask]:
        """Where each is true; the arrays may be shared and are not to be changed."""
        scope = Scope(frame=frame)
        found = []
        for predicate, last_used in zip(self.predicates, self.last_uses, strict=True):
            found.append(_mask(predicate, scope, None))
            for part in last_used:
                scope.masks.pop(part, None)
        scope.forget_items()
        return found


def masks(predicates: Sequence[Predicate], frame: Frame) -> list[Mask]:
    """Where each predicate is true of the records of `frame`; for many frames prepare Conditions once."""
    return Conditions.of(predicates).masks(frame)


def _shared(predicate: Predicate, known: dict[Predicate, Predicate]) -> Predicate:
    match predicate:
        case AllOf() | AnyOf():
            parts = tuple(_shared(part, known) for part in predicate.predicates)
            predicate = replace(predicate, predicates=parts)
        case SomeItem() | EveryItem():
            predicate = replace(predicate, predicate=_shared(predicate.predicate, known))
        case IsOneOf():
            simpler = rewritten(predicate)
            if simpler is not None:
                return _shared(simpler, known)
        case _:
            pass
    return known.setdefault(predicate, predicate)


def _parts(predicate: Predicate) -> Iterator[Predicate]:
    """The predicate and those in it that are of the same record."""
    yield predicate
    if isinstance(predicate, AllOf | AnyOf):
        for part in predicate.predicates:
            yield from _parts(part)


# ---------------------------------------------------------------- by arrays


def _exact(predicate: Predicate, scope: Scope) -> Mask | None:
    """Where `predicate` is true, or None where arrays do not say it."""
    key = id(predicate)
    if key not in scope.masks:
        scope.masks[key] = _found(predicate, scope)
    return scope.masks[key]


def _found(predicate: Predicate, scope: Scope) -> Mask | None:
    match predicate:
        case Always():
            return np.ones(scope.rows, dtype=bool)
        case Never():
            return np.zeros(scope.rows, dtype=bool)
        case AllOf() | AnyOf():
            masks = [_exact(part, scope) for part in predicate.predicates]
            known = [mask for mask in masks if mask is not None]
            return _combined(predicate, known) if len(known) == len(masks) else None
        case SomeItem() | EveryItem():
            inner = _exact(predicate.predicate, scope.items_of(predicate.array))
            return None if inner is None else _of_items(predicate, inner, scope)
        case IsEmpty():
            array = _array(predicate, scope)
            empty: Mask = array.is_present & (array.lengths == 0)
            return empty
        case Compares() | IsOneOf() | HasText() | IsPresent():
            mask = leaf_mask(predicate, scope)
            return _of_few_texts(predicate, scope) if mask is None else mask
        case _:
            assert_never(predicate)


def _combined(predicate: AllOf | AnyOf, masks: list[Mask]) -> Mask:
    combine = np.logical_and if isinstance(predicate, AllOf) else np.logical_or
    found = combine(masks[0], masks[1])
    for mask in masks[2:]:
        combine(found, mask, out=found)
    return found


def _of_items(predicate: SomeItem | EveryItem, inner: Mask, scope: Scope) -> Mask:
    """Rows with an item for which `inner` is true, or with items for all of which it is."""
    array = _array(predicate, scope)
    counts = offsets_of(inner)
    true = counts[array.offsets[1:]] - counts[array.offsets[:-1]]
    found: Mask = true > 0
    return found if isinstance(predicate, SomeItem) else found & (true == array.lengths)


def _array(predicate: SomeItem | EveryItem | IsEmpty, scope: Scope) -> Arrays:
    column = scope.column(predicate.array)
    if not isinstance(column, Arrays):
        raise InvariantError(f"{predicate.array} is no array.")
    return column


# ---------------------------------------------------------------- by the interpreter


def _mask(predicate: Predicate, scope: Scope, within: Mask | None) -> Mask:
    """Where `predicate` is true; outside of `within` the answer means nothing."""
    exact = _exact(predicate, scope)
    if exact is not None:
        return exact
    match predicate:
        case AllOf() | AnyOf():
            return _mixed(predicate, scope, within)
        case SomeItem() | EveryItem():
            items = scope.items_of(predicate.array)
            asked = None if within is None else within[items.places]
            return _of_items(predicate, _mask(predicate.predicate, items, asked), scope)
        case Compares() | IsOneOf() | HasText() | IsPresent():
            return _interpreted(predicate, scope, within)
        case _:
            raise InvariantError(f"Arrays decide {type(predicate).__name__}.")


def _mixed(predicate: AllOf | AnyOf, scope: Scope, within: Mask | None) -> Mask:
    """First what arrays say, then the rest for the rows that are open still."""
    exact = [mask for part in predicate.predicates if (mask := _exact(part, scope)) is not None]
    is_all = isinstance(predicate, AllOf)
    found = np.full(scope.rows, is_all) if not exact else exact[0] if len(exact) == 1 else _combined(predicate, exact)
    for part in predicate.predicates:
        if _exact(part, scope) is None:
            undecided = found if is_all else ~found
            asked = undecided if within is None else undecided & within
            mask = _mask(part, scope, asked)
            found = found & mask if is_all else found | (mask & asked)
    return found


def _interpreted(leaf: Leaf, scope: Scope, within: Mask | None) -> Mask:
    column = _only_texts(leaf, scope)
    if column is not None:
        codes = np.arange(column.missing) if within is None else np.unique(column.codes[within])
        return where(column, _of_texts(leaf, column, codes[codes < column.missing]))
    test, records = compile_predicate(leaf), scope.reading(_fields(leaf))
    asked = np.arange(scope.rows) if within is None else np.flatnonzero(within)
    found = np.zeros(scope.rows, dtype=bool)
    found[asked] = [test(records.record(row)) for row in asked.tolist()]
    return found


def _of_few_texts(leaf: Leaf, scope: Scope) -> Mask | None:
    """By the interpreter all the same, where there are so few texts that it can test them all."""
    column = _only_texts(leaf, scope)
    if column is None or column.missing > MOST_SHARED:
        return None
    return where(column, _of_texts(leaf, column, np.arange(column.missing)))


def _only_texts(leaf: Leaf, scope: Scope) -> Texts | None:
    """The column of texts that `leaf` reads, if it reads no other."""
    read = _fields(leaf)
    column = scope.column(next(iter(read))) if len(read) == 1 else None
    return column if isinstance(column, Texts) else None


def _of_texts(leaf: Leaf, column: Texts, codes: Rows) -> Mask:
    """Of which distinct texts, among those with `codes`, `leaf` is true."""
    (read,) = _fields(leaf)
    test = compile_predicate(substituted(leaf, {read: Field(names=(ALONE,), type=read.type)}))
    texts = present(column).take(codes).to_pylist()
    truths = np.zeros(column.missing, dtype=bool)
    truths[codes] = [test(Record(attributes={ALONE: column.meaning(text)})) for text in texts]
    return truths


def _fields(leaf: Leaf) -> set[AnyField]:
    return {value for value in fields_of(leaf) if isinstance(value, AnyField)}
