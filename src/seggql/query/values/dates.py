"""Arithmetic of dates: parts, differences, additions and windows, all in UTC and to the millisecond.

Missing is None: it comes in as None, and goes out where a result would leave the years 1 to 9999.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from seggql.errors import InvariantError
from seggql.query.ast import DatePart, WindowUnit
from seggql.query.plan import Interval

FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

MOST_PARTS = 10**15
"""More milliseconds than all the years have: no larger amount leads anywhere."""

LENGTHS_MS = {
    DatePart.DAY: 86_400_000,
    DatePart.HOUR: 3_600_000,
    DatePart.MINUTE: 60_000,
    DatePart.SECOND: 1_000,
    DatePart.MILLISECOND: 1,
}
"""Parts that are always equally long, in milliseconds."""

LENGTHS_MONTHS = {DatePart.YEAR: 12, DatePart.MONTH: 1}
"""Parts that the calendar makes, in months."""

WINDOW_PARTS = {
    WindowUnit.UTCHOURS: DatePart.HOUR,
    WindowUnit.UTCDAYS: DatePart.DAY,
    WindowUnit.UTCMONTHS: DatePart.MONTH,
    WindowUnit.UTCYEARS: DatePart.YEAR,
}


FIRST_MONTH, LAST_MONTH = 12, 9999 * 12 + 11
"""Outermost month numbers, counted from January of year 0."""


def truncate_to_minute(instant: datetime) -> datetime:
    """`instant` with its seconds cut off: what `DATETIMEUTCNOW()` is of as_of."""
    return instant.replace(second=0, microsecond=0)


def truncate_to_millisecond(instant: datetime) -> datetime:
    """`instant` as MongoDB keeps it."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


# ---------------------------------------------------------------- numbered parts


def part_number(part: DatePart, instant: datetime) -> int:
    """How many boundaries of `part` lie between the start of counting and `instant`.

    Months and years count from year 0, the rest from the first instant; WEEKDAY has no boundaries of its own.
    """
    if part is DatePart.YEAR:
        return instant.year
    if part is DatePart.MONTH:
        return month_number(instant)
    return (instant - FIRST_INSTANT) // MILLISECOND // _length_ms(part)


def part_start(part: DatePart, number: int) -> datetime | None:
    """The first instant of the part with this number, or None outside of the years 1 to 9999."""
    if part in LENGTHS_MONTHS:
        return month_start(number * LENGTHS_MONTHS[part])
    milliseconds = number * _length_ms(part)
    if not 0 <= milliseconds <= (LAST_INSTANT - FIRST_INSTANT) // MILLISECOND:
        return None
    return FIRST_INSTANT + milliseconds * MILLISECOND


def month_number(instant: datetime) -> int:
    """Months from January of year 0."""
    return instant.year * 12 + instant.month - 1


def month_start(number: int) -> datetime | None:
    """The first instant of the month with this number, or None outside of the years 1 to 9999."""
    if not FIRST_MONTH <= number <= LAST_MONTH:
        return None
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def month_length(number: int) -> int:
    """Days of the month with this number, which must be of the years 1 to 9999."""
    following = month_start(number + 1)
    return 31 if following is None else (following - timedelta(days=1)).day


# ---------------------------------------------------------------- the functions of the language


def date_part(part: DatePart, instant: datetime | None) -> int | None:
    """`DATEPART`: WEEKDAY is 1 on Monday and 7 on Sunday."""
    if instant is None:
        return None
    match part:
        case DatePart.WEEKDAY:
            return instant.isoweekday()
        case DatePart.MILLISECOND:
            return instant.microsecond // 1000
        case _:
            value: int = getattr(instant, part.value.lower())
            return value


def date_diff(part: DatePart, start: datetime | None, end: datetime | None) -> int | None:
    """`DATEDIFF`: the boundaries of `part` crossed from `start` to `end`, negative where `end` is earlier.

    Source: Transact-SQL, DATEDIFF.
    """
    if start is None or end is None:
        return None
    return part_number(part, end) - part_number(part, start)


def date_add(part: DatePart, amount: int | float | Decimal | None, instant: datetime | None) -> datetime | None:
    """`DATEADD`: whole parts (`amount` is cut toward zero), clamped to the end of a month."""
    if amount is None or instant is None or amount != amount or not -MOST_PARTS < amount < MOST_PARTS:
        return None
    whole = int(amount)
    if part in LENGTHS_MONTHS:
        return _add_months(instant, whole * LENGTHS_MONTHS[part])
    try:
        return instant + timedelta(milliseconds=whole * _length_ms(part))
    except OverflowError:
        return None


def window_interval(unit: WindowUnit, count: int, as_of: datetime) -> Interval:
    """`UTCDAYS(count)` and its kin: (as_of - count units, as_of]; before the first year it has no lower end."""
    return Interval(low=date_add(WINDOW_PARTS[unit], -count, as_of), high=as_of, excludes_low=True)


# ---------------------------------------------------------------- helpers


def _add_months(instant: datetime, months: int) -> datetime | None:
    number = month_number(instant) + months
    start = month_start(number)
    if start is None:
        return None
    return instant.replace(year=start.year, month=start.month, day=min(instant.day, month_length(number)))


def _length_ms(part: DatePart) -> int:
    length = LENGTHS_MS.get(part)
    if length is None:
        raise InvariantError(f"{part.value} has no length; the binder lets it into DATEPART only")
    return length
