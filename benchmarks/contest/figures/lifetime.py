"""One count over all interactions of a type, committed, against MongoDB's `$group` of the same."""

from statistics import median

from benchmarks.contest import ours
from benchmarks.contest.arena import Arena
from benchmarks.contest.figure import Figure
from benchmarks.contest.ours import Refreshed
from benchmarks.contest.pipelines import HINTS
from benchmarks.contest.questions import Acted, segql
from benchmarks.measuring import Contender, in_turns, ratio
from seggql.store.hub import Document

NAME = "VisitedOften"
QUESTION = Acted(interaction="Visit", least=5)
GROUPS: list[Document] = [
    {"$group": {"_id": "$l.Visitor", "n": {"$sum": 1}}},
    {"$match": {"n": {"$gte": 5}, "_id": {"$ne": None}}},
    {"$count": "members"},
]


async def measure_lifetime(arena: Arena) -> Figure:
    """Measure; `$group` only counts the members, over the covering index and over the documents, the faster one."""
    await ours.define_one(arena.hub, arena.settings, NAME, segql(QUESTION))
    refreshed: list[Refreshed] = []

    async def refresh() -> float:
        await ours.forget(arena.hub, [NAME])
        refreshed[:] = [await ours.refresh(arena.hub, arena.settings, [NAME])]
        return refreshed[0].seconds

    def group(hint: Document) -> Contender:
        async def run() -> None:
            cursor = await arena.hub.collection("interactions.Visit").aggregate(GROUPS, hint=hint, allowDiskUse=True)
            (row,) = await cursor.to_list()
            assert row["members"] == refreshed[0].jobs[0].member_count

        return run

    contenders = {"ours": refresh, "covered": group(HINTS["Visit"]), "documents": group({"$natural": 1})}
    seconds = await in_turns(contenders, arena.rounds)
    fastest = min(("covered", "documents"), key=lambda name: median(seconds[name]))
    return Figure(
        what=f"count of {arena.scale.visits:,} interactions over all time, against MongoDB's `$group`",
        ratio=ratio(seconds[fastest], seconds["ours"]),
        asked=40,
        bound="least",
        numbers={f"{name}_s": median(values) for name, values in seconds.items()},
    )
