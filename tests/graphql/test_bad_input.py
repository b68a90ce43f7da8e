"""Bad input over GraphQL: refused where it stands, and nothing of it is stored.

Elsewhere: pages (tests/graphql/test_bad_pages.py), MongoDB gone during a refresh (tests/segments/test_outage.py),
cursors and ids that somebody made up (tests/graphql/test_forged.py), operations that are too large
(tests/graphql/test_limits.py).
"""

import json
from collections.abc import Mapping

import pytest

from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.segments import CREATE, OLD, UPDATE, create, refused
from tests.ingest.world import contact, contacts, define_world
from tests.segments.world import make_world

ODD = ("a.b", ".", "$where", "$$ROOT", "a.$b", "nul\0", "\0", "{'$gt': ''}")
VALIDATE = """query ($query: String!) { validateQuery(input: {query: $query}) {
  isValid canonical errors { code message hint line column length excerpt } } }"""
DELETE = "mutation ($ids: [ID!]!) { deleteSegments(input: {ids: $ids}) { deletedIds errors { code message } } }"
INGEST = "received stored unchanged rejected rejections { index code field } errors { code message field }"
UPSERT = f"""mutation ($type: String!, $rows: [ProfileInput!]!) {{
  answer: upsertProfiles(type: $type, profiles: $rows) {{ {INGEST} }} }}"""
RECORD = f"""mutation ($type: String!, $rows: [InteractionInput!]!) {{
  answer: recordInteractions(type: $type, interactions: $rows) {{ {INGEST} }} }}"""
RELATE = f"""mutation ($type: String!, $rows: [RelationshipInput!]!) {{
  answer: relateProfiles(type: $type, relationships: $rows) {{ {INGEST} }} }}"""
AT = "2026-01-01T00:00:00Z"


@pytest.fixture
async def world(hub: Hub) -> Hub:
    """The contacts of tests/segments/world.py."""
    await make_world(hub)
    return hub


@pytest.fixture
async def types(hub: Hub) -> Hub:
    """The types of tests/ingest/world.py."""
    await define_world(hub)
    return hub


async def rows(client: GraphQLClient, document: str, type_: str, *rows: Json) -> Json:
    """What became of the rows."""
    answer: Json = (await client.run(document, type=type_, rows=list(rows)))["answer"]
    return answer


def whys(answer: Json) -> list[tuple[int, str, str | None]]:
    """Index, code and field of each rejection."""
    return [(row["index"], row["code"], row["field"]) for row in answer["rejections"]]


async def problems(client: GraphQLClient, query: str) -> list[Json]:
    """What is wrong with a query."""
    validation = (await client.run(VALIDATE, query=query))["validateQuery"]
    assert validation["isValid"] is False
    found: list[Json] = validation["errors"]
    return found


async def test_a_faulty_query_is_refused_with_every_place_and_nothing_is_stored(
    world: Hub, client: GraphQLClient
) -> None:
    query = "PROFILE(Contact).FILTER(Agee > 3)\n  .FILTER(Age > 'x')"
    answer = (await client.run(CREATE, input={"name": "Bad", "profileType": "Contact", "query": query}))[
        "createSegment"
    ]
    assert answer["segment"] is None
    assert [(error["code"], error["field"]) for error in answer["errors"]] == [("QUERY_INVALID", ["query"])] * 2
    unknown, mismatch = (error["position"] for error in answer["errors"])
    assert (unknown["code"], unknown["line"], unknown["column"]) == ("UNKNOWN_ATTRIBUTE", 1, 25)
    assert (mismatch["code"], mismatch["line"]) == ("TYPE_MISMATCH", 2)
    assert unknown["excerpt"] == "PROFILE(Contact).FILTER(Agee > 3)\n" + " " * 24 + "^^^^"
    assert "Age" in unknown["hint"]
    assert (await client.run("{ segments { totalCount } jobs { totalCount } }")) == {
        "segments": {"totalCount": 0},
        "jobs": {"totalCount": 0},
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("PROFILE(Contact", "SYNTAX_ERROR"),
        ("SEGMENT(Ghost)", "UNKNOWN_SEGMENT"),
        ("PROFILE(Product)", "OUTPUT_TYPE_MISMATCH"),
        ("PROFILE(Contact).TAKE(3)", "NOT_ALLOWED_HERE"),
    ],
)
async def test_a_segment_refuses_what_cannot_be_its_query(
    world: Hub, client: GraphQLClient, query: str, code: str
) -> None:
    assert (await refused(client, name="Bad", query=query))["position"]["code"] == code
    segment = await create(client, name="Good", query=OLD)
    (error,) = (await client.run(UPDATE, input={"id": segment["id"], "query": query}))["updateSegment"]["errors"]
    assert error["position"]["code"] == code
    assert (await client.run('{ segment(name: "Good") { query } }'))["segment"]["query"] == OLD


@pytest.mark.parametrize(
    "query", ["PROFILE(Contact).FILTER(Age > 3) -- " + "x" * 2**20, "(" * 10_000 + "SEGMENT(A)" + ")" * 10_000]
)
async def test_a_query_of_a_mebibyte_or_ten_thousand_parentheses_is_too_large(
    world: Hub, client: GraphQLClient, query: str
) -> None:
    assert (await refused(client, name="Bad", query=query))["position"]["code"] == "QUERY_TOO_LARGE"
    (problem,) = await problems(client, query)
    assert problem["code"] == "QUERY_TOO_LARGE"
    preview = "query ($query: String!) { previewQuery(input: {query: $query}) { totalCount errors { code } } }"
    answer = (await client.run(preview, query=query))["previewQuery"]
    assert answer == {"totalCount": None, "errors": [{"code": "QUERY_TOO_LARGE"}]}
    assert len(str(problem)) < 2_000


@pytest.mark.parametrize(
    ("query", "code", "near"),
    [
        ("PROFILE(Contat)", "UNKNOWN_TYPE", "Contact"),
        ("PROFILE(contact)", "UNKNOWN_TYPE", "Contact"),
        ("PROFILE(Contact).FILTER(Nmae == 'x')", "UNKNOWN_ATTRIBUTE", "Name"),
        ("PROFILE(Contact).FILTER(Address.Cty == 'x')", "UNKNOWN_ATTRIBUTE", "City"),
        ("PROFILE(Contact).TRAVERSE(Visit)", "UNKNOWN_RELATIONSHIP", "Visits"),
        ("INTERACTION(Purchse, Buyer)", "UNKNOWN_TYPE", "Purchase"),
        ("INTERACTION(Purchase, Byer)", "UNKNOWN_LINK", "Buyer"),
        ("SEGMENT(Goood)", "UNKNOWN_SEGMENT", "Good"),
    ],
)
async def test_an_unknown_name_is_told_with_the_nearest_known_one(
    types: Hub, client: GraphQLClient, query: str, code: str, near: str
) -> None:
    await create(client, name="Good", query="PROFILE(Contact)")
    (problem,) = await problems(client, query)
    assert problem["code"] == code
    assert near in problem["hint"]


@pytest.mark.parametrize(
    "condition",
    [
        "Age == '30'",
        "Name > 3",
        "Name + 1 > 3",
        "IsActive > TRUE",
        "Born == 3",
        "Tags > 'a'",
        "Token CONTAINS 'a'",
        "Age IN (1, 'x')",
        "LENGTH(Age) > 1",
        "Name",
        "Address == 'x'",
        "DATEADD(DAY, 'x', Born) > '2020-01-01'",
    ],
)
async def test_wrong_types_are_told_before_anything_runs(types: Hub, client: GraphQLClient, condition: str) -> None:
    (problem,) = await problems(client, f"PROFILE(Contact).FILTER({condition})")
    assert problem["code"] == "TYPE_MISMATCH"


async def test_a_cycle_through_three_segments_is_refused_with_its_path(world: Hub, client: GraphQLClient) -> None:
    first = await create(client, name="A", query=OLD)
    await create(client, name="B", query="SEGMENT(A)")
    await create(client, name="C", query="SEGMENT(B)")
    answer = await client.run(UPDATE, input={"id": first["id"], "query": "SEGMENT(C)"})
    (error,) = answer["updateSegment"]["errors"]
    assert (error["code"], error["position"]["code"]) == ("CYCLE", "SEGMENT_CYCLE")
    assert "A → C → B → A" in error["message"]
    assert (await client.run('{ segment(name: "A") { query } }'))["segment"]["query"] == OLD


async def test_a_segment_that_another_uses_is_not_deleted(world: Hub, client: GraphQLClient) -> None:
    used = await create(client, name="A", query=OLD)
    user = await create(client, name="B", query="SEGMENT(A)")
    await refuses_to_delete(client, used, "segment B")
    done = (await client.run(DELETE, ids=[used["id"], user["id"]]))["deleteSegments"]
    assert sorted(done["deletedIds"]) == sorted([used["id"], user["id"]])
    assert (await client.run('{ segment(name: "A") { id } }'))["segment"] is None


async def test_a_segment_that_somebody_registered_is_not_deleted(world: Hub, client: GraphQLClient) -> None:
    used = await create(client, name="A", query=OLD)
    usage = {"segmentId": used["id"], "kind": "CAMPAIGN", "name": "Spring"}
    register = """mutation ($input: SegmentUsageInput!) { registerUsage(input: $input) {
      segment { usages { kind name isActive } } errors { code } } }"""
    registered = (await client.run(register, input=usage))["registerUsage"]["segment"]
    assert registered["usages"] == [{"kind": "CAMPAIGN", "name": "Spring", "isActive": True}]
    await refuses_to_delete(client, used, "campaign Spring")
    await client.run(register.replace("registerUsage", "releaseUsage"), input=usage)
    assert (await client.run(DELETE, ids=[used["id"]]))["deleteSegments"]["deletedIds"] == [used["id"]]


async def test_a_segment_that_an_export_delivers_is_not_deleted(world: Hub, client: GraphQLClient) -> None:
    used = await create(client, name="A", query=OLD)
    destination = (
        await client.run(
            """mutation { createDestination(input: {name: "Files", exporter: "file", options: {}}) {
            destination { id } errors { code message } } }"""
        )
    )["createDestination"]["destination"]
    export = (
        await client.run(
            """mutation ($input: CreateExportInput!) { createExport(input: $input) {
            export { id segments { usages { kind name isActive } exports { name } } } errors { code message } } }""",
            input={"name": "Weekly", "destinationId": destination["id"], "segmentIds": [used["id"]]},
        )
    )["createExport"]["export"]
    usages = [{"kind": "EXPORT", "name": "Weekly", "isActive": True}]
    assert export["segments"] == [{"usages": usages, "exports": [{"name": "Weekly"}]}]
    await refuses_to_delete(client, used, "export Weekly")
    await client.run("mutation ($id: ID!) { deleteExport(id: $id) { deletedIds } }", id=export["id"])
    assert (await client.run(DELETE, ids=[used["id"]]))["deleteSegments"]["deletedIds"] == [used["id"]]


async def refuses_to_delete(client: GraphQLClient, segment: Mapping[str, object], user: str) -> None:
    """The segment stays, and the answer names its user."""
    refusal = (await client.run(DELETE, ids=[segment["id"]]))["deleteSegments"]
    assert (refusal["deletedIds"], [error["code"] for error in refusal["errors"]]) == ([], ["IN_USE"])
    assert user in refusal["errors"][0]["message"]
    assert (await client.run("query ($id: ID) { segment(id: $id) { name } }", id=segment["id"]))["segment"]


async def test_a_row_with_a_wrong_type_is_rejected_alone(types: Hub, client: GraphQLClient) -> None:
    answer = await rows(client, UPSERT, "Contact", contact("ann", Age="30"), contact("bob", Age=30))
    assert whys(answer) == [(0, "WRONG_TYPE", "attributes.Age")]
    assert (answer["received"], answer["stored"], answer["rejected"]) == (2, 1, 1)
    assert await contacts(types) == {"bob": {"Age": 30}}


async def test_a_row_of_17_mb_is_rejected_alone(types: Hub, client: GraphQLClient) -> None:
    answer = await rows(client, UPSERT, "Contact", contact("big", Name="x" * 17_000_000), contact("bob", Age=30))
    assert whys(answer) == [(0, "ROW_TOO_LARGE", None)]
    assert await contacts(types) == {"bob": {"Age": 30}}


async def test_of_a_key_twice_in_one_batch_the_later_row_wins_attribute_by_attribute(
    types: Hub, client: GraphQLClient
) -> None:
    answer = await rows(client, UPSERT, "Contact", contact("dup", Age=1, Name="a"), contact("dup", Age=2))
    assert (answer["received"], answer["stored"] + answer["unchanged"], answer["rejected"]) == (2, 2, 0)
    assert await contacts(types) == {"dup": {"Age": 2, "Name": "a"}}


@pytest.mark.parametrize("odd", ODD)
async def test_odd_names_define_nothing(hub: Hub, client: GraphQLClient, odd: str) -> None:
    for input_ in (
        {"name": odd, "attributes": []},
        {"name": "T", "attributes": [{"name": odd, "type": "INT"}]},
        {"name": "T", "attributes": [{"name": "A", "type": "OBJECT", "attributes": [{"name": odd, "type": "INT"}]}]},
    ):
        document = """mutation ($input: DefineProfileTypeInput!) { defineProfileType(input: $input) {
          profileType { name } errors { code } } }"""
        answer = (await client.run(document, input=input_))["defineProfileType"]
        assert answer == {"profileType": None, "errors": [{"code": "INVALID"}]}
    assert (await client.run("{ profileTypes { name } }"))["profileTypes"] == []


@pytest.mark.parametrize("odd", ODD)
async def test_odd_names_in_rows_are_rejected(types: Hub, client: GraphQLClient, odd: str) -> None:
    answer = await rows(client, UPSERT, "Contact", contact("a", **{odd: 1}), contact("b", Address={odd: 1}))
    assert [(index, code) for index, code, _ in whys(answer)] == [(0, "UNKNOWN_ATTRIBUTE"), (1, "UNKNOWN_ATTRIBUTE")]
    act = {"timestamp": AT, "links": {"Buyer": "a"}, "attributes": {}}
    answer = await rows(client, RECORD, "Purchase", act | {"links": {odd: "a"}}, act | {"attributes": {odd: 1}})
    assert [(index, code) for index, code, _ in whys(answer)] == [(0, "UNKNOWN_LINK"), (1, "UNKNOWN_ATTRIBUTE")]
    answer = await rows(client, RELATE, "Knows", {"source": "a", "target": "b", "attributes": {odd: 1}})
    assert [(index, code) for index, code, _ in whys(answer)] == [(0, "UNKNOWN_ATTRIBUTE")]
    for document, row in ((UPSERT, contact("a")), (RECORD, act), (RELATE, {"source": "a", "target": "b"})):
        answer = await rows(client, document, odd, row)
        assert (answer["received"], [error["code"] for error in answer["errors"]]) == (0, ["NOT_FOUND"])
    assert await contacts(types) == {}


@pytest.mark.parametrize("odd", ODD)
async def test_odd_values_stay_what_they_are(types: Hub, client: GraphQLClient, odd: str) -> None:
    attributes = {"Name": odd, "Tags": [odd], "Address": {"City": odd}}
    answer = await rows(client, UPSERT, "Contact", {"key": "ann", "attributes": attributes})
    assert (answer["stored"], answer["rejected"]) == (1, 0)
    act = {"id": odd.replace("\0", "0"), "timestamp": AT, "links": {"Buyer": "ann"}, "attributes": {"Note": odd}}
    answer = await rows(client, RECORD, "Purchase", act)
    assert (answer["stored"], answer["rejected"]) == (1, 0)
    found = await client.run(
        """{ profile(type: "Contact", key: "ann") { attributes interactions(type: "Purchase") {
        nodes { attributes } } } }"""
    )
    assert found["profile"]["attributes"] == attributes
    assert found["profile"]["interactions"]["nodes"] == [{"attributes": {"Note": odd}}]
    text = odd.replace("'", "''")
    query = f"PROFILE(Contact).FILTER(Name == '{text}' && Tags == '{text}' && Address.City ENDSWITH '{text}')"
    preview = "query ($q: String!) { previewQuery(input: {query: $q}) { profiles { key } errors { code } } }"
    found_by_query = (await client.run(preview, q=query))["previewQuery"]
    if "\0" in odd:  # a text may hold it in a profile, but nobody can type it into a query
        assert found_by_query == {"profiles": [], "errors": [{"code": "SYNTAX_ERROR"}]}
    else:
        assert found_by_query == {"profiles": [{"key": "ann"}], "errors": []}


@pytest.mark.parametrize("odd", ODD)
async def test_odd_keys_are_keys_unless_they_hold_nul(types: Hub, client: GraphQLClient, odd: str) -> None:
    act = {"timestamp": AT, "links": {"Buyer": odd}, "attributes": {}}
    edge = {"source": odd, "target": odd}
    answers = [
        await rows(client, UPSERT, "Contact", contact(odd)),
        await rows(client, RECORD, "Purchase", act, act | {"links": {"Buyer": "x"}, "id": odd}),
        await rows(client, RELATE, "Knows", edge),
    ]
    found = (await client.run('query ($k: String!) { profile(type: "Contact", key: $k) { key } }', k=odd))["profile"]
    if "\0" in odd:
        assert [len(answer["rejections"]) for answer in answers] == [1, 2, 1]
        assert found is None
    else:
        assert [answer["rejected"] for answer in answers] == [0, 0, 0]
        assert found == {"key": odd}


@pytest.mark.parametrize(
    "instant", ["", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "0001-01-01T00:00:00+14:00", 5]
)
async def test_what_is_no_instant_is_the_callers_fault(world: Hub, client: GraphQLClient, instant: object) -> None:
    segment = await create(client, name="A", query=OLD)
    error = await client.error(UPDATE, input={"id": segment["id"], "expectedUpdatedAt": instant})
    assert error["extensions"]["code"] == "BAD_REQUEST"
    document = f'{{ previewQuery(input: {{query: "PROFILE(Contact)", asOf: {json.dumps(instant)}}}) {{ totalCount }} }}'
    assert (await client.error(document))["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "operation",
    [
        "mutation ($x: ID!, $half: String!) { addMembers(input: {id: $x, keys: [$half]}) { added } }",
        "mutation ($x: ID!, $half: String!) { updateSegment(input: {id: $x, description: $half}) { errors { code } } }",
        'mutation ($half: String!) { deleteProfiles(type: "Contact", keys: [$half]) { removed } }',
        "mutation ($half: String!) { defineProfileType(input: {name: $half, attributes: []}) { errors { code } } }",
        "query ($half: String!) { segments(filter: {search: $half}) { totalCount } }",
        "query ($half: String!) { segment(name: $half) { name } }",
        'query ($half: String!) { profile(type: "Contact", key: $half) { key } }',
        'query ($half: String!) { profiles(type: "Contact", keyStartsWith: $half) { totalCount } }',
    ],
)
async def test_half_of_a_surrogate_pair_is_the_callers_fault(types: Hub, client: GraphQLClient, operation: str) -> None:
    segment = await create(client, name="A", kind="STATIC", memberKeys=[])
    answer = await client.post(operation, x=segment["id"], half="\ud800")
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"INVALID", "BAD_REQUEST", "NOT_FOUND"}, answer


async def test_a_row_with_half_of_a_surrogate_pair_is_rejected_alone(types: Hub, client: GraphQLClient) -> None:
    half = "\ud800"
    answer = await rows(client, UPSERT, "Contact", contact(half), contact("ann", Name=half), contact("bob", Age=1))
    assert (answer["stored"], [row["index"] for row in answer["rejections"]]) == (1, [0, 1])
    assert await contacts(types) == {"bob": {"Age": 1}}
