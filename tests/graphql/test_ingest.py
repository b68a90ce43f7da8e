"""Types and rows over GraphQL: what goes in comes out, and what is bad is refused where it stands."""

import asyncio
import json
from decimal import Decimal

import pytest

from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.conftest import RoundTrips
from tests.ingest.world import contact, contacts, define_world, purchase

UPSERT = """
mutation ($type: String!, $rows: [ProfileInput!]!) { upsertProfiles(type: $type, profiles: $rows) {
  received stored unchanged rejected rejections { index code message field } errors { code message field } } }
"""
RECORD = """
mutation ($rows: [InteractionInput!]!) { recordInteractions(type: "Purchase", interactions: $rows) {
  received stored unchanged rejected rejections { index code field } errors { code } } }
"""
RELATE = """
mutation ($rows: [RelationshipInput!]!) { relateProfiles(type: "Knows", relationships: $rows) {
  received stored unchanged rejected errors { code } } }
"""
NDJSON = {"content-type": "application/x-ndjson"}
DEFINE = """
mutation ($input: DefineProfileTypeInput!) { defineProfileType(input: $input) {
  profileType { id name displayName count attributes { name type isArray isIndexed displayName attributes { name } } }
  errors { code message field } } }
"""


@pytest.fixture
async def world(hub: Hub) -> None:
    await define_world(hub)


async def upsert(client: GraphQLClient, *rows: Json, type: str = "Contact") -> Json:
    payload: Json = (await client.run(UPSERT, type=type, rows=list(rows)))["upsertProfiles"]
    return payload


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("number", ["1e-400", "0.1000000000000000055", "12345678901234567890.5", "1e400"])
async def test_a_decimal_keeps_the_digits_that_it_was_written_with(client: GraphQLClient, number: str) -> None:
    literal = (
        f'mutation {{ upsertProfiles(type: "Contact", profiles: [{{key: "ann", attributes: {{Balance: {number}}}}}])'
    )
    assert (await client.run(literal + " { stored } }"))["upsertProfiles"] == {"stored": 1}
    body = json.dumps({"query": UPSERT, "variables": {"type": "Contact", "rows": "ROWS"}})
    rows = f'[{{"key": "bob", "attributes": {{"Balance": {number}}}}}]'
    answer = await client.http.post(
        "/graphql", content=body.replace('"ROWS"', rows), headers={"content-type": "application/json"}
    )
    assert answer.json()["data"]["upsertProfiles"]["stored"] == 1
    line = f'{{"key": "cleo", "attributes": {{"Balance": {number}}}}}'
    assert (await client.http.post("/ingest/profiles/Contact", content=line, headers=NDJSON)).status_code == 200
    found = (await client.run('{ profiles(type: "Contact") { nodes { attributes } } }'))["profiles"]["nodes"]
    assert [Decimal(node["attributes"]["Balance"]) for node in found] == [Decimal(number)] * 3


async def test_a_type_is_defined_extended_and_read(client: GraphQLClient) -> None:
    city = {"name": "City", "type": "STRING", "isIndexed": True, "displayName": "Town"}
    address = {"name": "Address", "type": "OBJECT", "attributes": [{"name": "Zip", "type": "INT"}]}
    defined = await client.run(
        DEFINE, input={"name": "Contact", "displayName": "People", "attributes": [city, address]}
    )
    assert defined["defineProfileType"]["errors"] == []
    tags = {"name": "Tags", "type": "STRING", "isArray": True}
    extended = await client.run(DEFINE, input={"name": "Contact", "attributes": [tags]})
    type_ = extended["defineProfileType"]["profileType"]
    assert type_["displayName"] == "People"
    assert [attribute["name"] for attribute in type_["attributes"]] == ["City", "Address", "Tags"]
    cleared = await client.run(DEFINE, input={"name": "Contact", "displayName": None, "attributes": []})
    assert cleared["defineProfileType"]["profileType"]["displayName"] is None
    found = await client.run("query ($id: ID!) { node(id: $id) { ... on ProfileType { name count } } }", id=type_["id"])
    assert found["node"] == {"name": "Contact", "count": 0}


async def test_an_incompatible_change_is_refused_with_the_reason(client: GraphQLClient, world: None) -> None:
    attributes = [{"name": "Age", "type": "STRING"}]
    payload = (await client.run(DEFINE, input={"name": "Contact", "attributes": attributes}))["defineProfileType"]
    assert payload["profileType"] is None
    [error] = payload["errors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["attributes", "0", "type"])
    assert "Age is INT and cannot become STRING" in error["message"]


async def test_the_catalog_is_read_with_its_relations_in_a_few_reads(
    client: GraphQLClient, world: None, round_trips: RoundTrips
) -> None:
    document = """{
      profileTypes { name relationships { name source { name } target { name } } interactions { name } }
      interactionTypes { name links { name profileType { name } } }
      relationshipTypes { name }
      profileType(name: "Contact") { name }
      missing: profileType(name: "Nope") { name }
      interactionType(name: "Purchase") { isActivity }
      relationshipType(name: "Visits") { target { name } } }"""
    with round_trips as commands:
        found = await client.run(document)
    assert commands == ["aggregate profile_types"]
    assert [type_["name"] for type_ in found["profileTypes"]] == ["Contact", "Store"]
    contact_type = found["profileTypes"][0]
    assert [type_["name"] for type_ in contact_type["relationships"]] == ["Knows", "Visits"]
    assert found["interactionTypes"][0]["links"][1] == {"name": "Shop", "profileType": {"name": "Store"}}
    assert found["missing"] is None
    assert found["relationshipType"] == {"target": {"name": "Store"}}


async def test_types_refer_to_types_that_there_are(client: GraphQLClient, world: None) -> None:
    document = """mutation { defineInteractionType(input: {name: "Visit", attributes: [],
      links: [{name: "Who", profileType: "Contct"}]}) { interactionType { name } errors { code message field } } }"""
    [error] = (await client.run(document))["defineInteractionType"]["errors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["links", "0", "profileType"])
    assert "Did you mean Contact?" in error["message"]
    document = """mutation { defineRelationshipType(input: {name: "Owns", source: "Contact", target: "Store"}) {
      relationshipType { name source { name } count } errors { code } } }"""
    defined = (await client.run(document))["defineRelationshipType"]
    assert defined == {"relationshipType": {"name": "Owns", "source": {"name": "Contact"}, "count": 0}, "errors": []}


async def test_profiles_go_in_and_come_out(client: GraphQLClient, world: None) -> None:
    attributes = {
        "Name": "Ann",
        "Points": "9223372036854775807",
        "Balance": "12.10",
        "Born": "2020-02-29T01:00:00+01:00",
        "Token": "0F8FAD5B-D9CB-469F-A165-70867728950E",
        "Address": {"City": "Oslo", "Zip": 7},
    }
    payload = await upsert(client, {"key": "ann", "attributes": attributes})
    assert (payload["stored"], payload["errors"]) == (1, [])
    found = await client.run(
        '{ profile(type: "Contact", key: "ann") { id key type { name } attributes segments { name } } }'
    )
    profile = found["profile"]
    assert profile["attributes"] == attributes | {
        "Born": "2020-02-29T00:00:00Z",
        "Token": "0f8fad5b-d9cb-469f-a165-70867728950e",
    }
    assert (profile["type"], profile["segments"]) == ({"name": "Contact"}, [])
    again = await client.run("query ($id: ID!) { node(id: $id) { ... on Profile { key } } }", id=profile["id"])
    assert again["node"] == {"key": "ann"}
    assert (await client.run('{ profile(type: "Contact", key: "eve") { key } }'))["profile"] is None


async def test_bad_rows_are_rejected_and_good_ones_stored(client: GraphQLClient, world: None, hub: Hub) -> None:
    payload = await upsert(
        client,
        contact("ann", Age="30"),
        contact("big", Name="x" * 17_000_000),
        contact("dup", Age=1),
        contact("dup", Age=2),
        contact("odd", Name="a.b $where nul\0"),
        contact("dot", **{"a.b": 1}),
        contact("dollar", **{"$where": 1}),
        contact("nul", **{"Na\0me": 1}),
        contact("nu\0l"),
    )
    assert (payload["received"], payload["stored"], payload["rejected"]) == (9, 3, 6)
    assert [(row["index"], row["code"], row["field"]) for row in payload["rejections"]] == [
        (0, "WRONG_TYPE", "attributes.Age"),
        (1, "ROW_TOO_LARGE", None),
        (5, "UNKNOWN_ATTRIBUTE", "attributes.a.b"),
        (6, "UNKNOWN_ATTRIBUTE", "attributes.$where"),
        (7, "UNKNOWN_ATTRIBUTE", "attributes.Na\0me"),
        (8, "BAD_KEY", "key"),
    ]
    assert await contacts(hub) == {"dup": {"Age": 2}, "odd": {"Name": "a.b $where nul\0"}}


async def test_an_unknown_type_is_a_typed_error(client: GraphQLClient, world: None) -> None:
    payload = await upsert(client, contact("ann"), type="Contct")
    assert payload["received"] == 0
    assert payload["errors"][0]["code"] == "NOT_FOUND"
    assert "Did you mean Contact?" in payload["errors"][0]["message"]
    error = await client.error('{ profile(type: "Contct", key: "x") { key } }')
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_profiles_are_read_in_pages_by_key(client: GraphQLClient, world: None) -> None:
    await upsert(client, *(contact(key) for key in ("b1", "a2", "B0", "a1", "é", "a3")))
    document = """query ($after: String, $prefix: String) { profiles(type: "Contact", first: 2, after: $after,
      keyStartsWith: $prefix) { nodes { key } pageInfo { hasNextPage endCursor } totalCount } }"""
    keys: list[str] = []
    after = None
    while True:
        page = (await client.run(document, after=after))["profiles"]
        assert page["totalCount"] == 6
        keys += [node["key"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert keys == ["B0", "a1", "a2", "a3", "b1", "é"]
    page = (await client.run(document, prefix="a"))["profiles"]
    assert ([node["key"] for node in page["nodes"]], page["totalCount"]) == (["a1", "a2"], 3)
    other = await client.error(document, after=page["pageInfo"]["endCursor"])
    assert "another list" in other["message"]
    for name, value in (("prefix", "\ud800"), ("prefix", "$where"), ("prefix", "a\0")):
        body = json.dumps({"query": document, "variables": {name: value}})
        answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 200
        assert "Internal" not in answer.text
    for first in (0, -1, 10_000_000):
        error = await client.error(f'{{ profiles(type: "Contact", first: {first}) {{ nodes {{ key }} }} }}')
        assert error["extensions"]["code"] == "INVALID"


async def test_interactions_are_read_by_profile_newest_first(client: GraphQLClient, world: None) -> None:
    rows = [
        purchase(f"p{day}", "ann", day, timestamp=f"2026-01-{day:02d}T00:00:00Z", links={"Buyer": "ann", "Shop": "s"})
        for day in range(1, 6)
    ]
    payload = (await client.run(RECORD, rows=[*rows, purchase("bob1", "bob")]))["recordInteractions"]
    assert (payload["stored"], payload["errors"]) == (6, [])
    document = """query ($after: String) { profile(type: "Contact", key: "ann") {
      interactions(type: "Purchase", first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        nodes { id timestamp attributes type { name } links { name profile { key } } } } } }"""
    amounts: list[float] = []
    after, nodes = None, []
    while True:
        page = (await client.run(document, after=after))["profile"]["interactions"]
        assert page["totalCount"] == 5
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    amounts = [node["attributes"]["Amount"] for node in nodes]
    assert amounts == [5, 4, 3, 2, 1]
    assert nodes[0]["links"] == [
        {"name": "Buyer", "profile": {"key": "ann"}},
        {"name": "Shop", "profile": {"key": "s"}},
    ]
    found = await client.run(
        "query ($id: ID!) { node(id: $id) { ... on Interaction { timestamp } } }", id=nodes[0]["id"]
    )
    assert found["node"] == {"timestamp": "2026-01-05T00:00:00Z"}
    error = await client.error(
        '{ profile(type: "Contact", key: "ann") { interactions(type: "Purchase", link: "Shop") { totalCount } } }'
    )
    assert "has no link 'Shop' to Contact" in error["message"]


async def test_a_nested_read_costs_the_same_for_many_profiles(
    client: GraphQLClient, world: None, round_trips: RoundTrips
) -> None:
    await client.run(RECORD, rows=[purchase(f"p{n}", f"k{n % 30}", n) for n in range(60)])
    document = """query ($first: Int!) { profiles(type: "Contact", first: $first) { totalCount nodes {
      type { name } interactions(type: "Purchase", first: 3) { totalCount nodes { links { profile { key } } } } } } }"""
    with round_trips as few:
        await client.run(document, first=2)
    with round_trips as many:
        found = await client.run(document, first=30)
    assert sum(node["interactions"]["totalCount"] for node in found["profiles"]["nodes"]) == 60
    assert len(many) == len(few) <= 7, many


async def test_edges_and_profiles_are_taken_away(client: GraphQLClient, world: None) -> None:
    edges = [{"source": "ann", "target": "bob", "attributes": {"Since": 2020}}, {"source": "bob", "target": "ann"}]
    assert (await client.run(RELATE, rows=edges))["relateProfiles"]["stored"] == 2
    await client.run(RECORD, rows=[purchase("p1", "ann")])
    document = """mutation ($rows: [RelationshipInput!]!) { unrelateProfiles(type: "Knows", relationships: $rows) {
      received removed unknown rejected rejections { index } errors { code } } }"""
    removed = (await client.run(document, rows=[edges[0], edges[0], {"source": "", "target": "x"}]))["unrelateProfiles"]
    assert removed == {
        "received": 3,
        "removed": 1,
        "unknown": 1,
        "rejected": 1,
        "rejections": [{"index": 2}],
        "errors": [],
    }
    gone = await client.run(
        'mutation { deleteProfiles(type: "Contact", keys: ["ann", "nobody"]) { removed unknown errors { code } } }'
    )
    assert gone["deleteProfiles"] == {"removed": 1, "unknown": 1, "errors": []}
    left = await client.run(
        """{ profileType(name: "Contact") { count } relationshipType(name: "Knows") { count }
             profile(type: "Contact", key: "ann") { key } }"""
    )
    assert left == {"profileType": {"count": 1}, "relationshipType": {"count": 0}, "profile": None}


async def test_writers_over_graphql_agree(client: GraphQLClient, world: None) -> None:
    rows = [contact(f"k{n}", Age=n) for n in range(50)]
    payloads = await asyncio.gather(*(upsert(client, *rows) for _ in range(3)))
    assert sum(payload["stored"] for payload in payloads) == 50
    assert sum(payload["unchanged"] for payload in payloads) == 100
