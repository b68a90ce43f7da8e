"""Warns of one-sided date tests: `DATEDIFF(DAY, X, DATETIMEUTCNOW()) < 30` holds for every future X."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from seggql.query import bound
from seggql.query.ast import ComparisonOperator
from seggql.query.binding.binding import Binding
from seggql.query.tree_walk import reads_record

GREATER, GREATER_OR_EQUAL = ComparisonOperator.GREATER, ComparisonOperator.GREATER_OR_EQUAL
LESS, LESS_OR_EQUAL = ComparisonOperator.LESS, ComparisonOperator.LESS_OR_EQUAL
EQUAL, NOT_EQUAL = ComparisonOperator.EQUAL, ComparisonOperator.NOT_EQUAL

OPPOSITES = {
    EQUAL: NOT_EQUAL,
    NOT_EQUAL: EQUAL,
    GREATER: LESS_OR_EQUAL,
    LESS_OR_EQUAL: GREATER,
    LESS: GREATER_OR_EQUAL,
    GREATER_OR_EQUAL: LESS,
}
MIRRORED = {GREATER: LESS, LESS: GREATER, GREATER_OR_EQUAL: LESS_OR_EQUAL, LESS_OR_EQUAL: GREATER_OR_EQUAL}


@dataclass(frozen=True, slots=True)
class Bound:
    """`value operator other`, read so that it stands without NOT; `origin` is the comparison that says it."""

    value: bound.Value
    operator: ComparisonOperator
    other: bound.Value
    origin: bound.Compare


def warn_of_one_sided_tests(b: Binding, condition: bound.Condition, *, is_negated: bool = False) -> None:
    """Looks at each AND by itself: a test is closed by another one beside it."""
    bounds: list[Bound] = []
    for part, part_is_negated in _conjuncts(condition, is_negated):
        match part:
            case bound.Compare():
                bounds += _bounds(part, part_is_negated)
            case bound.All(operands=operands) | bound.Any(operands=operands):
                for operand in operands:
                    warn_of_one_sided_tests(b, operand, is_negated=part_is_negated)
            case bound.Quantified(condition=inner):
                warn_of_one_sided_tests(b, inner, is_negated=part_is_negated)
            case _:
                pass
    from_above = {each.value for each in bounds if each.operator in (LESS, LESS_OR_EQUAL, EQUAL)}
    from_below = {_value_or_ends(each.value) for each in bounds if each.operator in (GREATER, GREATER_OR_EQUAL, EQUAL)}
    for each in bounds:
        difference = each.value
        if not isinstance(difference, bound.DateDifference) or not _is_open(each, difference):
            continue
        is_start = reads_record(difference.start)
        is_date_closed = difference.start in from_above if is_start else difference.end in from_below
        if not is_date_closed and _value_or_ends(difference) not in from_below:
            _warn(b, each, difference)


def _conjuncts(condition: bound.Condition, is_negated: bool) -> Iterator[tuple[bound.Condition, bool]]:
    """What must hold together, each with whether it stands under NOT."""
    match condition:
        case bound.Not(operand=operand):
            yield from _conjuncts(operand, not is_negated)
        case bound.All(operands=operands) if not is_negated:
            for operand in operands:
                yield from _conjuncts(operand, is_negated)
        case bound.Any(operands=operands) if is_negated:
            for operand in operands:
                yield from _conjuncts(operand, is_negated)
        case _:
            yield condition, is_negated


def _bounds(compare: bound.Compare, is_negated: bool) -> Iterator[Bound]:
    """The comparison, read from either side."""
    operator = OPPOSITES[compare.operator] if is_negated else compare.operator
    yield Bound(compare.left, operator, compare.right, compare)
    yield Bound(compare.right, MIRRORED.get(operator, operator), compare.left, compare)


def _is_open(test: Bound, difference: bound.DateDifference) -> bool:
    """Whether the test, taken alone, holds however far the date lies on the side that makes the difference negative."""
    if reads_record(difference.start) == reads_record(difference.end) or test.operator not in (LESS, LESS_OR_EQUAL):
        return False
    return isinstance(test.other, bound.Constant) and _is_about_now(test.operator, test.other.value)


def _is_about_now(operator: ComparisonOperator, limit: bound.Scalar | None) -> bool:
    """Whether differences of 0 and more pass: a test for less is open on purpose."""
    if not isinstance(limit, int | float | Decimal):
        return False
    return limit > 0 if operator is LESS else limit >= 0


def _value_or_ends(value: bound.Value) -> bound.Value | tuple[bound.Value, bound.Value]:
    """A difference by what it lies between: one in days closes one in hours."""
    return (value.start, value.end) if isinstance(value, bound.DateDifference) else value


def _warn(b: Binding, test: Bound, difference: bound.DateDifference) -> None:
    text = b.text(b.place(difference))
    is_start = reads_record(difference.start)
    side = "later, however far in the future" if is_start else "earlier, however long ago"
    assert isinstance(test.other, bound.Constant)
    most = test.other.value
    if test.operator is LESS and isinstance(most, int):
        most -= 1
    b.warn(
        f"This test of {text} also holds for every date that is {side}.",
        b.place(test.origin),
        hint=f"To close it write {text} BETWEEN 0 AND {most}.",
    )
