"""What members are, over GraphQL and in downloads: nobody deleted, nobody left out, at the right instant."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap

from seggql.evaluation.evaluate import find
from seggql.ingest.profiles import upsert_profiles
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.conftest import Announced
from tests.graphql.segments import OLD, create, work_off
from tests.segments.world import make_world, put_ages

MANY = 12_345
"""More than any batch, chunk of rows or page holds."""

EVERYTHING = """query ($at: DateTime!) {
  segments(first: 10) { nodes { name memberCount
    members(first: 1) { nodes { key } totalCount }
    membersAt(at: $at) { nodes { key } totalCount }
    changes(first: 10) { nodes { entered profile { key } } } } }
  profile(type: "Contact", key: "dan") { segments { name } }
  profiles(type: "Contact") { nodes { key segments { name } } totalCount }
  profileType(name: "Contact") { count } }"""


@pytest.fixture
async def world(hub: Hub) -> Hub:
    """The contacts of tests/segments/world.py."""
    await make_world(hub)
    return hub


async def test_a_deleted_profile_leaves_everything_at_once(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced
) -> None:
    await create(client, name="Old", query=OLD, activate=True)
    await create(client, name="Compound", query="SEGMENT(Old)", activate=True)
    await create(client, name="Hand", kind="STATIC", memberKeys=["cleo", "dan"])
    await work_off(world, settings, queue)
    jobs = (await client.run("{ jobs { nodes { finishedAt } } }"))["jobs"]["nodes"]
    at = max(job["finishedAt"] for job in jobs)
    before = await client.run(EVERYTHING, at=at)
    assert [segment["memberCount"] for segment in before["segments"]["nodes"]] == [2, 2, 2]
    delete = 'mutation { deleteProfiles(type: "Contact", keys: ["dan"]) { removed } }'
    assert (await client.run(delete))["deleteProfiles"] == {"removed": 1}
    after = await client.run(EVERYTHING, at=at)
    for segment in after["segments"]["nodes"]:
        assert segment["memberCount"] == 1
        assert segment["members"] == {"nodes": [{"key": "cleo"}], "totalCount": 1}
        assert segment["membersAt"] == {"nodes": [{"key": "cleo"}], "totalCount": 1}
        assert [change["profile"] for change in segment["changes"]["nodes"]] == [{"key": "cleo"}, None]
        text = (await client.http.get(f"/segments/{segment['name']}/members.csv")).text
        assert text.splitlines()[1:] == ["cleo,40"]
    assert after["profile"] is None
    assert (after["profiles"]["totalCount"], after["profileType"]["count"]) == (4, 4)
    assert "dan" not in [profile["key"] for profile in after["profiles"]["nodes"]]


async def test_no_list_or_file_ends_early(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced
) -> None:
    rows = [{"key": f"k{index:05}", "attributes": {"Age": 99}} for index in range(MANY)]
    await upsert_profiles(world, "Contact", rows)
    await create(client, name="Many", query="PROFILE(Contact).FILTER(Age == 99)", activate=True)
    await work_off(world, settings, queue)
    keys = {row["key"] for row in rows}
    paged: list[str] = []
    page: Json = {"pageInfo": {"endCursor": None, "hasNextPage": True}}
    while page["pageInfo"]["hasNextPage"]:
        document = """query ($after: String) { segment(name: "Many") { members(first: 1000, after: $after) {
          nodes { key } totalCount pageInfo { endCursor hasNextPage } } } }"""
        page = (await client.run(document, after=page["pageInfo"]["endCursor"]))["segment"]["members"]
        assert page["totalCount"] == MANY
        paged += [node["key"] for node in page["nodes"]]
    assert (len(paged), set(paged)) == (MANY, keys)
    files = {ending: (await client.http.get(f"/segments/Many/members.{ending}")).content for ending in FILE_KEYS}
    for ending, content in files.items():
        found = FILE_KEYS[ending](content)
        assert (len(found), set(found)) == (MANY, keys), ending


FILE_KEYS: dict[str, Callable[[bytes], list[str]]] = {
    "csv": lambda content: [row["Key"] for row in csv.DictReader(io.StringIO(content.decode()))],
    "ndjson": lambda content: [json.loads(line)["Key"] for line in content.splitlines()],
    "parquet": lambda content: pq.read_table(io.BytesIO(content)).column("Key").to_pylist(),
}


@pytest.mark.parametrize(
    ("window", "as_of", "inside", "outside"),
    [
        ("UTCHOURS(1)", "2026-01-01T00:30:00Z", "2025-12-31T23:30:00.001Z", "2025-12-31T23:30:00Z"),
        ("UTCDAYS(1)", "2026-03-01T00:00:00Z", "2026-02-28T00:00:00.001Z", "2026-02-28T00:00:00Z"),
        # Clocks went forward in Berlin at 01:00 UTC that day, and back in October: a day stays 24 hours.
        ("UTCDAYS(1)", "2026-03-29T12:00:00Z", "2026-03-28T12:00:00.001Z", "2026-03-28T12:00:00Z"),
        ("UTCDAYS(1)", "2026-10-25T12:00:00Z", "2026-10-24T12:00:00.001Z", "2026-10-24T12:00:00Z"),
        ("UTCMONTHS(1)", "2026-03-31T12:00:00Z", "2026-02-28T12:00:00.001Z", "2026-02-28T12:00:00Z"),
        ("UTCMONTHS(1)", "2024-03-31T12:00:00Z", "2024-02-29T12:00:00.001Z", "2024-02-29T12:00:00Z"),
        ("UTCMONTHS(13)", "2026-01-31T00:00:00Z", "2024-12-31T00:00:00.001Z", "2024-12-31T00:00:00Z"),
        ("UTCYEARS(1)", "2024-02-29T06:00:00Z", "2023-02-28T06:00:00.001Z", "2023-02-28T06:00:00Z"),
        ("UTCDAYS(7)", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z"),
        (
            "BETWEEN('2026-01-31', DATEADD(MONTH, 1, DATETIMEUTCNOW()))",
            "2026-01-31T00:00:59.999Z",
            "2026-02-28T00:00:00Z",
            "2026-02-28T00:00:00.001Z",
        ),
        (
            "BETWEEN('2026-01-31', '2026-02-28')",
            "2020-01-01T00:00:00Z",
            "2026-01-31T00:00:00Z",
            "2026-01-30T23:59:59.999Z",
        ),
    ],
)
async def test_a_window_ends_where_the_calendar_says(
    world: Hub, client: GraphQLClient, window: str, as_of: str, inside: str, outside: str
) -> None:
    record = """mutation ($rows: [InteractionInput!]!) { recordInteractions(type: "Purchase", interactions: $rows) {
      stored } }"""
    rows = [
        {"timestamp": timestamp, "links": {"Buyer": key}, "attributes": {}}
        for key, timestamp in (("inside", inside), ("outside", outside))
    ]
    await client.run(record, rows=rows)
    query = f"""INTERACTION(Purchase, Buyer).HAVING(COUNT() > 0, {window})
      INTERSECT PROFILE(Contact).FILTER(Key IN ('inside', 'outside'))"""
    preview = "query ($input: QueryInput!) { previewQuery(input: $input) { profiles { key } errors { message } } }"
    answer = await client.run(preview, input={"query": query, "asOf": as_of})
    assert answer["previewQuery"] == {"profiles": [{"key": "inside"}], "errors": []}


async def test_a_segment_and_its_complement_share_nobody_while_profiles_change(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(client, name="Young", query="PROFILE(Contact).FILTER(Age < 40)", activate=True)
    await create(client, name="Grown", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    await work_off(world, settings, queue)
    await world.collection("segments").update_many({}, {"$set": {"pointer.basis": None}})  # everybody is looked at
    await client.run("mutation { refreshAllSegments { jobs { id } } }")
    turns: list[dict[str, int | None]] = [{"ann": 80, "dan": 8}, {"ann": 20, "dan": 50}]

    async def find_while_they_change(*args: Any, **options: Any) -> BitMap:
        if turns:
            await put_ages(world, turns.pop())
        return await find(*args, **options)

    monkeypatch.setattr("seggql.segments.refresh_work.find", find_while_they_change)
    await work_off(world, settings, queue)
    members = await client.run("{ segments { nodes { name members { nodes { key } } } } }")
    keys = {
        node["name"]: {member["key"] for member in node["members"]["nodes"]} for node in members["segments"]["nodes"]
    }
    assert keys == {"Young": {"ann", "bob"}, "Grown": {"cleo", "dan"}}
    assert not turns
