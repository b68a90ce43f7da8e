"""The reference meaning of values: naive, from language.md alone; None is missing."""

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ArithmeticOperator, DatePart
from tests.reference.world import Row

DIGITS_34 = Context(prec=34, Emin=-6143, Emax=6144, clamp=1, traps=[])
UNITS = {
    DatePart.DAY: timedelta(days=1),
    DatePart.HOUR: timedelta(hours=1),
    DatePart.MINUTE: timedelta(minutes=1),
    DatePart.SECOND: timedelta(seconds=1),
    DatePart.MILLISECOND: timedelta(milliseconds=1),
}
START = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a value is read from: a record, the items of the quantifiers around, or a group of records."""

    as_of: datetime
    attributes: Row
    key: str | None = None
    timestamp: datetime | None = None
    items: tuple[Any, ...] = ()
    group: "tuple[Scene, ...]" = ()


def value_of(value: bound.Value, scene: Scene) -> Any:
    """What `value` is in `scene`, or None where it is missing."""
    match value:
        case bound.Constant():
            return value.value
        case bound.KeyField():
            return scene.key
        case bound.TimestampField():
            return scene.timestamp
        case bound.AsOf():
            return scene.as_of.replace(second=0, microsecond=0)
        case bound.Field():
            found: Any = scene.attributes if value.depth == 0 else scene.items[value.depth - 1]
            for name in value.names:
                found = found.get(name) if isinstance(found, Mapping) else None
            return found
        case bound.LengthOf():
            measured = value_of(value.field, scene)
            return None if measured is None else len(measured)
        case bound.Aggregated():
            return aggregated(value, scene)
        case _:
            return _function(value, scene)


def _function(value: bound.Value, scene: Scene) -> Any:
    match value:
        case bound.Computed():
            return computed(value, value_of(value.left, scene), value_of(value.right, scene))
        case bound.DateAdded():
            return added(value.part, value_of(value.amount, scene), value_of(value.date, scene))
        case bound.DateDifference():
            start, end = value_of(value.start, scene), value_of(value.end, scene)
            return None if start is None or end is None else crossed(value.part, end) - crossed(value.part, start)
        case bound.DateComponent():
            date = value_of(value.date, scene)
            return None if date is None else component(value.part, date)
        case _:
            raise AssertionError(value)


def computed(value: bound.Computed, left: Any, right: Any) -> Any:
    """Arithmetic: whatever is no finite number is missing."""
    if left is None or right is None:
        return None
    if value.type is AttributeType.DECIMAL:
        return _decimal(value.operator, _as_decimal(left), _as_decimal(right))
    a, b = float(left), float(right)
    match value.operator:
        case ArithmeticOperator.ADD:
            result = a + b
        case ArithmeticOperator.SUBTRACT:
            result = a - b
        case ArithmeticOperator.MULTIPLY:
            result = a * b
        case ArithmeticOperator.DIVIDE:
            result = a / b if b else math.nan
    return result if math.isfinite(result) else None


def _as_decimal(number: Any) -> Decimal:
    """A double counts with the 15 digits that it surely has, as in MongoDB."""
    return Decimal(f"{number:.15g}") if isinstance(number, float) else Decimal(number)


def _decimal(operator: ArithmeticOperator, left: Decimal, right: Decimal) -> Decimal | None:
    operations = {
        ArithmeticOperator.ADD: DIGITS_34.add,
        ArithmeticOperator.SUBTRACT: DIGITS_34.subtract,
        ArithmeticOperator.MULTIPLY: DIGITS_34.multiply,
        ArithmeticOperator.DIVIDE: DIGITS_34.divide,
    }
    result = operations[operator](left, right)
    return result if result.is_finite() else None


def added(part: DatePart, amount: Any, date: datetime | None) -> datetime | None:
    """DATEADD."""
    if amount is None or date is None:
        return None
    whole = int(amount)
    try:
        if part in UNITS:
            return date + UNITS[part] * whole
        months = date.year * 12 + date.month - 1 + whole * (12 if part is DatePart.YEAR else 1)
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1] if 1 <= year <= 9999 else 0
        return date.replace(year=year, month=month + 1, day=min(date.day, last))
    except (OverflowError, ValueError):
        return None


def crossed(part: DatePart, date: datetime) -> int:
    """Boundaries of `part` from the beginning of time to `date`."""
    if part is DatePart.YEAR:
        return date.year
    if part is DatePart.MONTH:
        return date.year * 12 + date.month
    return (date - START) // UNITS[part]


def component(part: DatePart, date: datetime) -> int:
    """DATEPART."""
    if part is DatePart.WEEKDAY:
        return date.weekday() + 1
    if part is DatePart.MILLISECOND:
        return date.microsecond // 1000
    return int(getattr(date, part.name.lower()))


def aggregated(value: bound.Aggregated, scene: Scene) -> Any:
    """An aggregate over the group of `scene`."""
    if value.field is None:
        return len(scene.group)
    read = [value_of(value.field, record) for record in scene.group]
    present = [number for number in read if number is not None]
    if value.function is AggregateFunction.COUNTDISTINCT:
        return len(set(present))
    if not present:
        return None
    match value.function:
        case AggregateFunction.MIN:
            return min(present)
        case AggregateFunction.MAX:
            return max(present)
        case AggregateFunction.SUM:
            return _sum(present)
        case AggregateFunction.AVG:
            total = _sum(present)
            return None if total is None else total / len(present)
        case _:
            raise AssertionError(value)


def _sum(numbers: list[Any]) -> Any:
    if any(isinstance(number, float) for number in numbers):
        try:
            return math.fsum(numbers)
        except OverflowError:
            return None
    return sum(numbers)
