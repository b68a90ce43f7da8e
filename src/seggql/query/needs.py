"""Which fields and aggregates a predicate reads, so that those are fetched and no others."""

from collections.abc import Iterator
from typing import assert_never

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
from seggql.query.paths import AnyField, path_of
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


def fields_of(predicate: Predicate) -> Iterator[Value]:
    """Every field and aggregate that `predicate` reads, those of items and below aggregates too."""
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


def aggregates_of(having: Predicate) -> list[Aggregated]:
    """The aggregates that `having` reads, each once."""
    return list(dict.fromkeys(value for value in fields_of(having) if isinstance(value, Aggregated)))


def paths_read(*predicates: Predicate | None) -> frozenset[str]:
    """The paths of the record that `predicates` read, whole arrays where they read items."""
    read = [value for predicate in predicates if predicate is not None for value in fields_of(predicate)]
    return frozenset(path_of(value) for value in read if isinstance(value, AnyField) and is_outer(value))


def _read_by(value: Value) -> Iterator[Value]:
    match value:
        case Constant() | AsOf():
            return
        case Field() | KeyField() | TimestampField():
            yield value
        case Aggregated():
            yield value
            if value.field is not None:
                yield value.field
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


def is_outer(field: AnyField) -> bool:
    """Whether `field` is of the record, and not of an item in it."""
    return not isinstance(field, Field) or field.depth == 0
