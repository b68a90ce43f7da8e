"""A tiny evaluator of conditions in three-valued logic, from the language alone: True, False or None (unknown)."""

from collections.abc import Iterable
from typing import Any as Anything
from typing import assert_never

from seggql.query import bound
from seggql.query.ast import ComparisonOperator, QuantifierKind, TextOperator
from seggql.query.values.calculus import arithmetic, date_add, date_diff, date_part
from seggql.query.values.interpreter import Record

Truth = bool | None


def both(truths: Iterable[Truth]) -> Truth:
    """AND: false if one is false, else unknown if one is unknown."""
    found = list(truths)
    return False if False in found else None if None in found else True


def either(truths: Iterable[Truth]) -> Truth:
    """OR: true if one is true, else unknown if one is unknown."""
    found = list(truths)
    return True if True in found else None if None in found else False


def negation(truth: Truth) -> Truth:
    """NOT: unknown stays unknown."""
    return None if truth is None else not truth


def truth(condition: bound.Condition, record: Record, items: tuple[object, ...] = ()) -> Truth:
    """What `condition` is for `record`, inside of quantifiers over `items`."""
    match condition:
        case bound.All(operands=operands):
            return both(truth(operand, record, items) for operand in operands)
        case bound.Any(operands=operands):
            return either(truth(operand, record, items) for operand in operands)
        case bound.Not(operand=operand):
            return negation(truth(operand, record, items))
        case bound.Compare(operator=operator, left=left, right=right):
            return compared(operator, value(left, record, items), value(right, record, items))
        case bound.OneOf(value=tested, options=options):
            found = value(tested, record, items)
            equal = ComparisonOperator.EQUAL
            return either(compared(equal, found, value(option, record, items)) for option in options)
        case bound.Text(operator=test, value=tested, text=text):
            return contained(test, value(tested, record, items), value(text, record, items))
        case bound.Missing(field=field):
            return value(field, record, items) is None
        case bound.Quantified(kind=kind, array=array, condition=inner):
            found = value(array, record, items)
            if found is None:
                return None
            truths = [truth(inner, record, (*items, item)) for item in found]
            if kind is QuantifierKind.ANY:
                return either(truths)
            return both(truths) if truths else False
        case _:
            assert_never(condition)


def compared(operator: ComparisonOperator, left: Anything, right: Anything) -> Truth:
    """A comparison, unknown where a side is missing."""
    if left is None or right is None:
        return None
    match operator.value:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "<":
            return bool(left < right)
        case _:
            return bool(left <= right)


def contained(test: TextOperator, tested: Anything, text: Anything) -> Truth:
    """A test of text (in ASCII and minding case), unknown where a side is missing; MATCHES of letters is CONTAINS."""
    if tested is None or text is None:
        return None
    if test is TextOperator.STARTSWITH:
        return bool(tested[: len(text)] == text)
    if test is TextOperator.ENDSWITH:
        return bool(text == "" or tested[-len(text) :] == text)
    return text in tested


def value(of: bound.Value, record: Record, items: tuple[object, ...]) -> Anything:
    """A value, None where missing."""
    match of:
        case bound.Constant(value=constant):
            return constant
        case bound.KeyField():
            return record.key
        case bound.TimestampField():
            return record.timestamp
        case bound.Field(names=names, depth=depth):
            found: Anything = items[depth - 1] if depth else record.attributes
            for name in names:
                found = None if found is None else found.get(name)
            return found
        case bound.Computed(operator=operator, left=left, right=right, type=type):
            return arithmetic(operator, value(left, record, items), value(right, record, items), type)
        case bound.LengthOf(field=field):
            found = value(field, record, items)
            return None if found is None else len(found)
        case bound.DateAdded(part=part, amount=amount, date=date):
            return date_add(part, value(amount, record, items), value(date, record, items))
        case bound.DateDifference(part=part, start=start, end=end):
            return date_diff(part, value(start, record, items), value(end, record, items))
        case bound.DateComponent(part=part, date=date):
            return date_part(part, value(date, record, items))
        case bound.Aggregated():
            return record.aggregates.get(of)
        case _:
            raise AssertionError(f"not a value of these tests: {of}")
