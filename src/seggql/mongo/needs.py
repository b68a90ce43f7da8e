"""Which fields a predicate or value reads, so that a pipeline hands over those and no others."""

from collections.abc import Iterator
from typing import assert_never

from seggql.mongo.paths import match_path
from seggql.query.bound import (
    Aggregated,
    AsOf,
    Computed,
    Constant,
    DateAdded,
    DateComponent,
    DateDifference,
    Field,
    KeyField,
    LengthOf,
    TimestampField,
    Value,
)
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


def projection(predicate: Predicate) -> dict[str, int]:
    """The paths of the document that `predicate` reads, to be projected; none lies within another."""
    paths = sorted({match_path(field) for field in fields_of(predicate) if _is_outer(field)})
    kept: list[str] = []
    for path in paths:
        if not any(path.startswith(f"{whole}.") for whole in kept):
            kept.append(path)
    return dict.fromkeys(kept, 1)


def fields_of(predicate: Predicate) -> Iterator[Value]:
    """Every field and aggregate that `predicate` reads, those of items too."""
    match predicate:
        case Always() | Never():
            return
        case AllOf() | AnyOf():
            for part in predicate.predicates:
                yield from fields_of(part)
        case Compares():
            yield from _read_by(predicate.left)
            yield from _read_by(predicate.right)
        case IsOneOf():
            for value in (predicate.value, *predicate.options):
                yield from _read_by(value)
        case HasText():
            yield from _read_by(predicate.value)
            yield from _read_by(predicate.text)
        case IsPresent():
            yield predicate.field
        case SomeItem() | EveryItem():
            yield predicate.array
            yield from fields_of(predicate.predicate)
        case IsEmpty():
            yield predicate.array
        case _:
            assert_never(predicate)


def _read_by(value: Value) -> Iterator[Value]:
    match value:
        case Constant() | AsOf():
            return
        case Field() | KeyField() | TimestampField() | Aggregated():
            yield value
        case Computed():
            yield from _read_by(value.left)
            yield from _read_by(value.right)
        case DateAdded():
            yield from _read_by(value.amount)
            yield from _read_by(value.date)
        case DateDifference():
            yield from _read_by(value.start)
            yield from _read_by(value.end)
        case DateComponent():
            yield from _read_by(value.date)
        case LengthOf():
            yield value.field
        case _:
            assert_never(value)


def _is_outer(value: Value) -> bool:
    return isinstance(value, KeyField | TimestampField) or (isinstance(value, Field) and value.depth == 0)
