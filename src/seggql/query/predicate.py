"""Predicates: what is left of a condition once negation is pushed to the leaves. Each is true or false, never unknown.

A condition keeps a record only where it is true, so each leaf carries its guard: it is true only when every value in
it is present. `when_true(condition)` and `when_false(condition)` in negation.py make predicates of conditions.
"""

from dataclasses import dataclass

from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.bound import Field, KeyField, TimestampField, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Always:
    """True of every record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """True of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Two predicates or more, all true; none of them an AllOf, Always or Never."""

    predicates: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Two predicates or more, one of them true; none of them an AnyOf, Always or Never."""

    predicates: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compares:
    """Both sides are present and the comparison holds."""

    operator: ComparisonOperator
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class IsOneOf:
    """The value is present and equal to one of `options`; `negated`: present, every option present, equal to none."""

    value: Value
    options: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HasText:
    """Both sides are present and the test holds, or with `negated` does not hold."""

    operator: TextOperator
    value: Value
    text: Value
    ignores_case: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IsPresent:
    """The field is present, or with `negated` missing (absent or null)."""

    field: Field | KeyField | TimestampField
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeItem:
    """The array is present and `predicate` is true of at least one item."""

    array: Field
    predicate: "Predicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryItem:
    """The array is present and not empty, and `predicate` is true of each item."""

    array: Field
    predicate: "Predicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class IsEmpty:
    """The array is present and has no items."""

    array: Field


Predicate = Always | Never | AllOf | AnyOf | Compares | IsOneOf | HasText | IsPresent | SomeItem | EveryItem | IsEmpty
