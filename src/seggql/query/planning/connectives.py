"""AND, OR and the quantifiers over predicates, always in simplest form: flat, without Always, Never or repetition."""

from collections.abc import Iterable

from seggql.query.bound import Field
from seggql.query.predicate import AllOf, Always, AnyOf, EveryItem, Never, Predicate, SomeItem


def all_of(predicates: Iterable[Predicate]) -> Predicate:
    """True where each is true; Always of none."""
    operands: dict[Predicate, None] = {}
    for predicate in predicates:
        match predicate:
            case Never():
                return predicate
            case Always():
                pass
            case AllOf(predicates=inner):
                operands.update(dict.fromkeys(inner))
            case _:
                operands[predicate] = None
    if len(operands) < 2:
        return next(iter(operands), Always())
    return AllOf(predicates=tuple(operands))


def any_of(predicates: Iterable[Predicate]) -> Predicate:
    """True where one is true; Never of none."""
    operands: dict[Predicate, None] = {}
    for predicate in predicates:
        match predicate:
            case Always():
                return predicate
            case Never():
                pass
            case AnyOf(predicates=inner):
                operands.update(dict.fromkeys(inner))
            case _:
                operands[predicate] = None
    if len(operands) < 2:
        return next(iter(operands), Never())
    return AnyOf(predicates=tuple(operands))


def some_item(array: Field, predicate: Predicate) -> Predicate:
    """True where one item is; with Always it says that the array is present and not empty."""
    return predicate if isinstance(predicate, Never) else SomeItem(array=array, predicate=predicate)


def every_item(array: Field, predicate: Predicate) -> Predicate:
    """True where there are items and each is true; of Always it is `some_item` of Always."""
    match predicate:
        case Never():
            return predicate
        case Always():
            return SomeItem(array=array, predicate=predicate)
        case _:
            return EveryItem(array=array, predicate=predicate)
