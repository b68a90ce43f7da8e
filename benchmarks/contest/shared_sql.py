"""All questions together in DuckDB's SQL: conditions and groups of many segments in one pass, then each from these.

Groups of short windows read only what their longest needs; those of long windows are a pass of their own.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from benchmarks.contest.conditions import Condition, timestamp
from benchmarks.contest.questions import LINKS, Acted, Asked, Compound, Living, People, PeopleWhoActed
from benchmarks.contest.sql import TABLES, conditions_of, sql

SHORT_DAYS = 90
"""Windows up to this long share a pass."""


def shared_passes(segments: Sequence[Asked], as_of: datetime) -> Iterator[str]:
    """The statements that make the tables of flags which `shared_sql` reads."""
    flags = [f"({condition.sql(as_of)}) AS {name}" for name, condition in _conditions(segments)]
    if flags:
        yield f"CREATE OR REPLACE TEMP TABLE people_flags AS SELECT _id, {', '.join(flags)} FROM people"
    for interaction in TABLES:
        for is_short in (True, False):
            wanted = [(n, a) for n, a in _acted(segments) if a.interaction == interaction and _is_short(a) is is_short]
            if wanted:
                yield _pass(wanted, as_of)


def shared_sql(segment: Asked, as_of: datetime) -> str:
    """The statement of a segment, over the tables of flags; segments that it uses are tables of their names."""
    name, question = segment.name, segment.question
    match question:
        case People():
            return f"SELECT _id FROM people_flags WHERE {name}"
        case Acted():
            return f"SELECT _id FROM {_table(question)} WHERE {name}"
        case PeopleWhoActed():
            join = "SEMI" if question.did else "ANTI"
            acted = f"SELECT _id FROM {_table(question.acted)} WHERE {name}"
            return f"SELECT _id FROM (SELECT _id FROM people_flags WHERE {name}) {join} JOIN ({acted}) USING (_id)"
        case Living() | Compound():
            return sql(question, as_of)
        case _:
            assert_never(question)


def _pass(wanted: Sequence[tuple[str, Acted]], as_of: datetime) -> str:
    """One grouping for all of these, which are of one type."""
    first = wanted[0][1]
    link, table = LINKS[first.interaction], TABLES[first.interaction]
    flags = ", ".join(_flag(name, acted, as_of) for name, acted in wanted)
    days = [acted.days for _, acted in wanted]
    longest = None if None in days else max(day for day in days if day)
    where = f" WHERE t > {timestamp(as_of - timedelta(days=longest))}" if longest else ""
    select = f"SELECT {link} AS _id, {flags} FROM {table}{where} GROUP BY {link}"
    return f"CREATE OR REPLACE TEMP TABLE {_table(first)} AS {select}"


def _flag(name: str, acted: Acted, as_of: datetime) -> str:
    conditions = conditions_of(acted, as_of)
    filtered = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    if acted.summed:
        return f"coalesce(sum({acted.summed}){filtered} > {acted.least}, false) AS {name}"
    return f"count(*){filtered} >= {acted.least} AS {name}"


def _table(acted: Acted) -> str:
    return f"{TABLES[acted.interaction]}_{'short' if _is_short(acted) else 'long'}"


def _is_short(acted: Acted) -> bool:
    return acted.days is not None and acted.days <= SHORT_DAYS


def _conditions(segments: Sequence[Asked]) -> Iterator[tuple[str, Condition]]:
    for segment in segments:
        if isinstance(segment.question, People | PeopleWhoActed):
            yield segment.name, segment.question.condition


def _acted(segments: Sequence[Asked]) -> Iterator[tuple[str, Acted]]:
    for segment in segments:
        match segment.question:
            case Acted() as acted:
                yield segment.name, acted
            case PeopleWhoActed(acted=acted):
                yield segment.name, acted
