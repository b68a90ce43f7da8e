"""The same questions in DuckDB's SQL; each yields one column, `_id`."""

from datetime import datetime
from typing import assert_never

from benchmarks.contest.conditions import timestamp
from benchmarks.contest.questions import Acted, Compound, Living, People, PeopleWhoActed, Question

TABLES = {"Purchase": "purchases", "Visit": "visits"}


def sql(question: Question, as_of: datetime) -> str:
    """The statement of a question at an instant; segments that it uses are tables of their names."""
    match question:
        case People():
            return f"SELECT _id FROM people WHERE {question.condition.sql(as_of)}"
        case Acted():
            return _groups(question, as_of)
        case PeopleWhoActed():
            join = "SEMI" if question.did else "ANTI"
            acted = _groups(question.acted, as_of)
            condition = question.condition.sql(as_of)
            return f"SELECT _id FROM (SELECT _id FROM people WHERE {condition}) {join} JOIN ({acted}) USING (_id)"
        case Living():
            edge = f" WHERE {question.role.sql(as_of)}" if question.role else ""
            edges = f"SELECT f, t FROM homes{edge}"
            wanted = f"SELECT _id FROM households WHERE {question.household.sql(as_of)}"
            return f"SELECT DISTINCT f AS _id FROM ({edges}) edges SEMI JOIN ({wanted}) wanted ON edges.t = wanted._id"
        case Compound():
            return f"SELECT _id FROM {question.first} {question.operator} SELECT _id FROM {question.second}"
        case _:
            assert_never(question)


def conditions_of(question: Acted, as_of: datetime) -> list[str]:
    """What the interactions that count fulfil."""
    start = question.start(as_of)
    window = [f"t > {timestamp(start)} AND t <= {timestamp(as_of)}"] if start else []
    return window + ([f"({question.condition.sql(as_of)})"] if question.condition else [])


def _groups(question: Acted, as_of: datetime) -> str:
    conditions = conditions_of(question, as_of)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    having = f"sum({question.summed}) > {question.least}" if question.summed else f"count(*) >= {question.least}"
    link = question.link
    return f"SELECT {link} AS _id FROM {TABLES[question.interaction]}{where} GROUP BY {link} HAVING {having}"
