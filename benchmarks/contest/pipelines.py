"""The same questions as aggregation pipelines written by hand: the best we know without bitmaps and packs."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bson.max_key import MaxKey
from bson.min_key import MinKey

from benchmarks.contest.questions import Acted, Compound, Living, People, PeopleWhoActed, Question
from seggql.store.hub import Document

MEMBERS = "merged"
"""Where members are stored one by one: `{_id: {s: number of the segment, p: ordinal}}`."""

HINTS = {
    "Purchase": {"l.Buyer": 1, "t": 1, "a.Amount": 1},
    "Visit": {"l.Visitor": 1, "t": 1, "a.Seconds": 1},
}
"""The index that covers a count over all time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Stages that yield `{_id: ordinal}` over a collection."""

    collection: str
    stages: list[Document]
    hint: Document | None = None


def written(question: Question, as_of: datetime, numbers: dict[str, int]) -> Written:
    """The pipeline of a question at an instant; `numbers` are those of the segments by name."""
    match question:
        case People():
            match = question.condition.match(as_of)
            return Written(collection="profiles.Person", stages=[{"$match": match}, {"$project": {"_id": 1}}])
        case Acted():
            is_bare = question.days is None and question.condition is None
            return Written(
                collection=f"interactions.{question.interaction}",
                stages=_groups(question, as_of),
                hint=HINTS[question.interaction] if is_bare else None,
            )
        case PeopleWhoActed(did=True):
            return Written(
                collection=f"interactions.{question.acted.interaction}",
                stages=[*_groups(question.acted, as_of), *_only_people(question, as_of)],
            )
        case PeopleWhoActed():
            return Written(collection="profiles.Person", stages=_inactive(question, as_of))
        case Living():
            return Written(collection="profiles.Household", stages=_living(question, as_of))
        case Compound():
            return Written(collection=MEMBERS, stages=_combined(question, numbers))
        case _:
            assert_never(question)


def per_profile(question: Acted, as_of: datetime, first: int, last: int) -> Written:
    """The question asked of each profile from `first` to `last` by a `$lookup` into its interactions."""
    wanted: list[Document] = [{"$match": {"_id": {"$gte": first, "$lte": last}}}, {"$project": {"_id": 1}}]
    stages = [*wanted, *_looked_up(question, as_of), {"$project": {"_id": 1}}]
    return Written(collection="profiles.Person", stages=stages)


def looking_up(question: Acted | PeopleWhoActed, as_of: datetime) -> Written:
    """The same of every profile that may belong, whole, one after the other: what a limit can cut short."""
    if isinstance(question, Acted):
        return Written(collection="profiles.Person", stages=_looked_up(question, as_of))
    match = question.condition.match(as_of)
    return Written(collection="profiles.Person", stages=[{"$match": match}, *_looked_up(question.acted, as_of)])


def _looked_up(question: Acted, as_of: datetime) -> list[Document]:
    found: Document = {"n": {"$sum": 1 if question.summed is None else f"$a.{question.summed}"}}
    inner: list[Document] = [{"$match": _within(question, as_of)}, {"$group": {"_id": None} | found}]
    lookup: Document = {
        "from": f"interactions.{question.interaction}",
        "localField": "_id",
        "foreignField": f"l.{question.link}",
        "pipeline": inner,
        "as": "did",
    }
    return [{"$lookup": lookup}, {"$match": {"did.n": _enough(question)}}]


def members_of(number: int) -> Document:
    """The match that finds the members of a segment among all of `MEMBERS`, by its index."""
    return {"_id": {"$gte": {"s": number, "p": MinKey()}, "$lt": {"s": number, "p": MaxKey()}}}


def merged(number: int) -> list[Document]:
    """The stages that store each member of a segment as a document."""
    kept = {"into": MEMBERS, "on": "_id", "whenMatched": "keepExisting", "whenNotMatched": "insert"}
    return [{"$project": {"_id": {"s": {"$literal": number}, "p": "$_id"}}}, {"$merge": kept}]


def _within(question: Acted, as_of: datetime) -> Document:
    """The interactions that count."""
    own = question.condition.match(as_of) if question.condition else {}
    start = question.start(as_of)
    return own | ({"t": {"$gt": start, "$lte": as_of}} if start else {})


def _enough(question: Acted) -> Document:
    return {"$gt" if question.summed else "$gte": question.least}


def _groups(question: Acted, as_of: datetime) -> list[Document]:
    within = _within(question, as_of)
    value = 1 if question.summed is None else f"$a.{question.summed}"
    return [
        *([{"$match": within}] if within else []),
        {"$group": {"_id": f"$l.{question.link}", "n": {"$sum": value}}},
        {"$match": {"n": _enough(question), "_id": {"$ne": None}}},
        {"$project": {"_id": 1}},
    ]


def _only_people(question: PeopleWhoActed, as_of: datetime) -> list[Document]:
    """Of the ordinals that come in, those of people with the condition."""
    inner: list[Document] = [{"$match": question.condition.match(as_of)}, {"$project": {"_id": 1}}]
    lookup: Document = {
        "from": "profiles.Person", "localField": "_id", "foreignField": "_id", "pipeline": inner, "as": "person",
    }  # fmt: skip
    return [{"$lookup": lookup}, {"$match": {"person": {"$ne": []}}}, {"$project": {"_id": 1}}]


def _inactive(question: PeopleWhoActed, as_of: datetime) -> list[Document]:
    """People with the condition, without those who acted: both in one stream, and groups of one kind only."""
    active = [*_groups(question.acted, as_of), {"$project": {"did": {"$literal": 1}}}]
    return [
        {"$match": question.condition.match(as_of)},
        {"$project": {"did": {"$literal": 0}}},
        {"$unionWith": {"coll": f"interactions.{question.acted.interaction}", "pipeline": active}},
        {"$group": {"_id": "$_id", "most": {"$max": "$did"}}},
        {"$match": {"most": 0}},
        {"$project": {"_id": 1}},
    ]


def _living(question: Living, as_of: datetime) -> list[Document]:
    edge = question.role.match(as_of) if question.role else None
    inner: list[Document] = [*([{"$match": edge}] if edge else []), {"$project": {"_id": 0, "f": 1}}]
    lookup: Document = {
        "from": "relationships.LivesIn", "localField": "_id", "foreignField": "t", "pipeline": inner, "as": "edge",
    }  # fmt: skip
    return [
        {"$match": question.household.match(as_of)},
        {"$project": {"_id": 1}},
        {"$lookup": lookup},
        {"$unwind": "$edge"},
        {"$group": {"_id": "$edge.f"}},
    ]


def _combined(question: Compound, numbers: dict[str, int]) -> list[Document]:
    """Set algebra over the stored members, which their index covers."""
    first, second = numbers[question.first], numbers[question.second]
    both = {"$or": [members_of(first), members_of(second)]}
    marks = {"UNION": [1, 1], "INTERSECT": [1, 2], "EXCEPT": [1, 4]}[question.operator]
    wanted = {"UNION": {"$gte": 1}, "INTERSECT": 3, "EXCEPT": 1}[question.operator]
    mark = {"$cond": [{"$eq": ["$_id.s", first]}, marks[0], marks[1]]}
    return [
        {"$match": both},
        {"$group": {"_id": "$_id.p", "n": {"$sum": mark}}},
        {"$match": {"n": wanted}},
        {"$project": {"_id": 1}},
    ]
