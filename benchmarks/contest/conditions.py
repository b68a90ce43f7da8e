"""Conditions on one record, each in the three languages of the contest: SegQL, MongoDB's match, SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from seggql.store.hub import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition; `match` and `sql` are those at an instant."""

    segql: str
    match: Callable[[datetime], Document]
    sql: Callable[[datetime], str]


COMPARISONS = {"==": ("$eq", "="), ">": ("$gt", ">"), ">=": ("$gte", ">="), "<": ("$lt", "<"), "<=": ("$lte", "<=")}
"""SegQL's comparisons, as MongoDB and SQL write them."""


def compared(field: str, operator: str, value: str | float | bool) -> Condition:
    """An attribute compared with a literal."""
    mongo, sql = COMPARISONS[operator]
    return Condition(
        segql=f"{field} {operator} {_literal(value)}",
        match=lambda as_of: {f"a.{field}": {mongo: value}},
        sql=lambda as_of: f"{field} {sql} {_literal(value)}",
    )


def differs(field: str, value: str) -> Condition:
    """An attribute that is there and is something else."""
    return Condition(
        segql=f"{field} != {_literal(value)}",
        match=lambda as_of: {f"a.{field}": {"$nin": [value, None]}},
        sql=lambda as_of: f"{field} <> {_literal(value)}",
    )


def among(field: str, values: Sequence[str]) -> Condition:
    """An attribute that is one of these."""
    return Condition(
        segql=f"{field} IN ({', '.join(_literal(value) for value in values)})",
        match=lambda as_of: {f"a.{field}": {"$in": list(values)}},
        sql=lambda as_of: f"{field} IN ({', '.join(_literal(value) for value in values)})",
    )


def between(field: str, least: int, most: int) -> Condition:
    """A number within two bounds, inclusive."""
    return Condition(
        segql=f"{field} BETWEEN {least} AND {most}",
        match=lambda as_of: {f"a.{field}": {"$gte": least, "$lte": most}},
        sql=lambda as_of: f"{field} BETWEEN {least} AND {most}",
    )


def starts_with(field: str, text: str) -> Condition:
    """A text that begins so; `text` has no characters that a pattern gives a meaning."""
    return Condition(
        segql=f"{field} STARTSWITH {_literal(text)}",
        match=lambda as_of: {f"a.{field}": {"$regex": f"^{text}"}},
        sql=lambda as_of: f"starts_with({field}, {_literal(text)})",
    )


def missing(field: str) -> Condition:
    """An attribute without a value."""
    return Condition(
        segql=f"ISNULL({field})",
        match=lambda as_of: {f"a.{field}": None},
        sql=lambda as_of: f"{field} IS NULL",
    )


def tagged(field: str, value: str) -> Condition:
    """An array that holds the value."""
    return Condition(
        segql=f"{field} == {_literal(value)}",
        match=lambda as_of: {f"a.{field}": value},
        sql=lambda as_of: f"list_contains({field}, {_literal(value)})",
    )


def since(field: str, at: datetime) -> Condition:
    """A date not before a fixed one."""
    return Condition(
        segql=f"{field} >= '{at:%Y-%m-%d}'",
        match=lambda as_of: {f"a.{field}": {"$gte": at.replace(hour=0, minute=0, second=0, microsecond=0)}},
        sql=lambda as_of: f"{field} >= TIMESTAMP '{at:%Y-%m-%d}'",
    )


def within_days(field: str, days: int) -> Condition:
    """A date at most so many days ago; the clock of SegQL shows whole minutes."""

    def start(as_of: datetime) -> datetime:
        return as_of.replace(second=0, microsecond=0) - timedelta(days=days)

    return Condition(
        segql=f"{field} >= DATEADD(DAY, -{days}, DATETIMEUTCNOW())",
        match=lambda as_of: {f"a.{field}": {"$gte": start(as_of)}},
        sql=lambda as_of: f"{field} >= {timestamp(start(as_of))}",
    )


def both(one: Condition, other: Condition) -> Condition:
    """One and the other."""
    return Condition(
        segql=f"({one.segql}) AND ({other.segql})",
        match=lambda as_of: {"$and": [one.match(as_of), other.match(as_of)]},
        sql=lambda as_of: f"({one.sql(as_of)}) AND ({other.sql(as_of)})",
    )


def either(one: Condition, other: Condition) -> Condition:
    """One or the other."""
    return Condition(
        segql=f"({one.segql}) OR ({other.segql})",
        match=lambda as_of: {"$or": [one.match(as_of), other.match(as_of)]},
        sql=lambda as_of: f"({one.sql(as_of)}) OR ({other.sql(as_of)})",
    )


def timestamp(at: datetime) -> str:
    """The literal of an instant in SQL, in UTC."""
    return f"TIMESTAMP '{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}'"


def _literal(value: str | float | bool) -> str:
    """A value as both SegQL and SQL write it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"'{value}'" if isinstance(value, str) else str(value)
