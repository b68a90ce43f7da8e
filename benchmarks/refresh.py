"""A refresh, committed, against MongoDB's own count of the same condition, and `$merge` of one document a member.

python -m benchmarks.refresh [--people 1000000] [--rounds 5]
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from statistics import median
from typing import Annotated

import typer

from benchmarks.hub import NoQueue, benchmark_hub, insert_people
from benchmarks.measuring import Contender, difference, in_turns, ratio, show
from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.hub import Document, Hub
from seggql.store.job import JobKind, JobTrigger
from seggql.store.jobs import find_jobs
from seggql.store.runs import store_run
from seggql.store.segment import Segment, SegmentKind, SegmentState
from seggql.store.segments import insert_segment, new_segment_id

AT_LEAST_ONE = typer.Option(min=1)
CONDITIONS: dict[str, tuple[str, Document]] = {
    "scan 50 %": ("Income < 0.5", {"a.Income": {"$lt": 0.5}}),
    "scan 5 %": ("Income < 0.05", {"a.Income": {"$lt": 0.05}}),
    "covered 50 %": ("Score < 500", {"a.Score": {"$lt": 500}}),
    "covered 5 %": ("Score < 50", {"a.Score": {"$lt": 50}}),
}


def main(
    people: Annotated[int, typer.Option(min=1)] = 1_000_000, rounds: Annotated[int, typer.Option(min=1)] = 5
) -> None:
    """Measure, print, and exit with 1 where a figure is missed."""
    sys.exit(0 if asyncio.run(_measure(people, rounds)) else 1)


async def _measure(people: int, rounds: int) -> bool:
    async with benchmark_hub() as (hub, settings):
        await insert_people(hub, people)
        contenders: dict[str, Contender] = {}
        for name, (condition, match) in CONDITIONS.items():
            segment = await _segment(hub, name.replace(" ", "_").replace("%", "percent"), condition)
            contenders[f"refresh, {name}"] = _refresh(hub, settings, segment)
            contenders[f"count, {name}"] = _count(hub, match)
        contenders["$merge, scan 50 %"] = _merge(hub, CONDITIONS["scan 50 %"][1])
        seconds = await in_turns(contenders, rounds)
    for name, values in seconds.items():
        print(f"{name:>24} {median(values):8.3f} s")
    return show(f"Refresh of one segment over {people:,} profiles", list(_figures(seconds)))


def _figures(seconds: dict[str, list[float]]) -> list[tuple[str, str, str, bool]]:
    rows = []
    for name, most in (("scan 50 %", 2.0), ("covered 50 %", 6.0)):
        times = ratio(seconds[f"refresh, {name}"], seconds[f"count, {name}"])
        rows.append((f"refresh / count, {name}", f"{times:.2f}", f"<= {most}", times <= most))
    for name in ("scan 5 %", "covered 5 %"):
        more = difference(seconds[f"refresh, {name}"], seconds[f"count, {name}"])
        rows.append((f"refresh - count, {name}", f"{more:.3f} s", "<= 0.15 s", more <= 0.15))
    faster = ratio(seconds["$merge, scan 50 %"], seconds["refresh, scan 50 %"])
    rows.append(("$merge / refresh, scan 50 %", f"{faster:.1f}", ">= 10", faster >= 10))
    return rows


async def _segment(hub: Hub, name: str, condition: str) -> Segment:
    now = datetime.now(UTC)
    segment = Segment(
        id=new_segment_id(),
        name=name,
        display_name=name,
        kind=SegmentKind.DYNAMIC,
        state=SegmentState.ACTIVE,
        profile_type="Person",
        query=f"PROFILE(Person).FILTER({condition})",
        created_at=now,
        updated_at=now,
    )
    await insert_segment(hub, segment)
    return segment


def _refresh(hub: Hub, settings: Settings, segment: Segment) -> Contender:
    async def refresh() -> float:
        """From the claim of the run to its commit; the members begin from nothing, so that all are written."""
        await hub.collection("segments").update_one({"_id": segment.id}, {"$set": {"pointer": None}})
        run, jobs = await store_run(hub, JobKind.REFRESH, [(segment.id, JobTrigger.MANUAL)], datetime.now(UTC))
        began = time.perf_counter()
        await run_refresh(hub, settings, NoQueue(), run.id, owner="benchmark")
        elapsed = time.perf_counter() - began
        job = (await find_jobs(hub, [jobs[0].id]))[jobs[0].id]
        assert job.member_count, job.error
        return elapsed

    return refresh


def _count(hub: Hub, match: Document) -> Contender:
    async def count() -> None:
        pipeline: list[Document] = [{"$match": match}, {"$count": "n"}]
        async for _ in await hub.collection("profiles.Person").aggregate(pipeline):
            pass

    return count


def _merge(hub: Hub, match: Document) -> Contender:
    async def merge() -> float:
        await hub.collection("merged").drop()
        began = time.perf_counter()
        member = {"_id": {"s": "segment", "p": "$_id"}}
        pipeline: list[Document] = [{"$match": match}, {"$project": member}, {"$merge": {"into": "merged"}}]
        async for _ in await hub.collection("profiles.Person").aggregate(pipeline):
            pass
        return time.perf_counter() - began

    return merge


if __name__ == "__main__":
    typer.run(main)
