"""Segments over GraphQL: made, found, paged, watched, and refused for what is wrong."""

import asyncio
from datetime import timedelta

import pytest

from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.conftest import Announced, RoundTrips
from tests.graphql.segments import OLD, REFRESH, UPDATE, create, refused, work_off
from tests.segments.making import NOW, give_members, stored_segment
from tests.segments.world import ListQueue, make_world, put_ages


@pytest.fixture
async def world(hub: Hub) -> Hub:
    """The contacts of tests/segments/world.py."""
    await make_world(hub)
    return hub


async def test_a_segment_is_made_refreshed_and_read(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced
) -> None:
    segment = await create(
        client,
        name="Old",
        query=OLD.lower().replace("profile(contact)", "PROFILE(Contact)").replace("age", "Age"),
        activate=True,
    )
    assert (segment["query"], segment["state"], segment["memberCount"]) == (OLD, "ACTIVE", None)
    await work_off(world, settings, queue)
    answer = await client.run("""{ segment(name: "Old") { memberCount generation profileType { name }
      lastRefresh { status entered steps { name } } members(first: 1) { nodes { key segments { name } }
      pageInfo { hasNextPage endCursor } totalCount } trend { count entered exited }
      changes { nodes { entered cause profile { key } } } refreshes { nodes { status } totalCount } downloadUrl } }""")
    found = answer["segment"]
    assert (found["memberCount"], found["generation"], found["profileType"]["name"]) == (2, 1, "Contact")
    assert found["lastRefresh"]["status"] == "SUCCESSFUL"
    assert found["members"]["nodes"] == [{"key": "cleo", "segments": [{"name": "Old"}]}]
    assert found["members"]["totalCount"] == 2
    assert found["trend"] == [{"count": 2, "entered": 2, "exited": 0}]
    assert [change["profile"]["key"] for change in found["changes"]["nodes"]] == ["cleo", "dan"]
    assert found["refreshes"]["totalCount"] == 1
    assert found["downloadUrl"].endswith("/segments/Old/members.csv")
    after = found["members"]["pageInfo"]["endCursor"]
    page = """query ($after: String!) { segment(name: "Old") { members(after: $after) { nodes { key } } } }"""
    rest = await client.run(page, after=after)
    assert rest["segment"]["members"]["nodes"] == [{"key": "dan"}]
    foreign = page.replace("members(after: $after) { nodes { key } }", "changes(after: $after) { nodes { at } }")
    error = await client.error(foreign, after=after)
    assert error["extensions"]["code"] == "INVALID"


async def test_members_at_an_earlier_instant(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced
) -> None:
    await create(client, name="Old", query=OLD, activate=True)
    await work_off(world, settings, queue)
    await asyncio.sleep(0.01)
    changes = '{ segment(name: "Old") { changes { nodes { at } } } }'
    then = (await client.run(changes))["segment"]["changes"]["nodes"][0]["at"]
    await put_ages(world, {"dan": 1})
    await client.run("mutation { refreshAllSegments { jobs { id } errors { code } } }")
    await work_off(world, settings, queue)
    document = """query ($at: DateTime!) { segment(name: "Old") { members { nodes { key } }
      membersAt(at: $at) { nodes { key } totalCount } } }"""
    segment = (await client.run(document, at=then))["segment"]
    assert segment["members"]["nodes"] == [{"key": "cleo"}]
    assert segment["membersAt"] == {"nodes": [{"key": "cleo"}, {"key": "dan"}], "totalCount": 2}


async def test_a_name_is_unique_and_well_formed(world: Hub, client: GraphQLClient) -> None:
    await create(client, name="A", query=OLD)
    assert (await refused(client, name="A", query=OLD))["code"] == "NAME_TAKEN"
    for name in ("", "1a", "a b", "a.b", "$where", "a\u0000", "é", "x" * 101):
        error = await refused(client, name=name, query=OLD)
        assert (error["code"], error["field"]) == ("INVALID", ["name"])


async def test_a_change_over_an_older_version_is_a_conflict(world: Hub, client: GraphQLClient) -> None:
    segment = await create(client, name="A", query=OLD)
    change = {"id": segment["id"], "description": "first", "expectedUpdatedAt": segment["updatedAt"]}
    assert (await client.run(UPDATE, input=change))["updateSegment"]["errors"] == []
    conflict = (await client.run(UPDATE, input=change | {"description": "second"}))["updateSegment"]["errors"]
    assert [error["code"] for error in conflict] == ["CONFLICT"]
    cleared = (await client.run(UPDATE, input={"id": segment["id"], "description": None}))["updateSegment"]["segment"]
    assert (cleared["description"], cleared["query"]) == (None, OLD)


async def test_static_members_are_added_removed_and_replaced(world: Hub, client: GraphQLClient) -> None:
    segment = await create(client, name="Hand", kind="STATIC", memberKeys=["ann", "bob"])
    assert (segment["state"], segment["memberCount"]) == ("ACTIVE", 2)

    async def change(field: str, *keys: str) -> Json:
        document = f"""mutation ($input: SegmentMembersInput!) {{ {field}(input: $input) {{
          segment {{ memberCount members {{ nodes {{ key }} }} }} added removed unknownKeys errors {{ code }} }} }}"""
        answer: Json = (await client.run(document, input={"id": segment["id"], "keys": list(keys)}))[field]
        return answer

    added = await change("addMembers", "bob", "cleo", "ghost", "$where")
    assert (added["added"], added["removed"], added["unknownKeys"]) == (1, 0, ["ghost", "$where"])
    removed = await change("removeMembers", "ann", "dan")
    assert (removed["added"], removed["removed"]) == (0, 1)
    replaced = await change("replaceMembers", "eve")
    assert (replaced["added"], replaced["removed"]) == (1, 2)
    assert replaced["segment"]["members"]["nodes"] == [{"key": "eve"}]
    changes = await client.run('{ segment(name: "Hand") { changes { nodes { cause } } } }')
    assert {change["cause"] for change in changes["segment"]["changes"]["nodes"]} == {"MANUAL"}
    unknown = await refused(client, name="Other", kind="STATIC", memberKeys=["ann", "ghost"])
    assert (unknown["code"], unknown["field"]) == ("INVALID", ["memberKeys"])
    listing = "PROFILE(Contact).ORDERBY(Age DESC).TAKE(2)"
    top = await create(client, name="Top", kind="STATIC", query=listing)
    assert top["memberCount"] == 2
    members = await client.run('{ segment(name: "Top") { members { nodes { key } } } }')
    assert members["segment"]["members"]["nodes"] == [{"key": "cleo"}, {"key": "dan"}]


async def test_segments_are_searched_filtered_ordered_and_paged_both_ways(hub: Hub, client: GraphQLClient) -> None:
    for index in range(25):
        segment = await stored_segment(hub, f"Seg{index:02}", created_at=NOW + timedelta(seconds=index), tags=("t",))
        if index % 5 == 0:
            await give_members(hub, segment, range(index))
    document = """query ($first: Int, $after: String, $last: Int, $before: String, $filter: SegmentFilter,
      $orderBy: SegmentOrder) { segments(first: $first, after: $after, last: $last, before: $before, filter: $filter,
      orderBy: $orderBy) { nodes { name } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

    async def names(**variables: object) -> tuple[list[str], Json]:
        found = (await client.run(document, **variables))["segments"]
        assert found["totalCount"] == len(found["nodes"]) or "filter" not in variables
        return [node["name"] for node in found["nodes"]], found["pageInfo"]

    everyone = [f"Seg{index:02}" for index in range(25)]
    for by in ("NAME", "MEMBER_COUNT", "CREATED_AT", "UPDATED_AT", "LAST_REFRESHED_AT", "COST"):
        for descending in (False, True):
            order = {"by": by, "descending": descending}
            whole, _ = await names(first=100, orderBy=order)
            assert sorted(whole) == everyone
            forward: list[str] = []
            after = None
            while True:
                page, place = await names(first=7, after=after, orderBy=order)
                forward += page
                after = place["endCursor"]
                if not place["hasNextPage"]:
                    break
            assert forward == whole
            last, place = await names(last=7, before=after, orderBy=order)
            assert last == whole[-8:-1]
            assert place["hasPreviousPage"]
    assert (await names(filter={"search": "sEG1"}))[0] == everyone[10:20]
    for text in (".*", "$where", "(", "Seg\u0000", "\\"):
        assert (await names(filter={"search": text}))[0] == []
    assert (await names(filter={"tags": ["t", "x"]}))[0] == []
    assert len((await names(filter={"kinds": ["STATIC"], "states": ["ACTIVE"], "profileType": "Contact"}))[0]) == 25


async def test_an_empty_list_of_allowed_values_takes_none(hub: Hub, client: GraphQLClient) -> None:
    segment = await stored_segment(hub, "Some")
    await request_refresh(hub, ListQueue(), [segment.id], NOW)
    counted = "totalCount nodes { id }"
    for filter_, count in (("states: []", 0), ("kinds: []", 0), ("states: null, kinds: null, tags: []", 1)):
        found = (await client.run(f"{{ segments(filter: {{ {filter_} }}) {{ {counted} }} }}"))["segments"]
        assert (found["totalCount"], len(found["nodes"])) == (count, count)
    for which, count in (("statuses: []", 0), ("kinds: []", 0), ("statuses: null, kinds: null", 1)):
        found = (await client.run(f"{{ jobs({which}) {{ {counted} }} }}"))["jobs"]
        assert (found["totalCount"], len(found["nodes"])) == (count, count)


async def test_a_page_is_read_from_one_end_only(hub: Hub, client: GraphQLClient) -> None:
    await stored_segment(hub, "Some")
    both = "query ($n: Int, $first: Int) { segments(first: $first, last: $n) { nodes { name } } }"
    error = await client.error(both, n=1, first=50)
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("INVALID", ["last"])
    assert "not both" in error["message"]
    assert await client.error("{ segments(first: 2, last: 1) { nodes { name } } }")
    for variables in ({"n": 1}, {"n": 1, "first": None}, {"first": 1}, {"first": 1, "n": None}):
        assert (await client.run(both, **variables))["segments"]["nodes"] == [{"name": "Some"}]


async def test_a_nested_list_costs_few_reads(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced, round_trips: RoundTrips
) -> None:
    await create(client, name="Old", query=OLD, activate=True)
    for index in range(10):
        await create(client, name=f"On{index}", query="SEGMENT(Old)", activate=True)
    await client.run("mutation { refreshAllSegments { jobs { id } } }")
    await work_off(world, settings, queue)
    document = """{ segments { nodes { name memberCount profileType { name } dependsOn { name memberCount }
      dependents { name } lastRefresh { status } usages { name } exports { name } } totalCount } }"""
    with round_trips as commands:
        nodes = (await client.run(document))["segments"]["nodes"]
    assert [node["memberCount"] for node in nodes] == [2] * 11
    assert len(commands) <= 14, commands


async def test_jobs_are_listed_and_canceled(world: Hub, client: GraphQLClient) -> None:
    segment = await create(client, name="Old", query=OLD, activate=True)
    (job,) = (await client.run(REFRESH, ids=[segment["id"]]))["refreshSegments"]["jobs"]
    assert (job["status"], job["segment"]) == ("QUEUED", {"name": "Old"})
    cancel = "mutation ($id: ID!) { cancelJob(id: $id) { job { status } errors { code } } }"
    assert (await client.run(cancel, id=job["id"]))["cancelJob"]["job"] == {"status": "CANCELED"}
    assert (await client.run(cancel, id=job["id"]))["cancelJob"]["errors"] == [{"code": "NOT_ALLOWED"}]
    listed = await client.run(
        "query ($s: ID) { jobs(segmentId: $s, statuses: [CANCELED]) { nodes { id } totalCount } }", s=segment["id"]
    )
    assert listed["jobs"] == {"nodes": [{"id": job["id"]}], "totalCount": 1}


async def test_a_query_is_validated_previewed_and_counted(world: Hub, client: GraphQLClient) -> None:
    await create(client, name="A", query=OLD)
    document = """query ($input: QueryInput!) { validateQuery(input: $input) { isValid canonical profileType { name }
      dependsOn { name } errors { code hint } warnings { code } plan pipelines } }"""
    query = "PROFILE(Contact).FILTER(Age >= 40) EXCEPT INTERACTION(Purchase, Buyer) UNION SEGMENT(A)"
    found = (await client.run(document, input={"query": query}))["validateQuery"]
    assert (found["isValid"], found["profileType"], found["dependsOn"]) == (True, {"name": "Contact"}, [{"name": "A"}])
    assert "Contact" in found["plan"]
    assert {pipeline["collection"] for pipeline in found["pipelines"]} == {"profiles.Contact", "interactions.Purchase"}
    bad = (await client.run(document, input={"query": "PROFILE(Contac)"}))["validateQuery"]
    assert (bad["isValid"], bad["canonical"], bad["plan"]) == (False, "PROFILE(Contac)", None)
    preview = """query ($input: QueryInput!) { previewQuery(input: $input, first: 2) {
      profiles { key attributes } totalCount errors { code } } }"""
    found = (await client.run(preview, input={"query": "PROFILE(Contact).FILTER(Age > 25)"}))["previewQuery"]
    assert ([profile["key"] for profile in found["profiles"]], found["totalCount"]) == (["bob", "cleo"], 3)
    listing = "PROFILE(Contact).ORDERBY(Age DESC).TAKE(1).SELECT(Key)"
    found = (await client.run(preview, input={"query": listing}))["previewQuery"]
    assert found["profiles"] == [{"key": "dan", "attributes": {}}]
    assert (await client.run(preview, input={"query": "PROFILE("}))["previewQuery"]["errors"][0][
        "code"
    ] == "SYNTAX_ERROR"
    estimate = """query ($input: QueryInput!) { estimateQuery(input: $input) { estimatedSize isExact totalProfiles
      lowerBound upperBound } }"""
    found = (await client.run(estimate, input={"query": OLD}))["estimateQuery"]
    assert found == {"estimatedSize": 2, "isExact": True, "totalProfiles": 5, "lowerBound": 2, "upperBound": 2}


async def test_an_attribute_that_nobody_has_is_warned_about(world: Hub, client: GraphQLClient) -> None:
    define = """mutation ($attributes: [AttributeInput!]!) { defineProfileType(input: {name: "Contact",
      attributes: $attributes}) { errors { code } } }"""
    await client.run(define, attributes=[{"name": "Shoe", "type": "INT"}])
    await create(client, name="Big", query="PROFILE(Contact).FILTER(Shoe > 45 AND Age > 3)")
    warnings = (await client.run('{ segment(name: "Big") { warnings { code message } } }'))["segment"]["warnings"]
    assert [warning["code"] for warning in warnings] == ["WARNING"]
    assert "Shoe" in warnings[0]["message"]


async def test_what_a_refresh_cost_is_shown_with_its_share_of_the_run(
    world: Hub, settings: Settings, client: GraphQLClient, queue: Announced
) -> None:
    await create(client, name="Grown", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    await create(client, name="Buyers", query="INTERACTION(Purchase, Buyer)", activate=True)
    fields = "{ segments { nodes { name cost { documents keys bytes elapsedMs share } } } }"
    assert [node["cost"] for node in (await client.run(fields))["segments"]["nodes"]] == [None, None]
    await work_off(world, settings, queue)
    await world.collection("segments").update_many({}, {"$set": {"pointer.basis": None}})  # everybody is looked at
    await client.run("mutation { refreshAllSegments { jobs { id } } }")
    await work_off(world, settings, queue)
    costs = {node["name"]: node["cost"] for node in (await client.run(fields))["segments"]["nodes"]}
    assert costs["Grown"]["documents"] == 2
    assert costs["Buyers"]["keys"] > 0
    assert all(cost["bytes"] > 0 for cost in costs.values())
    assert sum(cost["share"] for cost in costs.values()) == pytest.approx(1)
    assert all(0 <= cost["share"] <= 1 for cost in costs.values())
