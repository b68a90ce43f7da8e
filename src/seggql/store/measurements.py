"""What a hub tells of itself: the queue, what failed, how fresh each segment is; read through indexes alone."""

import asyncio
from dataclasses import dataclass

from seggql.store.hub import Document, Hub
from seggql.store.job import UNFINISHED, JobStatus
from seggql.store.presence import find_present


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentMeasures:
    """An active dynamic segment. `lag_s` counts from the end of its last successful refresh, else from its making.

    `refresh_s` is how long that refresh took, None where there was none.
    """

    name: str
    lag_s: float
    refresh_s: float | None
    members: int | None
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Of the whole hub, whichever process did the work.

    `unfinished` counts jobs by kind and status, `oldest_s` is the age of the oldest queued one of a kind, `ended`
    counts jobs by status, `failed` by kind and error code; `overdue` jobs are PROCESSING under a lease that ran out;
    `processes` are those that are there, by kind.
    """

    unfinished: dict[tuple[str, str], int]
    oldest_s: dict[str, float]
    ended: dict[str, int]
    failed: dict[tuple[str, str], int]
    takeovers: int
    overdue: int
    processes: dict[str, int]
    segments: tuple[SegmentMeasures, ...]


async def measure(hub: Hub) -> Measures:
    """All of it, as it is now."""
    unfinished, ended, failed, takeovers, overdue, segments = await asyncio.gather(
        _unfinished(hub), _ended(hub), _failed(hub), _takeovers(hub), _overdue(hub), _segments(hub)
    )
    processes: dict[str, int] = {}
    for process in await find_present(hub):
        processes[process.kind.value] = processes.get(process.kind.value, 0) + 1
    return Measures(
        unfinished={(row["_id"]["kind"], row["_id"]["status"]): row["count"] for row in unfinished},
        oldest_s={
            row["_id"]["kind"]: row["age_s"] for row in unfinished if row["_id"]["status"] == JobStatus.QUEUED.value
        },
        ended=ended,
        failed=failed,
        takeovers=takeovers,
        overdue=overdue,
        processes=processes,
        segments=segments,
    )


async def _unfinished(hub: Hub) -> list[Document]:
    age: Document = {"$divide": [{"$subtract": ["$$NOW", {"$min": "$queued_at"}]}, 1000]}
    return await _aggregate(
        hub,
        {"$match": {"status": {"$in": [status.value for status in UNFINISHED]}}},
        {
            "$group": {
                "_id": {"kind": "$kind", "status": "$status"},
                "count": {"$sum": 1},
                "queued_at": {"$min": "$queued_at"},
            }
        },
        {"$set": {"age_s": age}},
    )


async def _ended(hub: Hub) -> dict[str, int]:
    ended = [status.value for status in JobStatus if status.is_final]
    jobs = hub.collection("jobs")
    return dict(
        zip(ended, await asyncio.gather(*(jobs.count_documents({"status": status}) for status in ended)), strict=True)
    )


async def _failed(hub: Hub) -> dict[tuple[str, str], int]:
    rows = await _aggregate(
        hub,
        {"$match": {"status": JobStatus.FAILED.value}},
        {"$group": {"_id": {"kind": "$kind", "code": "$error_code"}, "count": {"$sum": 1}}},
    )
    return {(row["_id"]["kind"], row["_id"].get("code") or "UNKNOWN"): row["count"] for row in rows}


async def _takeovers(hub: Hub) -> int:
    rows = await _aggregate(
        hub, {"$match": {"takeovers": {"$gt": 0}}}, {"$group": {"_id": None, "count": {"$sum": "$takeovers"}}}
    )
    return rows[0]["count"] if rows else 0


async def _overdue(hub: Hub) -> int:
    return await hub.collection("jobs").count_documents(
        {"status": JobStatus.PROCESSING.value, "$expr": {"$lt": ["$lease_until", "$$NOW"]}}
    )


async def _segments(hub: Hub) -> tuple[SegmentMeasures, ...]:
    since: Document = {"$ifNull": ["$last_refreshed_at", "$created_at"]}
    rows = hub.collection("segments").aggregate(
        [
            {"$match": {"state": "ACTIVE", "kind": "DYNAMIC"}},
            {
                "$project": {
                    "name": 1,
                    "lag_s": {"$divide": [{"$subtract": ["$$NOW", since]}, 1000]},
                    "cost_ms": "$order.cost_ms",
                    "count": "$pointer.count",
                    "failures": "$consecutive_failures",
                }
            },
            {"$sort": {"name": 1}},
        ]
    )
    return tuple(
        [
            SegmentMeasures(
                name=row["name"],
                lag_s=row["lag_s"],
                refresh_s=row["cost_ms"] / 1000 if row.get("cost_ms", -1) >= 0 else None,
                members=row.get("count"),
                failures=row.get("failures", 0),
            )
            async for row in await rows
        ]
    )


async def _aggregate(hub: Hub, *stages: Document) -> list[Document]:
    return await (await hub.collection("jobs").aggregate(list(stages))).to_list()
