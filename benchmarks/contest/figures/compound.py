"""A compound of two halves of all people, committed, against set algebra over member documents, merged."""

import itertools
import time
from collections.abc import Iterator
from statistics import median

from pyroaring import BitMap

from benchmarks.contest import ours
from benchmarks.contest.arena import Arena, require_equal
from benchmarks.contest.conditions import compared
from benchmarks.contest.figure import Figure
from benchmarks.contest.pipelines import MEMBERS, members_of, merged
from benchmarks.contest.questions import Asked, Compound, Kind, People, segql
from benchmarks.contest.rivals import Pipelines
from benchmarks.measuring import Contender, in_turns, ratio
from seggql.segments.planning import request_instant
from seggql.store.hub import Document

FIRST, SECOND, BOTH = 1_000_001, 1_000_002, 1_000_003
"""The numbers of the segments among the stored members, past those of the contest; compounds begin with the last."""


async def measure_compound(arena: Arena) -> Figure:
    """Measure INTERSECT; the halves are there before, on both sides."""
    halves = [
        Asked(number=number, name=name, kind=Kind.ATTRIBUTES, question=People(condition=compared(field, "<", 0.5)))
        for number, name, field in ((FIRST, "FirstHalf", "Number0"), (SECOND, "SecondHalf", "Number1"))
    ]
    both = Compound(operator="INTERSECT", first="FirstHalf", second="SecondHalf")
    for half in halves:
        await ours.define_one(arena.hub, arena.settings, half.name, segql(half.question))
    await ours.define_one(arena.hub, arena.settings, "BothHalves", segql(both))
    pipelines = Pipelines(arena.hub, halves)
    await pipelines.merge(halves, request_instant())
    expected = (await ours.members(arena.hub, ["BothHalves"]))["BothHalves"]

    async def refresh() -> float:
        await ours.forget(arena.hub, ["BothHalves"])
        return (await ours.refresh(arena.hub, arena.settings, ["BothHalves"])).seconds

    rivals = {"unionWith": _union_with(), "lookup": _look_up(), "group": _group()}
    contenders: dict[str, Contender] = {"ours": refresh}
    numbers = itertools.count(BOTH)
    contenders |= {name: _merged(arena, stages, expected, numbers) for name, stages in rivals.items()}
    seconds = await in_turns(contenders, arena.rounds)
    fastest = min(rivals, key=lambda name: median(seconds[name]))
    return Figure(
        what=f"compound of two segments of {arena.scale.people // 2:,}, against the fastest of `$lookup`, "
        "`$unionWith` and `$group` over member documents",
        ratio=ratio(seconds[fastest], seconds["ours"]),
        asked=100,
        bound="least",
        numbers={f"{name}_s": median(values) for name, values in seconds.items()},
    )


def _merged(arena: Arena, stages: list[Document], expected: BitMap, numbers: Iterator[int]) -> Contender:
    """Each time under another number: over keys that were deleted within MongoDB's history, upserts take a thousand
    times as long."""
    members = arena.hub.collection(MEMBERS)

    async def run() -> float:
        both = next(numbers)
        began = time.perf_counter()
        await (await members.aggregate([*stages, *merged(both)], allowDiskUse=True)).to_list()
        elapsed = time.perf_counter() - began
        rows = members.find(members_of(both), {"_id.p": 1}, batch_size=50_000)
        found = BitMap([row["_id"]["p"] async for row in rows])
        require_equal("$merge", {"BothHalves": found}, {"BothHalves": expected})
        return elapsed

    return run


def _ordinals(number: int) -> list[Document]:
    return [{"$match": members_of(number)}, {"$project": {"_id": "$_id.p"}}]


def _union_with() -> list[Document]:
    return [
        *_ordinals(FIRST),
        {"$unionWith": {"coll": MEMBERS, "pipeline": _ordinals(SECOND)}},
        {"$group": {"_id": "$_id", "n": {"$sum": 1}}},
        {"$match": {"n": 2}},
        {"$project": {"_id": 1}},
    ]


def _look_up() -> list[Document]:
    other = {"s": {"$literal": SECOND}, "p": "$_id"}
    return [
        *_ordinals(FIRST),
        {"$project": {"other": other}},
        {"$lookup": {"from": MEMBERS, "localField": "other", "foreignField": "_id", "as": "found"}},
        {"$match": {"found": {"$ne": []}}},
        {"$project": {"_id": 1}},
    ]


def _group() -> list[Document]:
    return [
        {"$match": {"$or": [members_of(FIRST), members_of(SECOND)]}},
        {"$group": {"_id": "$_id.p", "n": {"$sum": 1}}},
        {"$match": {"n": 2}},
        {"$project": {"_id": 1}},
    ]
