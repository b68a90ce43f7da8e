"""Date functions as aggregation expressions, UTC, missing outside of the years 1 to 9999."""

from datetime import UTC, datetime
from typing import Any

from seggql.query.ast import DatePart
from seggql.query.values.dates import LENGTHS_MS

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)

YEARS = 10_000
MOST_PARTS = {
    DatePart.YEAR: YEARS,
    DatePart.MONTH: YEARS * 12,
    DatePart.DAY: YEARS * 366,
    DatePart.HOUR: YEARS * 366 * 24,
    DatePart.MINUTE: YEARS * 366 * 1_440,
    DatePart.SECOND: YEARS * 366 * 86_400,
    DatePart.MILLISECOND: YEARS * 366 * 86_400_000,
}
"""Amounts past these lead outside of all years; adding fails on what overflows, so they are stopped before it."""

COMPONENTS = {
    DatePart.YEAR: "$year",
    DatePart.MONTH: "$month",
    DatePart.DAY: "$dayOfMonth",
    DatePart.HOUR: "$hour",
    DatePart.MINUTE: "$minute",
    DatePart.SECOND: "$second",
    DatePart.MILLISECOND: "$millisecond",
    DatePart.WEEKDAY: "$isoDayOfWeek",
}


def date_added(part: DatePart, amount: Any, date: Any) -> dict[str, Any]:
    """`DATEADD`: the amount is cut toward zero, the end of a month clamps."""
    most = MOST_PARTS[part]
    within = [_is_date("$$d"), {"$isNumber": "$$n"}, {"$gt": ["$$n", -most]}, {"$lt": ["$$n", most]}]
    whole = {"$toLong": {"$trunc": ["$$n", 0]}}
    added = _added(part, whole)
    in_years = {"$and": [{"$gte": ["$$x", FIRST]}, {"$lte": ["$$x", LAST]}]}
    checked = {"$let": {"vars": {"x": added}, "in": {"$cond": [in_years, "$$x", None]}}}
    return {"$let": {"vars": {"d": date, "n": amount}, "in": {"$cond": [{"$and": within}, checked, None]}}}


def _added(part: DatePart, whole: Any) -> dict[str, Any]:
    """`$$d` and `whole` parts.

    Milliseconds are kept out of `$dateAdd`: on dates before 1970 that have some, MongoDB 6.0 gives a second less.
    """
    if part in LENGTHS_MS:
        return {"$add": ["$$d", {"$multiply": [whole, LENGTHS_MS[part]]}]}
    milliseconds = {"$millisecond": "$$d"}
    start = {"$subtract": ["$$d", milliseconds]}
    return {"$add": [{"$dateAdd": {"startDate": start, "unit": part.value.lower(), "amount": whole}}, milliseconds]}


def date_difference(part: DatePart, start: Any, end: Any) -> dict[str, Any]:
    """`DATEDIFF`: boundaries of the part crossed, as Transact-SQL counts them and MongoDB's `$dateDiff` too."""
    difference = {"$dateDiff": {"startDate": "$$s", "endDate": "$$e", "unit": part.value.lower()}}
    both = {"$and": [_is_date("$$s"), _is_date("$$e")]}
    return {"$let": {"vars": {"s": start, "e": end}, "in": {"$cond": [both, difference, None]}}}


def date_component(part: DatePart, date: Any) -> dict[str, Any]:
    """`DATEPART`: WEEKDAY is 1 on Monday."""
    return {"$let": {"vars": {"d": date}, "in": {"$cond": [_is_date("$$d"), {COMPONENTS[part]: "$$d"}, None]}}}


def _is_date(expression: str) -> dict[str, Any]:
    return {"$eq": [{"$type": expression}, "date"]}
