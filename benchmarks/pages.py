"""First pages over GraphQL, against a bare Starlette route that makes the same MongoDB reads.

The reads are those that the GraphQL request was seen to make; the route makes them again and sends what they return.

python -m benchmarks.pages [--people 1000000] [--requests 200]
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from pymongo import monitoring

from benchmarks.hub import NoQueue, benchmark_hub, insert_people
from benchmarks.measuring import show
from benchmarks.web import Reads, compare_with_reads
from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobKind, JobTrigger
from seggql.store.runs import store_run
from seggql.store.segment import Segment, SegmentKind, SegmentState
from seggql.store.segments import insert_segment, new_segment_id

SEGMENTS = 1_000
MOST = 4.0
DOCUMENTS = {
    "100 members of half the people": """{ segment(name: "Half") {
        members(first: 100) { nodes { key attributes } pageInfo { hasNextPage endCursor } } } }""",
    "50 of 1,000 segments with counts": """{ segments(first: 50) {
        nodes { name displayName state memberCount } pageInfo { hasNextPage endCursor } } }""",
}


def main(
    people: Annotated[int, typer.Option(min=1)] = 1_000_000, requests: Annotated[int, typer.Option(min=20)] = 200
) -> None:
    """Measure, print, and exit with 1 where a figure is missed."""
    sys.exit(0 if asyncio.run(_measure(people, requests)) else 1)


async def _measure(people: int, requests: int) -> bool:
    reads = Reads()
    monitoring.register(reads)
    async with benchmark_hub() as (hub, settings):
        await insert_people(hub, people)
        await _make_segments(hub, settings)
        rows = []
        for name, document in DOCUMENTS.items():
            graphql, bare = await compare_with_reads(hub, settings, reads, document, requests)
            ratio = graphql / bare
            measured = f"{ratio:.2f} ({graphql * 1000:.1f} ms / {bare * 1000:.1f} ms)"
            rows.append((name, measured, f"<= {MOST}", ratio <= MOST))
        return show(f"First pages, p95 of {requests} requests", rows)


async def _make_segments(hub: Hub, settings: Settings) -> None:
    """One refreshed segment that holds half the people, and a thousand more that point to its members."""
    now = datetime.now(UTC)
    half = Segment(
        id=new_segment_id(),
        name="Half",
        display_name="Half",
        kind=SegmentKind.DYNAMIC,
        state=SegmentState.ACTIVE,
        profile_type="Person",
        query="PROFILE(Person).FILTER(Income < 0.5)",
        created_at=now,
        updated_at=now,
    )
    await insert_segment(hub, half)
    run, _ = await store_run(hub, JobKind.REFRESH, [(half.id, JobTrigger.MANUAL)], now)
    await run_refresh(hub, settings, NoQueue(), run.id, owner="benchmark")
    stored = await hub.collection("segments").find_one({"_id": half.id})
    assert stored is not None
    assert stored["pointer"] is not None
    copies = [{**stored, "_id": new_segment_id(), "name": f"Copy{n}"} for n in range(SEGMENTS)]
    await hub.collection("segments").insert_many(copies)


if __name__ == "__main__":
    typer.run(main)
