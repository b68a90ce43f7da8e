"""Operations that are too large."""

import pytest
from graphql import get_introspection_query

from tests.graphql.client import GraphQLClient


async def test_the_introspection_of_graphiql_passes(bare_client: GraphQLClient) -> None:
    document = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert (await bare_client.run(document))["__schema"]["queryType"]["name"] == "Query"


async def test_a_page_of_ten_million_is_refused_with_the_limit(bare_client: GraphQLClient) -> None:
    error = await bare_client.error("{ numbers(first: 10000000) { nodes { value } } }")
    assert "from 1 to 1,000, not 10,000,000" in error["message"]
    assert error["extensions"] == {"code": "INVALID", "retryable": False, "field": ["first"]}


async def test_a_cursor_from_another_list_is_refused(bare_client: GraphQLClient) -> None:
    page = await bare_client.run("{ numbers(first: 2) { pageInfo { endCursor } } }")
    cursor = page["numbers"]["pageInfo"]["endCursor"]
    error = await bare_client.error("query ($c: String) { otherNumbers(after: $c) { totalCount } }", c=cursor)
    assert "a cursor from another list" in error["message"]


async def test_pages_follow_each_other_to_the_end(bare_client: GraphQLClient) -> None:
    values: list[int] = []
    cursor = None
    while True:
        document = """query ($c: String) { numbers(first: 4, after: $c) {
            edges { cursor node { value } } pageInfo { hasNextPage hasPreviousPage endCursor } totalCount } }"""
        page = (await bare_client.run(document, c=cursor))["numbers"]
        values += [edge["node"]["value"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (cursor is not None)
        assert page["totalCount"] == 10
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
    assert values == list(range(1, 11))


async def test_deep_documents_are_refused(bare_client: GraphQLClient) -> None:
    depth = 8
    document = (
        "{ numbers(first: 1) " + "{ nodes { following(first: 1) " * depth + "{ totalCount }" + "} }" * depth + "}"
    )
    error = await bare_client.error(document)
    assert "18 fields deep; the limit is 15" in error["message"]
    assert error["extensions"]["code"] == "LIMIT_REACHED"


async def test_many_aliases_are_refused(bare_client: GraphQLClient) -> None:
    document = "{ " + " ".join(f"a{number}: about {{ hub }}" for number in range(101)) + " }"
    assert "101 aliases; the limit is 100" in (await bare_client.error(document))["message"]


async def test_lists_in_lists_are_refused_by_their_cost(bare_client: GraphQLClient) -> None:
    document = "query ($n: Int!) { numbers(first: $n) { nodes { following(first: 1000) { nodes { value } } } } }"
    for _ in range(2):
        assert await bare_client.run(document, n=10)
        assert "the limit is 100,000" in (await bare_client.error(document, n=1000))["message"]


async def test_fragments_that_multiply_are_refused_at_once(bare_client: GraphQLClient) -> None:
    fragments = [f"fragment F{n} on Number {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60)]
    document = "{ numbers { nodes { ...F0 } } } " + " ".join(fragments) + " fragment F60 on Number { value }"
    assert "the limit is 100,000" in (await bare_client.error(document))["message"]


@pytest.mark.parametrize(
    "document",
    [
        "{ " + "about { hub } " * 5_000 + "}",
        "{ a" * 5_000 + "}" * 5_000,
        "{ numbers(first: " + "[" * 9_000 + "]" * 900 + ") { totalCount } }",
        "{ numbers { nodes { ...F } } } fragment F on Number { ...F }",
        " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(1_200)) + " { ...F0 }",
        '{ length(text: "' + "(" * 1_000_000 + '") }',
        "(" * 10_000,
        "\x00",
        "",
    ],
    ids=["tokens", "fields", "lists", "cycle", "chain", "mebibyte", "parentheses", "nul", "empty"],
)
async def test_hostile_documents_get_a_short_error(bare_client: GraphQLClient, document: str) -> None:
    response = await bare_client.http.post("/graphql", json={"query": document})
    assert response.status_code in (200, 400)
    assert len(response.content) < 2_000
    if response.status_code == 200:
        codes = [error["extensions"]["code"] for error in response.json().get("errors", [])]
        assert codes in (["BAD_REQUEST"], ["LIMIT_REACHED"], [])


async def test_a_document_that_comes_again_is_answered_alike(bare_client: GraphQLClient) -> None:
    for document in ("{ about { hub } }", "{ nothing }", "{", "{ length(text: 5) }"):
        first, second = [await bare_client.post(document) for _ in range(2)]
        assert first == second


async def test_a_long_document_is_not_kept(bare_client: GraphQLClient) -> None:
    document = '{ length(text: "' + "x" * 20_000 + '") }'
    assert (await bare_client.run(document))["length"] == 20_000
