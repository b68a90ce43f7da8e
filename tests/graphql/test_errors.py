"""What callers see of errors."""

import logging

import pytest

from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient

FAILURE = "query ($kind: String!) { failure(kind: $kind) }"
FAIL = """mutation ($kind: String!) { fail(kind: $kind) { errors { code message field
  position { code line column length hint excerpt message } } } }"""


async def test_a_refused_request_tells_its_code_and_field(bare_client: GraphQLClient) -> None:
    error = await bare_client.error(FAILURE, kind="request")
    assert error["message"] == "The name is taken."
    assert error["extensions"] == {"code": "NAME_TAKEN", "retryable": False, "field": ["name"]}


async def test_a_faulty_query_text_tells_every_problem_with_its_place(bare_client: GraphQLClient) -> None:
    extensions = (await bare_client.error(FAILURE, kind="query"))["extensions"]
    assert extensions["code"] == "QUERY_INVALID"
    assert extensions["problems"] == [
        {
            "code": "UNKNOWN_TYPE",
            "message": "No such type.",
            "hint": "Contact",
            "line": 1,
            "column": 9,
            "length": 3,
            "excerpt": "…",
        }
    ]


@pytest.mark.parametrize("kind", ["unavailable", "mongodb"])
async def test_what_does_not_answer_may_be_tried_again(bare_client: GraphQLClient, kind: str) -> None:
    error = await bare_client.error(FAILURE, kind=kind)
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}
    assert "secret" not in error["message"]


@pytest.mark.parametrize("kind", ["invariant", "bug"])
async def test_our_own_faults_are_masked_and_logged_whole(
    bare_client: GraphQLClient, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        error = await bare_client.error(FAILURE, kind=kind)
    assert "secret" not in str(error)
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["id"] in error["message"]
    logged = [record for record in caplog.records if error["extensions"]["id"] in record.getMessage()]
    assert len(logged) == 1
    assert "a secret" in str(logged[0].exc_info and logged[0].exc_info[1])


async def test_a_mutation_answers_with_typed_errors(bare_client: GraphQLClient) -> None:
    payload = (await bare_client.run(FAIL, kind="request"))["fail"]
    assert payload["errors"] == [
        {"code": "NAME_TAKEN", "message": "The name is taken.", "field": ["name"], "position": None}
    ]


async def test_a_mutation_answers_with_the_places_in_a_query_text(bare_client: GraphQLClient) -> None:
    (error,) = (await bare_client.run(FAIL, kind="query"))["fail"]["errors"]
    assert (error["code"], error["field"]) == ("QUERY_INVALID", ["query"])
    assert (error["position"]["code"], error["position"]["column"]) == ("UNKNOWN_TYPE", 9)


@pytest.mark.parametrize("kind", ["unavailable", "mongodb"])
async def test_a_mutation_says_what_does_not_answer(bare_client: GraphQLClient, kind: str) -> None:
    (error,) = (await bare_client.run(FAIL, kind=kind))["fail"]["errors"]
    assert error["code"] == "UNAVAILABLE"


async def test_a_mutation_does_not_hide_a_bug_among_its_errors(bare_client: GraphQLClient) -> None:
    assert (await bare_client.error(FAIL, kind="bug"))["extensions"]["code"] == "INTERNAL"


@pytest.mark.parametrize("document", ["{", "{ nothing }", "query ($a: Nothing) { about { hub } }", "{ about }"])
async def test_a_faulty_document_is_the_callers_fault(bare_client: GraphQLClient, document: str) -> None:
    answer = await bare_client.post(document)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_an_object_of_no_kind_and_a_text_that_is_no_id_are_refused(client: GraphQLClient) -> None:
    for id in ("U29tZXRoaW5nOjE", "x"):
        error = await client.error("query ($id: ID!) { node(id: $id) { id } }", id=id)
        assert error["extensions"]["code"] == "INVALID"
    error = await client.error("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 1001)
    assert "1,000" in error["message"]


async def test_the_about_field_names_the_hub(client: GraphQLClient, hub: Hub) -> None:
    assert (await client.run("{ about { hub } }"))["about"]["hub"] == hub.database.name
