"""For which numbers of interactions a condition on COUNT() holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import assert_never

from seggql.query import bound
from seggql.query.ast import AggregateFunction, ArithmeticOperator, ComparisonOperator
from seggql.query.values.numbers import COMPARISONS


@dataclass(frozen=True, slots=True)
class Sizes:
    """A set of whole numbers from 0 up: each of `turns`, which rise, is where belonging begins or ends."""

    turns: tuple[int, ...]

    def holds(self, size: int) -> bool:
        """Whether `size` belongs."""
        return sum(turn <= size for turn in self.turns) % 2 == 1

    @property
    def last(self) -> int | None:
        """The largest number that belongs; None where there is no largest, -1 where none belongs."""
        if len(self.turns) % 2:
            return None
        return self.turns[-1] - 1 if self.turns else -1

    @property
    def holds_from_one(self) -> bool:
        """Whether every number from 1 up belongs."""
        return self.turns in ((0,), (1,))

    def others(self) -> "Sizes":
        """All numbers that do not belong."""
        return Sizes(self.turns[1:] if self.turns[:1] == (0,) else (0, *self.turns))


NOTHING_KNOWN: Mapping[int, Sizes | None] = MappingProxyType({})


def sizes_of(condition: bound.Condition, known: Mapping[int, Sizes | None] = NOTHING_KNOWN) -> Sizes | None:
    """The group sizes for which `condition` is true; None where it depends on more than COUNT() and constants.

    `known` are the sizes of conditions within it by their id, so that deep nesting is not gone through at each level.
    """
    if id(condition) in known:
        return known[id(condition)]
    match condition:
        case bound.All(operands=operands):
            return _combined([sizes_of(operand, known) for operand in operands], at_least=len(operands))
        case bound.Any(operands=operands):
            return _combined([sizes_of(operand, known) for operand in operands], at_least=1)
        case bound.Not(operand=operand):
            sizes = sizes_of(operand, known)
            return None if sizes is None else sizes.others()
        case bound.Compare(operator=operator, left=left, right=right):
            return _of_comparison(operator, left, right)
        case bound.OneOf(value=value, options=options):
            equal = ComparisonOperator.EQUAL
            return _combined([_of_comparison(equal, value, option) for option in options], at_least=1)
        case bound.Text() | bound.Missing() | bound.Quantified():
            return None
        case _:
            assert_never(condition)


def _combined(sets: list[Sizes | None], *, at_least: int) -> Sizes | None:
    """The numbers that belong to `at_least` so many of the sets."""
    turns: list[tuple[int, int]] = []
    for sizes in sets:
        if sizes is None:
            return None
        turns += [(turn, -1 if position % 2 else 1) for position, turn in enumerate(sizes.turns)]
    belonging = 0
    result: list[int] = []
    turns.sort()
    for position, (turn, change) in enumerate(turns):
        belonging += change
        is_last_here = position + 1 == len(turns) or turns[position + 1][0] > turn
        if is_last_here and (belonging >= at_least) != bool(len(result) % 2):
            result.append(turn)
    return Sizes(tuple(result))


# ---------------------------------------------------------------- one comparison

Line = tuple[Fraction, Fraction]
"""slope and rise: slope * COUNT() + rise."""


def _of_comparison(operator: ComparisonOperator, left: bound.Value, right: bound.Value) -> Sizes | None:
    one, other = _line(left), _line(right)
    if one is None or other is None:
        return None
    slope, rise = one[0] - other[0], one[1] - other[1]
    holds = COMPARISONS[operator]
    if slope == 0:
        return Sizes((0,) if holds(rise, 0) else ())
    root = -rise / slope
    stretches = [
        (0, ceil(root), bool(holds(-slope, 0))),
        (ceil(root), floor(root) + 1, bool(holds(0, 0))),
        (floor(root) + 1, None, bool(holds(slope, 0))),
    ]
    return _of_stretches((max(start, 0), end) for start, end, belongs in stretches if belongs)


def _of_stretches(stretches: Iterable[tuple[int, int | None]]) -> Sizes:
    sets: list[Sizes | None] = [
        Sizes((start,) if end is None else (start, end)) for start, end in stretches if end is None or end > start
    ]
    return _combined(sets, at_least=1) or Sizes(())


def _line(value: bound.Value) -> Line | None:
    match value:
        case bound.Constant(value=bool()):
            return None
        case bound.Constant(value=int() | float() | Decimal() as number):
            return Fraction(0), Fraction(number)
        case bound.Aggregated(function=AggregateFunction.COUNT):
            return Fraction(1), Fraction(0)
        case bound.Computed(operator=operator, left=left, right=right):
            one, other = _line(left), _line(right)
            return None if one is None or other is None else _calculated(operator, one, other)
        case _:
            return None


def _calculated(operator: ArithmeticOperator, left: Line, right: Line) -> Line | None:
    """A line again, or None where the result is none: COUNT() times itself, or something divided by COUNT() or 0."""
    match operator:
        case ArithmeticOperator.ADD:
            return left[0] + right[0], left[1] + right[1]
        case ArithmeticOperator.SUBTRACT:
            return left[0] - right[0], left[1] - right[1]
        case ArithmeticOperator.MULTIPLY if left[0] == 0 or right[0] == 0:
            return left[0] * right[1] + right[0] * left[1], left[1] * right[1]
        case ArithmeticOperator.DIVIDE if right[0] == 0 and right[1] != 0:
            return left[0] / right[1], left[1] / right[1]
        case _:
            return None
