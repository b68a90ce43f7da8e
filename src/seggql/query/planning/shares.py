"""Guesses the share of records that a predicate is true of, from its form alone; rules of thumb."""

from math import prod
from typing import assert_never

from seggql.query import bound
from seggql.query.ast import ComparisonOperator
from seggql.query.bound import Constant, Value
from seggql.query.planning.predicate_rewrites import has_pattern
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

EQUAL_SHARE, RANGE_SHARE, TEXT_SHARE, MISSING_SHARE = 0.05, 0.3, 0.1, 0.1

Indexed = frozenset[tuple[str, str]]
"""Indexed attributes: a profile type and a dotted path."""


def share(predicate: Predicate) -> float:
    """The share of records that `predicate` is taken to be true of."""
    match predicate:
        case Always():
            return 1.0
        case Never():
            return 0.0
        case AllOf(predicates=operands):
            return prod(share(operand) for operand in operands)
        case AnyOf(predicates=operands):
            return min(1.0, sum(share(operand) for operand in operands))
        case Compares(operator=ComparisonOperator.EQUAL):
            return EQUAL_SHARE
        case Compares(operator=ComparisonOperator.NOT_EQUAL):
            return 1 - EQUAL_SHARE
        case Compares():
            return RANGE_SHARE
        case IsOneOf(options=options, negated=negated):
            part = min(0.5, EQUAL_SHARE * len(options))
            return 1 - part if negated else part
        case HasText(negated=negated):
            return 1 - TEXT_SHARE if negated else TEXT_SHARE
        case IsPresent(negated=negated):
            return MISSING_SHARE if negated else 1 - MISSING_SHARE
        case IsEmpty():
            return MISSING_SHARE
        case SomeItem(predicate=inner):
            return min(1.0, 2 * share(inner))
        case EveryItem(predicate=inner):
            return share(inner) / 2
        case _:
            assert_never(predicate)


def share_before_patterns(predicate: Predicate) -> float:
    """The share of records that are left for MATCHES to test."""
    operands = predicate.predicates if isinstance(predicate, AllOf) else (predicate,)
    return prod(share(operand) for operand in operands if not has_pattern(operand))


def indexed_share(predicate: Predicate, profile_type: str, indexed: Indexed) -> float:
    """The share of records that an index leaves to look at; 1 where none serves."""
    match predicate:
        case AllOf(predicates=operands):
            return min(indexed_share(operand, profile_type, indexed) for operand in operands)
        case AnyOf(predicates=operands):
            return min(1.0, sum(indexed_share(operand, profile_type, indexed) for operand in operands))
        case Compares(operator=operator, left=value, right=Constant()) if operator is not ComparisonOperator.NOT_EQUAL:
            return share(predicate) if _is_indexed(value, profile_type, indexed) else 1.0
        case IsOneOf(value=value, negated=False):
            return share(predicate) if _is_indexed(value, profile_type, indexed) else 1.0
        case SomeItem(array=array, predicate=inner):
            served = _is_indexed(array, profile_type, indexed) and isinstance(inner, Compares | IsOneOf)
            return share(predicate) if served else 1.0
        case _:
            return 1.0


def _is_indexed(value: Value, profile_type: str, indexed: Indexed) -> bool:
    match value:
        case bound.KeyField():
            return True
        case bound.Field(names=names, depth=0):
            return (profile_type, ".".join(names)) in indexed
        case _:
            return False


def is_one_key(predicate: Predicate) -> bool:
    """Whether `predicate` is true of one profile at most: it asks for a Key."""
    match predicate:
        case Compares(operator=ComparisonOperator.EQUAL, left=bound.KeyField(), right=Constant()):
            return True
        case AllOf(predicates=operands):
            return any(is_one_key(operand) for operand in operands)
        case _:
            return False
