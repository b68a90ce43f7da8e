"""What must hold whatever was killed: read from the documents by other means than the product's own."""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from pyroaring import BitMap

from seggql.store.bitmaps import from_binary
from seggql.store.hub import Document, Hub
from tests.reliability.api import Api
from tests.reliability.segments import Facts
from tests.reliability.world import Stream

QUIET_TIMEOUT_S = 120.0
"""Nothing may be under way longer than this once its workers are there; machines that test are slow and busy."""

UNFINISHED = {"status": {"$in": ["QUEUED", "PROCESSING"]}}


HEAD = -1
"""The chunk of a ledger row that makes its generation valid."""


async def quiet(hub: Hub, timeout_s: float = QUIET_TIMEOUT_S) -> None:
    """Wait until every job and every run has ended."""
    deadline = monotonic() + timeout_s
    while True:
        jobs = [row async for row in hub.collection("jobs").find(UNFINISHED)]
        runs = [row async for row in hub.collection("runs").find({"status": {"$ne": "FINISHED"}})]
        if not jobs and not runs:
            return
        assert monotonic() < deadline, f"stuck:\njobs {jobs}\nruns {runs}"
        await asyncio.sleep(0.05)


async def nobody_failed(hub: Hub) -> None:
    """Kills alone fail nothing: jobs are successful, or had nothing left to do."""
    ended = [row async for row in hub.collection("jobs").find({"status": {"$ne": "SUCCESSFUL"}})]
    told = [(row["status"], row["error"] or row["skipped_because"]) for row in ended]
    unexpected = [one for one in told if one[0] != "SKIPPED" or "later refresh" not in (one[1] or "")]
    assert not unexpected, unexpected


async def ledgers(hub: Hub) -> dict[str, dict[int, BitMap]]:
    """By name of segment the members of each of its generations, replayed from the first; every count is checked."""
    rows: dict[str, list[Document]] = defaultdict(list)
    async for row in hub.collection("membership_changes").find().sort("_id", 1):
        rows[row["_id"]["s"]].append(row)
    segments = {row["_id"]: row async for row in hub.collection("segments").find()}
    told = await _told_by_jobs(hub)
    replayed = {}
    for id_, segment in segments.items():
        pointer = segment.get("pointer")
        generations = _replay(rows.get(id_, []))
        if pointer is None:
            assert not generations, f"{segment['name']} has a ledger and no generation in force"
            continue
        name, members = segment["name"], generations[pointer["generation"]]
        assert max(generations) == pointer["generation"], f"{name}: the ledger knows more than the pointer"
        assert len(members) == pointer["count"] == segment["order"]["members"], name
        assert members == await _stored(hub, id_, pointer, rows.get(id_, [])), f"{name}: ledger and chunks differ"
        heads = [row for row in rows[id_] if row["_id"]["c"] == HEAD]
        moved = (sum(head["entered"] for head in heads), sum(head["exited"] for head in heads))
        assert moved == told[id_], f"{name}: the ledger says {moved}, the jobs say {told[id_]}"
        assert moved[0] - moved[1] == pointer["count"], name
        replayed[name] = generations
    return replayed


def _replay(rows: list[Document]) -> dict[int, BitMap]:
    """The members of each generation that has a head; what has none never happened."""
    heads = {row["_id"]["g"]: row for row in rows if row["_id"]["c"] == HEAD}
    entered: dict[int, BitMap] = defaultdict(BitMap)
    exited: dict[int, BitMap] = defaultdict(BitMap)
    for row in rows:
        if row["_id"]["c"] != HEAD:
            entered[row["_id"]["g"]] |= _bits(row, "entered")
            exited[row["_id"]["g"]] |= _bits(row, "exited")
    members, generations = BitMap(), {}
    for generation in sorted(heads):
        head, come, gone = heads[generation], entered[generation], exited[generation]
        assert not come & members, f"{head}: entered twice"
        assert not gone - members, f"{head}: left without being there"
        assert (len(come), len(gone)) == (head["entered"], head["exited"]), head
        members = (members | come) - gone
        assert len(members) == head["count"], head
        generations[generation] = BitMap(members)
    return generations


def _bits(row: Document, name: str) -> BitMap:
    return from_binary(row[name]) if name in row else BitMap()


async def _stored(hub: Hub, segment: str, pointer: Mapping[str, Any], rows: list[Document]) -> BitMap:
    """The generation in force as its chunks say, with the differences since."""
    members = BitMap()
    chunks = {"_id.s": segment, "_id.g": pointer["base"]}
    async for chunk in hub.collection("memberships").find(chunks):
        bits = from_binary(chunk["bits"])
        assert len(bits) == chunk["n"], chunk["_id"]
        members |= bits
    heads = {row["_id"]["g"] for row in rows if row["_id"]["c"] == HEAD}
    for row in rows:
        is_since = pointer["base"] < row["_id"]["g"] <= pointer["generation"]
        if is_since and row["_id"]["g"] in heads and row["_id"]["c"] != HEAD:
            members = (members | _bits(row, "entered")) - _bits(row, "exited")
    return members


async def _told_by_jobs(hub: Hub) -> dict[str, tuple[int, int]]:
    """Entered and exited by segment, added up over the jobs that succeeded."""
    told: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    async for job in hub.collection("jobs").find({"kind": "REFRESH", "status": "SUCCESSFUL"}):
        entered, exited = told[job["subject"]]
        told[job["subject"]] = (entered + job["entered"], exited + job["exited"])
    return told


async def partition_holds(hub: Hub, replayed: Mapping[str, dict[int, BitMap]]) -> None:
    """Adults and Others of one instant have nobody in common: they are of one snapshot."""
    pointers = {}
    async for row in hub.collection("segments").find({"name": {"$in": ["Adults", "Others"]}}):
        pointers[row["name"]] = row.get("pointer")
    if pointers["Adults"] and pointers["Others"] and pointers["Adults"]["as_of"] == pointers["Others"]["as_of"]:
        adults = replayed["Adults"][pointers["Adults"]["generation"]]
        others = replayed["Others"][pointers["Others"]["generation"]]
        assert not adults & others, "one guest is adult and not"


async def visits_are_all_there(hub: Hub, stream: Stream) -> None:
    """Every visit that was acknowledged is stored once, as it was sent; none is there that nobody sent."""
    guests = await _keys(hub)
    identified, nameless = {}, Counter[tuple[str, str | None, int]]()
    async for row in hub.collection("interactions.Visit").find():
        at = row["t"].strftime("%Y-%m-%dT%H:%M:%SZ")
        visit = (at, guests[row["l"]["Visitor"]], row["a"]["amount"])
        if row["_id"] in stream.identified:
            identified[row["_id"]] = visit
        else:
            nameless[visit] += 1
    lost = len(stream.identified.keys() - identified.keys())
    assert not lost, f"{lost} visits with ids are lost"
    assert identified == stream.identified, "a visit is not as it was sent"
    assert nameless == stream.nameless, {
        "lost": len(list((stream.nameless - nameless).elements())),
        "doubled": len(list((nameless - stream.nameless).elements())),
    }


async def guests_are_as_told(hub: Hub, stream: Stream) -> None:
    """Every guest is there once, with the last values that were acknowledged; and so is who knows whom."""
    stored = {}
    async for row in hub.collection("profiles.Guest").find():
        assert row["key"] not in stored, f"{row['key']} is there twice"
        stored[row["key"]] = {name: value for name, value in row.get("a", {}).items() if value is not None}
    expected = {
        key: {name: value for name, value in attributes.items() if value is not None}
        for key, attributes in stream.guests.items()
    }
    assert stored == expected
    keys = await _keys(hub)
    edges = [(keys[row["f"]], keys[row["t"]]) async for row in hub.collection("relationships.Knows").find()]
    assert Counter(edges) == Counter(stream.known)


async def members_are_true(
    hub: Hub, replayed: Mapping[str, dict[int, BitMap]], facts: Facts, queries: Mapping[str, Any]
) -> None:
    """The members of the newest generations are those that looking at every guest finds."""
    keys = await _keys(hub)
    for name, (_, truth) in queries.items():
        generations = replayed[name]
        found = {keys[ordinal] for ordinal in generations[max(generations)]}
        expected = truth(facts)
        assert found == expected, f"{name}: {len(found - expected)} too many, {len(expected - found)} missing"


async def exports_are_whole(hub: Hub, folder: Path) -> int:
    """The newest delivery to each file is what the file has; half files are none there. Returns how many deliveries."""
    jobs = {row["_id"]: row async for row in hub.collection("jobs").find({"kind": "EXPORT", "status": "SUCCESSFUL"})}
    newest: dict[str, tuple[Any, Document]] = {}
    async for run in hub.collection("export_runs").find({"job_id": {"$in": list(jobs)}}):
        assert run["expected"] == run["delivered"] + run["rejected"] + run["withheld"], run
        finished = jobs[run["job_id"]]["finished_at"]
        if run["location"] not in newest or newest[run["location"]][0] < finished:
            newest[run["location"]] = (finished, run)
    for location, (_, run) in newest.items():
        content = Path(location).read_bytes()
        assert hashlib.sha256(content).hexdigest() == run["checksum"], f"{location} is not what was delivered"
        assert content.count(b"\n") - 1 == run["delivered"], location
    halves = [str(path) for path in folder.rglob(".*.part")] if folder.exists() else []
    assert not halves, halves
    return len(jobs)


async def api_agrees(api: Api, hub: Hub, replayed: Mapping[str, dict[int, BitMap]], *names: str) -> None:
    """The API tells of these segments what the ledger does."""
    keys = await _keys(hub)
    for name in names:
        generation, count, members = await api.members(name)
        assert members == {keys[ordinal] for ordinal in replayed[name][generation]}, name
        assert count == len(members), name


async def _keys(hub: Hub) -> dict[int, str]:
    return {row["o"]: row["_id"] async for row in hub.collection("keys.Guest").find()}
