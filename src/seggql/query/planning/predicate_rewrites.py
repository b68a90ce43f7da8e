"""Rewrites of predicates: each keeps the records, and makes the predicate smaller or better served."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from seggql.query import bound
from seggql.query.ast import AggregateFunction, ComparisonOperator, TextOperator
from seggql.query.bound import Constant, Value
from seggql.query.planning.connectives import all_of, any_of, every_item, some_item
from seggql.query.planning.date_ranges import MIRRORED, dates_to_ranges
from seggql.query.planning.folding import fold_leaf, fold_values
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
from seggql.query.values.numbers import compare

PATTERN_WEIGHT = 9
"""Rank of MATCHES."""


def constants_right(leaf: Predicate) -> Predicate:
    """`30 < Age` becomes `Age > 30`."""
    match leaf:
        case Compares(operator=operator, left=Constant() as constant, right=value) if not isinstance(value, Constant):
            return Compares(operator=MIRRORED[operator], left=value, right=constant)
        case _:
            return leaf


def one_option(leaf: Predicate) -> Predicate:
    """`x IN (1)` becomes `x == 1`."""
    match leaf:
        case IsOneOf(value=value, options=(option,), negated=negated):
            operator = ComparisonOperator.NOT_EQUAL if negated else ComparisonOperator.EQUAL
            return Compares(operator=operator, left=value, right=option)
        case _:
            return leaf


def counts_start_at_one(leaf: Predicate) -> Predicate:
    """`COUNT() >= 1` is Always: a group has an interaction. Comparisons that no count meets are Never."""
    match leaf:
        case Compares(
            operator=operator,
            left=bound.Aggregated(function=AggregateFunction.COUNT),
            right=Constant(value=int() | float() as limit),
        ):
            if operator in (ComparisonOperator.GREATER, ComparisonOperator.GREATER_OR_EQUAL):
                return Always() if compare(operator, 1, limit) else leaf
            if operator in (ComparisonOperator.LESS, ComparisonOperator.LESS_OR_EQUAL):
                return leaf if compare(operator, 1, limit) else Never()
            return leaf
        case _:
            return leaf


LEAF_REWRITES: tuple[Callable[[Predicate], Predicate], ...] = (
    fold_leaf,
    constants_right,
    one_option,
    dates_to_ranges,
    counts_start_at_one,
)


def equalities_to_one_of(predicate: Predicate) -> Predicate:
    """`x == 1 OR x == 2` becomes `x IN (1, 2)`."""
    if not isinstance(predicate, AnyOf):
        return predicate
    options: dict[Value, list[Value]] = {}
    others: list[Predicate] = []
    for operand in predicate.predicates:
        match operand:
            case Compares(operator=ComparisonOperator.EQUAL, left=value, right=Constant() as option):
                options.setdefault(value, []).append(option)
            case IsOneOf(value=value, options=several, negated=False) if _all_constant(several):
                options.setdefault(value, []).extend(several)
            case _:
                others.append(operand)
    merged = (IsOneOf(value=value, options=tuple(dict.fromkeys(each))) for value, each in options.items())
    return any_of((*(one_option(leaf) for leaf in merged), *others))


def cheap_first(predicate: Predicate) -> Predicate:
    """Operands of AND and OR by what testing them costs: equality before ranges before text before MATCHES."""
    match predicate:
        case AllOf(predicates=operands):
            return AllOf(predicates=tuple(sorted(operands, key=weight)))
        case AnyOf(predicates=operands):
            return AnyOf(predicates=tuple(sorted(operands, key=weight)))
        case _:
            return predicate


NODE_REWRITES: tuple[Callable[[Predicate], Predicate], ...] = (equalities_to_one_of, cheap_first)


def simplify(predicate: Predicate, now: datetime) -> Predicate:
    """`predicate` with `now` for AsOf, folded, in ranges, flat and in order."""
    return _rewritten(fold_values(predicate, now))


def _rewritten(predicate: Predicate) -> Predicate:
    """Leaves first, each until no rewrite changes it; every rewrite makes a leaf simpler, so this ends."""
    match predicate:
        case AllOf(predicates=operands):
            predicate = all_of(_rewritten(operand) for operand in operands)
        case AnyOf(predicates=operands):
            predicate = any_of(_rewritten(operand) for operand in operands)
        case SomeItem(array=array, predicate=inner):
            predicate = some_item(array, _rewritten(inner))
        case EveryItem(array=array, predicate=inner):
            predicate = every_item(array, _rewritten(inner))
        case _:
            for rewrite in LEAF_REWRITES:
                changed = rewrite(predicate)
                if changed != predicate:
                    return _rewritten(changed)
    for rewrite in NODE_REWRITES:
        predicate = rewrite(predicate)
    return predicate


def weight(predicate: Predicate) -> int:
    """What testing `predicate` costs, as a rank: MATCHES is the heaviest, for only the worker can test it."""
    match predicate:
        case Always() | Never() | IsPresent() | IsEmpty():
            return 1
        case Compares(operator=operator, right=right):
            if not isinstance(right, Constant):
                return 3
            return 0 if operator is ComparisonOperator.EQUAL else 1
        case IsOneOf(negated=negated):
            return 2 if negated else 0
        case HasText(operator=operator):
            return PATTERN_WEIGHT if operator is TextOperator.MATCHES else 4
        case SomeItem(predicate=inner) | EveryItem(predicate=inner):
            return max(3, weight(inner))
        case AllOf(predicates=operands) | AnyOf(predicates=operands):
            return max(weight(operand) for operand in operands)
        case _:
            assert_never(predicate)


def has_pattern(predicate: Predicate) -> bool:
    """Whether there is a MATCHES in `predicate`."""
    return weight(predicate) == PATTERN_WEIGHT


def _all_constant(values: tuple[Value, ...]) -> bool:
    return all(isinstance(value, Constant) for value in values)
