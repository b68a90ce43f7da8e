"""Evaluates values and predicates over one record in Python: for folding constants, and where MongoDB cannot say it.

A predicate is compiled once into nested closures, which then take about a microsecond a leaf.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never, cast

from seggql.errors import InvariantError
from seggql.query import bound
from seggql.query.ast import TextOperator
from seggql.query.bound import Aggregated, Constant, Scalar, Value
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
from seggql.query.values.calculus import arithmetic, date_add, date_diff, date_part, fold, length, text_test
from seggql.query.values.numbers import COMPARISONS, Number
from seggql.query.values.pattern import compile_pattern

Items = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A profile, an interaction, an edge or a group of interactions, as plain Python values.

    `attributes` are nested mappings and lists of bound.Scalar, where None is missing; `aggregates` are those of a
    group; `items` are the items of the quantifiers around, outermost first.
    """

    attributes: Mapping[str, object] = field(default_factory=dict)
    key: str | None = None
    timestamp: datetime | None = None
    aggregates: Mapping[Aggregated, Scalar | None] = field(default_factory=dict)
    items: Items = ()


Reader = Callable[[Record, Items], object]
Test = Callable[[Record, Items], bool]


def value_of(value: Value, record: Record) -> Scalar | None:
    """What `value` is for `record`; None where missing."""
    return cast(Scalar | None, _reader(value)(record, record.items))


def holds(predicate: Predicate, record: Record) -> bool:
    """Whether `predicate` is true of `record`; compile_predicate is the way for many records."""
    return _test(predicate)(record, record.items)


def compile_predicate(predicate: Predicate) -> Callable[[Record], bool]:
    """`predicate` as a function, compiled once for many records."""
    test = _test(predicate)
    return lambda record: test(record, record.items)


# ---------------------------------------------------------------- values


def _reader(value: Value) -> Reader:
    match value:
        case Constant(value=constant):
            return lambda record, items: constant
        case bound.KeyField():
            return lambda record, items: record.key
        case bound.TimestampField():
            return lambda record, items: record.timestamp
        case bound.Field():
            return _field(value)
        case bound.Aggregated():
            return lambda record, items: record.aggregates.get(value)
        case bound.LengthOf(field=measured):
            read = _reader(measured)
            return lambda record, items: length(cast("str | None", read(record, items)))
        case bound.Computed() | bound.DateAdded() | bound.DateDifference() | bound.DateComponent():
            return _function(value)
        case bound.AsOf():
            raise InvariantError("as_of is not bound yet: the planner puts its instant in place of AsOf")
        case _:
            assert_never(value)


def _field(value: bound.Field) -> Reader:
    """Walks the names from the record's attributes, or from the item of the quantifier that `depth` says."""
    names, place = value.names, value.depth - 1
    if place < 0 and len(names) == 1:
        (name,) = names
        return lambda record, items: record.attributes.get(name)

    def read(record: Record, items: Items) -> object:
        found: object = record.attributes if place < 0 else items[place]
        for name in names:
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found

    return read


def _function(
    value: bound.Computed | bound.DateAdded | bound.DateDifference | bound.DateComponent,
) -> Reader:
    match value:
        case bound.Computed(operator=operator, type=type):
            return _of_two(
                value.left, value.right, lambda left, right: arithmetic(operator, *_numbers(left, right), type)
            )
        case bound.DateAdded(part=part):
            return _of_two(value.amount, value.date, lambda n, date: date_add(part, cast(Number, n), _date(date)))
        case bound.DateDifference(part=part):
            return _of_two(value.start, value.end, lambda start, end: date_diff(part, _date(start), _date(end)))
        case bound.DateComponent(part=part):
            read = _reader(value.date)
            return lambda record, items: date_part(part, _date(read(record, items)))
        case _:
            assert_never(value)


def _of_two(left: Value, right: Value, function: Callable[[object, object], object]) -> Reader:
    read_left, read_right = _reader(left), _reader(right)
    return lambda record, items: function(read_left(record, items), read_right(record, items))


def _numbers(left: object, right: object) -> tuple[Number | None, Number | None]:
    return cast("Number | None", left), cast("Number | None", right)


def _date(value: object) -> datetime | None:
    return cast("datetime | None", value)


# ---------------------------------------------------------------- predicates


def _test(predicate: Predicate) -> Test:
    match predicate:
        case Always():
            return lambda record, items: True
        case Never():
            return lambda record, items: False
        case AllOf(predicates=predicates):
            return _until(False, tuple(_test(operand) for operand in predicates))
        case AnyOf(predicates=predicates):
            return _until(True, tuple(_test(operand) for operand in predicates))
        case Compares():
            return _compares(predicate)
        case IsOneOf():
            return _is_one_of(predicate)
        case HasText():
            return _has_text(predicate)
        case IsPresent(field=present, negated=negated):
            read = _reader(present)
            return lambda record, items: (read(record, items) is None) is negated
        case SomeItem() | EveryItem() | IsEmpty():
            return _of_items(predicate)
        case _:
            assert_never(predicate)


def _until(decisive: bool, tests: tuple[Test, ...]) -> Test:
    """`decisive` where one test says so, else its opposite; a plain loop, for generators cost as much as a test."""

    def test(record: Record, items: Items) -> bool:
        for each in tests:
            if each(record, items) is decisive:
                return decisive
        return not decisive

    return test


def _compares(predicate: Compares) -> Test:
    compare = cast(Callable[[object, object], bool], COMPARISONS[predicate.operator])
    read_left, read_right = _reader(predicate.left), _reader(predicate.right)

    def test(record: Record, items: Items) -> bool:
        left = read_left(record, items)
        if left is None:
            return False
        right = read_right(record, items)
        try:
            return right is not None and compare(left, right)
        except TypeError:  # a value of another class than its attribute's: compares with nothing
            return False

    return test


def _is_one_of(predicate: IsOneOf) -> Test:
    read, negated = _reader(predicate.value), predicate.negated
    known = frozenset(option.value for option in predicate.options if isinstance(option, Constant))
    others = tuple(_reader(option) for option in predicate.options if not isinstance(option, Constant))

    def test(record: Record, items: Items) -> bool:
        value = read(record, items)
        if value is None:
            return False
        if not negated:
            return value in known or any(value == other(record, items) for other in others)
        options = [other(record, items) for other in others]
        return None not in known and None not in options and value not in known and value not in options

    return test


def _has_text(predicate: HasText) -> Test:
    operator, ignores_case, negated = predicate.operator, predicate.ignores_case, predicate.negated
    read, read_text = _reader(predicate.value), _reader(predicate.text)
    if operator is TextOperator.MATCHES and isinstance(predicate.text, Constant):
        search = compile_pattern(cast(str, predicate.text.value), ignores_case).search

        def matches(record: Record, items: Items) -> bool:
            value = read(record, items)
            return isinstance(value, str) and (search(value) is None) is negated

        return matches
    if ignores_case and isinstance(predicate.text, Constant) and predicate.text.value is not None:
        folded = fold(cast(str, predicate.text.value))
        read_text = _reader(Constant(value=folded, type=predicate.text.type))

    def test(record: Record, items: Items) -> bool:
        value, text = read(record, items), read_text(record, items)
        if not isinstance(value, str) or not isinstance(text, str):
            return False
        return text_test(operator, value, text, ignores_case=ignores_case) is not negated

    return test


def _of_items(predicate: SomeItem | EveryItem | IsEmpty) -> Test:
    read = _reader(predicate.array)
    match predicate:
        case IsEmpty():
            return lambda record, items: (array := _array(read(record, items))) is not None and not array
        case SomeItem(predicate=inner):
            test = _test(inner)
            return lambda record, items: any(test(record, (*items, item)) for item in _array(read(record, items)) or ())
        case EveryItem(predicate=inner):
            test = _test(inner)
            return lambda record, items: (
                (array := _array(read(record, items))) is not None
                and len(array) > 0
                and all(test(record, (*items, item)) for item in array)
            )
        case _:
            assert_never(predicate)


def _array(value: object) -> Sequence[object] | None:
    return value if isinstance(value, list | tuple) else None
