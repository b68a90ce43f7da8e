"""Says predicates and values in the words of SegQL, for people who read plans."""

from datetime import UTC, datetime
from typing import assert_never

from seggql.catalog.model import KEY, TIMESTAMP
from seggql.query import bound
from seggql.query.ast import ArithmeticOperator
from seggql.query.bound import Constant, Scalar, Value
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

MOST_OPTIONS = 5
"""Options of an IN that are shown; a longer list says how many more there are."""


def predicate_text(predicate: Predicate, record_type: str, depth: int = 0) -> str:
    """`predicate` over records of `record_type`, inside of `depth` quantifiers."""
    match predicate:
        case Always():
            return "TRUE"
        case Never():
            return "FALSE"
        case AllOf(predicates=operands):
            return " AND ".join(operand_text(operand, record_type, depth) for operand in operands)
        case AnyOf(predicates=operands):
            return " OR ".join(operand_text(operand, record_type, depth) for operand in operands)
        case SomeItem(array=array, predicate=Always()):
            return f"LENGTH({value_text(array, record_type, depth)}) > 0"
        case IsEmpty(array=array):
            return f"LENGTH({value_text(array, record_type, depth)}) == 0"
        case SomeItem(array=array, predicate=inner) | EveryItem(array=array, predicate=inner):
            quantifier = "ANY" if isinstance(predicate, SomeItem) else "ALL"
            path, condition = value_text(array, record_type, depth), predicate_text(inner, record_type, depth + 1)
            return f"{quantifier}({path}, {condition})"
        case Compares() | IsOneOf() | HasText() | IsPresent():
            return _test_text(predicate, record_type, depth)
        case _:
            assert_never(predicate)


def operand_text(predicate: Predicate, record_type: str, depth: int = 0) -> str:
    """`predicate` as an operand of AND or OR: in parentheses where it has operands of its own."""
    text = predicate_text(predicate, record_type, depth)
    return f"({text})" if isinstance(predicate, AllOf | AnyOf) else text


def _test_text(predicate: Compares | IsOneOf | HasText | IsPresent, record_type: str, depth: int) -> str:
    def say(value: Value) -> str:
        return value_text(value, record_type, depth)

    match predicate:
        case Compares(operator=operator, left=left, right=right):
            return f"{say(left)} {operator.value} {say(right)}"
        case IsOneOf(value=value, options=options, negated=negated):
            shown = [say(option) for option in options[:MOST_OPTIONS]]
            if len(options) > MOST_OPTIONS:
                shown.append(f"… {len(options) - MOST_OPTIONS:,} more")
            return f"{say(value)} {'NOT ' if negated else ''}IN ({', '.join(shown)})"
        case HasText(operator=test, value=value, text=text, negated=negated):
            case_words = " IGNORECASE" if predicate.ignores_case else ""
            return f"{say(value)} {'NOT ' if negated else ''}{test.value} {say(text)}{case_words}"
        case IsPresent(field=field, negated=negated):
            return f"{'ISNULL' if negated else 'ISNOTNULL'}({say(field)})"
        case _:
            assert_never(predicate)


def value_text(value: Value, record_type: str, depth: int = 0) -> str:
    """`value` of a record of `record_type`, inside of `depth` quantifiers."""

    def say(inner: Value) -> str:
        return value_text(inner, record_type, depth)

    match value:
        case Constant(value=constant):
            return constant_text(constant)
        case bound.KeyField():
            return f"{record_type}.{KEY}" if depth else KEY
        case bound.TimestampField():
            return f"{record_type}.{TIMESTAMP}" if depth else TIMESTAMP
        case bound.Field():
            return _field_text(value, record_type, depth)
        case bound.AsOf():
            return "DATETIMEUTCNOW()"
        case bound.Computed(operator=operator, left=left, right=right):
            left_text, right_text = _term(say(left), left, operator), _term(say(right), right, operator, is_right=True)
            return f"{left_text} {operator.value} {right_text}"
        case bound.DateAdded(part=part, amount=amount, date=date):
            return f"DATEADD({part.value}, {say(amount)}, {say(date)})"
        case bound.DateDifference(part=part, start=start, end=end):
            return f"DATEDIFF({part.value}, {say(start)}, {say(end)})"
        case bound.DateComponent(part=part, date=date):
            return f"DATEPART({part.value}, {say(date)})"
        case bound.LengthOf(field=field):
            return f"LENGTH({say(field)})"
        case bound.Aggregated(function=function, field=field):
            return f"{function.value}({'' if field is None else say(field)})"
        case _:
            assert_never(value)


def _field_text(field: bound.Field, record_type: str, depth: int) -> str:
    if not field.names:
        return "VALUE"
    path = ".".join(field.names)
    return f"{record_type}.{path}" if depth and not field.depth else path


ADDITIVE = (ArithmeticOperator.ADD, ArithmeticOperator.SUBTRACT)


def _term(text: str, value: Value, operator: ArithmeticOperator, *, is_right: bool = False) -> str:
    """`text` of an operand, in parentheses where the operator around it binds as tight or tighter."""
    if not isinstance(value, bound.Computed):
        return text
    if is_right or (value.operator in ADDITIVE and operator not in ADDITIVE):
        return f"({text})"
    return text


def constant_text(value: Scalar | None) -> str:
    """A literal: dates in ISO 8601, alone at midnight."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            quoted = value.replace("'", "''")
            return f"'{quoted}'"
        case datetime():
            return f"'{instant_text(value)}'"
        case _:
            return str(value)


def instant_text(instant: datetime) -> str:
    """`2026-03-01T12:30:44Z`; the date alone at midnight; milliseconds where there are any."""
    instant = instant.astimezone(UTC)
    if instant.hour == instant.minute == instant.second == instant.microsecond == 0:
        return instant.date().isoformat()
    precision = "milliseconds" if instant.microsecond else "seconds"
    return instant.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
