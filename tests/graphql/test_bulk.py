"""Actions on several segments over the API: a result for each, whatever else is named beside it."""

import pytest

from seggql.graphql.ids import to_global_id
from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.segments import OLD, create
from tests.segments.world import make_world

DELETE = """mutation ($ids: [ID!]!) { deleteSegments(input: {ids: $ids}) {
  deletedIds errors { code message field } } }"""
SWITCH = """mutation ($ids: [ID!]!) { %s(input: {ids: $ids}) { segments { name state } errors { code field } } }"""
REFRESH = """mutation ($ids: [ID!]!) { refreshSegments(input: {ids: $ids}) {
  jobs { segment { name } } errors { code field } } }"""
USE = """mutation ($input: SegmentUsageInput!) { %s(input: $input) {
  segment { isLocked usages { kind name isActive } } errors { code message field } } }"""
GONE = to_global_id("Segment", "0" * 24)
NO_SEGMENT = to_global_id("Job", "0" * 24)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


def told(errors: list[Json]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in errors]


async def test_what_is_no_segment_is_refused_in_its_place_and_the_rest_is_done(
    world: Hub, client: GraphQLClient
) -> None:
    one = (await create(client, name="One", query=OLD))["id"]
    two = (await create(client, name="Two", query=OLD))["id"]
    ids = [one, one, GONE, "no id", NO_SEGMENT, two, GONE]
    refused = [("NOT_FOUND", ["ids", "2"]), ("INVALID", ["ids", "3"]), ("INVALID", ["ids", "4"])]
    for mutation, state in (("activateSegments", "ACTIVE"), ("deactivateSegments", "INACTIVE")):
        answer = (await client.run(SWITCH % mutation, ids=ids))[mutation]
        assert answer["segments"] == [{"name": "One", "state": state}, {"name": "Two", "state": state}]
        assert told(answer["errors"]) == refused
    answer = (await client.run(REFRESH, ids=ids))["refreshSegments"]
    assert [job["segment"]["name"] for job in answer["jobs"]] == ["One", "Two"]
    assert told(answer["errors"]) == refused
    answer = (await client.run(DELETE, ids=ids))["deleteSegments"]
    assert answer["deletedIds"] == [one, two]
    assert told(answer["errors"]) == refused
    assert "This is the id of a Job" in answer["errors"][2]["message"]


async def test_a_segment_is_locked_while_something_uses_it(world: Hub, client: GraphQLClient) -> None:
    segment = (await create(client, name="One", query=OLD))["id"]
    usage = {"segmentId": segment, "kind": "JOURNEY", "name": "Welcome"}
    for is_active in (True, False, True):
        answer = (await client.run(USE % "registerUsage", input=usage | {"isActive": is_active}))["registerUsage"]
        assert answer["segment"]["isLocked"] is is_active
        assert answer["segment"]["usages"] == [{"kind": "JOURNEY", "name": "Welcome", "isActive": is_active}]
    refused = (await client.run(DELETE, ids=[segment]))["deleteSegments"]["errors"]
    assert told(refused) == [("IN_USE", ["ids", "0"])]
    assert "journey Welcome" in refused[0]["message"]
    answer = (await client.run(USE % "releaseUsage", input=usage))["releaseUsage"]
    assert answer["segment"] == {"isLocked": False, "usages": []}
    assert (await client.run(DELETE, ids=[segment]))["deleteSegments"]["deletedIds"] == [segment]


async def test_nobody_registers_as_an_export(world: Hub, client: GraphQLClient) -> None:
    segment = (await create(client, name="One", query=OLD))["id"]
    usage = {"segmentId": segment, "kind": "EXPORT", "name": "Weekly"}
    answer = (await client.run(USE % "registerUsage", input=usage))["registerUsage"]
    assert told(answer["errors"]) == [("INVALID", ["kind"])]
