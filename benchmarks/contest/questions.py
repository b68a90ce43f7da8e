"""What a segment of the contest asks, apart from any language, and how SegQL says it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal, assert_never

from benchmarks.contest.conditions import Condition

LINKS = {"Purchase": "Buyer", "Visit": "Visitor"}
"""The link of each interaction type."""


class Kind(Enum):
    """What a segment is counted as in the mix."""

    WINDOW = "time window"
    LONG_WINDOW = "time window of a year or more"
    COMPOUND = "compound"
    TRAVERSE = "traverse"
    ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The people for whom a condition is true."""

    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Those with at least `least` interactions, or a sum of `summed` above it; `days` None means all time."""

    interaction: Literal["Purchase", "Visit"]
    least: float
    summed: str | None = None
    days: int | None = None
    condition: Condition | None = None

    @property
    def link(self) -> str:
        """The link to the people."""
        return LINKS[self.interaction]

    def start(self, as_of: datetime) -> datetime | None:
        """The window is what came after this."""
        return None if self.days is None else as_of - timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWhoActed:
    """People with a condition who did something, or who did not."""

    condition: Condition
    acted: Acted
    did: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """Those who live in households with a condition; `role` is on the edge."""

    household: Condition
    role: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """The members of two other segments, combined."""

    operator: Literal["UNION", "INTERSECT", "EXCEPT"]
    first: str
    second: str


Question = People | Acted | PeopleWhoActed | Living | Compound


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A segment of the contest; `number` tells its members apart where they are stored together."""

    number: int
    name: str
    kind: Kind
    question: Question


def segql(question: Question) -> str:
    """The query of the segment."""
    match question:
        case People():
            return f"PROFILE(Person).FILTER({question.condition.segql})"
        case Acted():
            own = f".FILTER({question.condition.segql})" if question.condition else ""
            having = f"SUM({question.summed}) > {question.least}" if question.summed else f"COUNT() >= {question.least}"
            window = f", UTCDAYS({question.days})" if question.days else ""
            return f"INTERACTION({question.interaction}, {question.link}){own}.HAVING({having}{window})"
        case PeopleWhoActed():
            operator = "INTERSECT" if question.did else "EXCEPT"
            return f"{segql(People(condition=question.condition))} {operator} {segql(question.acted)}"
        case Living():
            edge = f", FILTER({question.role.segql})" if question.role else ""
            return f"PROFILE(Household).FILTER({question.household.segql}).TRAVERSE(LivesIn{edge})"
        case Compound():
            return f"SEGMENT({question.first}) {question.operator} SEGMENT({question.second})"
        case _:
            assert_never(question)
