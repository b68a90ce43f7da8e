"""A thousand active segments, of which one always fails and one is slow: the others are on time."""

import asyncio
from pathlib import Path

import pytest

from seggql.segments.define import create_segment
from seggql.segments.draft import SegmentDraft
from seggql.segments.planning import request_instant
from seggql.segments.refresh_work import SLOW_S
from seggql.settings import Settings
from seggql.store.hub import Document, Hub
from seggql.store.segment import SegmentKind
from tests.reliability import checks
from tests.reliability.api import REFRESH_ALL
from tests.reliability.hub_at_work import HubAtWork, hub_at_work
from tests.reliability.redis_of_its_own import redis_of_its_own
from tests.reliability.world import define_world
from tests.segments.making import stored_segment
from tests.segments.world import ListQueue

SEGMENTS = 1_000
ON_TIME_S = 60.0
"""Schedules count in minutes."""

SLOW_PARTS = 80
"""Parts of the slow query; each looks at all visits."""

SLOW = " UNION ".join(
    f"INTERACTION(Visit, Visitor).FILTER(amount != {part % 100}).HAVING(SUM(amount) > {10_000 + part})"
    for part in range(SLOW_PARTS)
)


async def furnish(work: HubAtWork, settings: Settings) -> None:
    """998 plain segments; one that uses a segment which nobody activated; one that takes long."""
    await define_world(work.hub)
    await work.bring(work.stream.guests_file(500, 500), "--profiles", "Guest")
    await work.bring(work.stream.visits_file(20_000, 500), "--interactions", "Visit")
    await create_segment(
        work.hub, settings, ListQueue(), SegmentDraft(name="Idle", profile_type="Guest", query="PROFILE(Guest)")
    )
    queries = {"ASlow": SLOW, "AFailing": "PROFILE(Guest) EXCEPT SEGMENT(Idle)"}
    queries |= {f"Plain{number:04}": f"PROFILE(Guest).FILTER(age == {number % 90})" for number in range(SEGMENTS - 2)}
    for name, query in queries.items():
        uses = ("Idle",) if "SEGMENT(" in query else ()
        fields = {"kind": SegmentKind.DYNAMIC, "profile_type": "Guest", "query": query, "depends_on": uses}
        await stored_segment(work.hub, name, created_at=request_instant(), **fields)


async def test_a_slow_segment_and_a_failing_one_keep_nobody_waiting(
    hub: Hub, hasty: Settings, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis_of_its_own(tmp_path) as url:
        settings = hasty.model_copy(update={"broker_url": url})
        async with hub_at_work(hub, settings, tmp_path, seed) as work:
            starting = asyncio.create_task(work.start(workers=2))
            await furnish(work, settings)
            await starting
            await work.api.ask(REFRESH_ALL)
            await checks.quiet(hub)
    refreshed = await refreshes(hub)
    assert len(refreshed) == SEGMENTS
    slow, failing = refreshed.pop("ASlow"), refreshed.pop("AFailing")
    assert (slow["status"], failing["status"]) == ("SUCCESSFUL", "FAILED")
    assert {job["status"] for job in refreshed.values()} == {"SUCCESSFUL"}
    ends = sorted(job["finished_at"] for job in refreshed.values())
    took = [(end - slow["queued_at"]).total_seconds() for end in ends]
    meanwhile = [end for end in ends if slow["started_at"] < end < slow["finished_at"]]
    slow_s = (slow["finished_at"] - slow["started_at"]).total_seconds()
    with capsys.disabled():
        print(
            f"\n[{SEGMENTS} segments] one failed, one was slow ({slow_s:.1f} s); {len(meanwhile)} came to their end "
            f"while that one ran; all {len(ends)} others: median {took[len(took) // 2]:.1f} s, max {took[-1]:.1f} s"
        )
    assert slow_s > SLOW_S, "slow enough to be noticed"
    assert len(meanwhile) > 100, "more than a claim's: nobody waits for the slow one"
    assert took[-1] < ON_TIME_S


async def refreshes(hub: Hub) -> dict[str, Document]:
    """The refreshes that were asked for, by name of segment."""
    names = {row["_id"]: row["name"] async for row in hub.collection("segments").find()}
    return {names[job["subject"]]: job async for job in hub.collection("jobs").find({"trigger": "MANUAL"})}
