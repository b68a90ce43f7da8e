"""What a pipeline can say exactly, and the split of a predicate into that and a residue for the worker."""

from dataclasses import dataclass
from typing import assert_never

from seggql.catalog.model import AttributeType
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.bound import Constant
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

REGEX_MAX_BYTES = 30_000
"""PCRE as mongod builds it refuses patterns past 32,764 bytes; longer texts are looked for by expression."""


EMPTY = Constant(value="", type=AttributeType.STRING)
"""The first of all strings: whatever text is, is not below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A predicate is true where `exact` and `residue` both are; no `residue` means that `exact` says it all."""

    exact: Predicate
    residue: Predicate | None


def split(predicate: Predicate) -> Split:
    """What of `predicate` the pipeline decides, and what is left to test in the worker on the candidates."""
    if is_exact(predicate):
        return Split(exact=predicate, residue=None)
    if isinstance(predicate, AllOf):
        left = [part for part in predicate.predicates if not is_exact(part)]
        return Split(exact=widened(predicate), residue=left[0] if len(left) == 1 else AllOf(predicates=tuple(left)))
    return Split(exact=widened(predicate), residue=predicate)


def is_exact(predicate: Predicate) -> bool:
    """Whether a pipeline can say `predicate` as language.md means it."""
    match predicate:
        case AllOf() | AnyOf():
            return all(is_exact(part) for part in predicate.predicates)
        case SomeItem() | EveryItem():
            return is_exact(predicate.predicate)
        case HasText():
            return _text_is_exact(predicate)
        case Always() | Never() | Compares() | IsOneOf() | IsPresent() | IsEmpty():
            return True
        case _:
            assert_never(predicate)


def _text_is_exact(test: HasText) -> bool:
    if test.operator is TextOperator.MATCHES:
        return False
    if not test.ignores_case:
        return True
    text = test.text
    return isinstance(text, Constant) and isinstance(text.value, str) and folds_alike(text.value)


def folds_alike(text: str) -> bool:
    """Whether PCRE's case-insensitive search for `text` is simple case folding.

    So for ASCII without k and s, which fold with the Kelvin sign and the long s; a test goes through all of Unicode.
    A pattern cannot be longer than REGEX_MAX_BYTES, and escaping makes it at most four times as long.
    """
    return text.isascii() and not set(text) & set("kKsS") and len(text) <= REGEX_MAX_BYTES // 4


def widened(predicate: Predicate) -> Predicate:
    """A predicate that a pipeline can say exactly and that is true wherever `predicate` is."""
    if is_exact(predicate):
        return predicate
    match predicate:
        case AllOf():
            parts = tuple(wide for part in predicate.predicates if not isinstance(wide := widened(part), Always))
            return parts[0] if len(parts) == 1 else AllOf(predicates=parts) if parts else Always()
        case AnyOf():
            wides = tuple(widened(part) for part in predicate.predicates)
            return Always() if any(isinstance(wide, Always) for wide in wides) else AnyOf(predicates=wides)
        case SomeItem() | EveryItem():
            return IsPresent(field=predicate.array)
        case HasText():
            return Compares(operator=ComparisonOperator.GREATER_OR_EQUAL, left=predicate.value, right=EMPTY)
        case _:
            return Always()
