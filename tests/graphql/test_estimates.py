"""Estimates over GraphQL: every field of a counted and of a sampled one, and what is refused."""

from collections.abc import AsyncIterator

import httpx
import pytest

from seggql.asgi import create_app
from seggql.segments import estimates
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient
from tests.graphql.conftest import BASE_URL, Announced
from tests.segments.world import make_world

PEOPLE = 30_000
ESTIMATE = """query ($query: String!, $level: Float) {
  estimateQuery(input: {query: $query}, confidenceLevel: $level) {
    estimatedSize standardError confidenceLevel lowerBound upperBound profilesRead profilesMatched totalProfiles isExact
    elapsedMs errors { code message line column hint } } }"""


@pytest.fixture(autouse=True)
def few_and_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small sample is enough, also of bounds that hold for certain, and a slow machine is waited for."""
    monkeypatch.setattr(estimates, "HALF_WIDTH", 0.05)
    monkeypatch.setattr(estimates, "PATIENCE", 1e6)


@pytest.fixture
async def sampling_client(hub: Hub, settings: Settings) -> AsyncIterator[GraphQLClient]:
    """A client of an API that counts nothing."""
    app = create_app(settings.model_copy(update={"estimate_exact_s": 0.0}), hub, Announced())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as http:
        yield GraphQLClient(http=http)


@pytest.fixture
async def crowd(hub: Hub) -> Hub:
    """30,000 contacts, a third of them 60."""
    await make_world(hub)
    people = [{"_id": 1000 + n, "key": f"k{n}", "a": {"Age": 60 if n % 3 else 20}} for n in range(PEOPLE)]
    await hub.collection("profiles.Contact").insert_many(people, ordered=False)
    return hub


async def test_what_is_quick_is_counted(hub: Hub, client: GraphQLClient) -> None:
    await make_world(hub)
    found = (await client.run(ESTIMATE, query="PROFILE(Contact).FILTER(Age >= 40)"))["estimateQuery"]
    assert found.pop("elapsedMs") >= 0
    assert found == {
        "estimatedSize": 2,
        "standardError": 0.0,
        "confidenceLevel": 0.95,
        "lowerBound": 2,
        "upperBound": 2,
        "profilesRead": 5,
        "profilesMatched": 2,
        "totalProfiles": 5,
        "isExact": True,
        "errors": [],
    }


async def test_a_sample_says_what_it_read_and_how_sure_it_is(crowd: Hub, sampling_client: GraphQLClient) -> None:
    query = "PROFILE(Contact).FILTER(Age == 60)"
    found = (await sampling_client.run(ESTIMATE, query=query, level=0.99999))["estimateQuery"]
    assert found["isExact"] is False
    assert found["confidenceLevel"] == 0.99999
    assert 500 <= found["profilesRead"] < PEOPLE
    assert found["totalProfiles"] == PEOPLE + 5
    assert found["lowerBound"] <= PEOPLE * 2 // 3 <= found["upperBound"]
    assert found["lowerBound"] < found["estimatedSize"] < found["upperBound"]
    share = found["profilesMatched"] / found["profilesRead"]
    assert found["estimatedSize"] == round(share * found["totalProfiles"])
    assert 0 < found["standardError"] < found["upperBound"] - found["lowerBound"]


@pytest.mark.parametrize("level", [0, 1, -1, 95, 1.0000001])
async def test_a_level_that_is_none_is_refused_with_what_to_give(hub: Hub, client: GraphQLClient, level: float) -> None:
    error = await client.error(ESTIMATE, query="PROFILE(Contact)", level=level)
    assert error["extensions"]["code"] == "INVALID"
    assert error["extensions"]["field"] == ["confidenceLevel"]
    assert "between 0 and 1" in error["message"]
    assert ("0.95 for 95 percent" in error["message"]) == (level >= 1)


@pytest.mark.parametrize("query", ["PROFILE(", "PROFILE(Contac)", "PROFILE(Contact).FILTER(Age == 'x')", ""])
async def test_a_faulty_query_is_answered_with_what_is_wrong_with_it(
    hub: Hub, client: GraphQLClient, query: str
) -> None:
    await make_world(hub)
    found = (await client.run(ESTIMATE, query=query))["estimateQuery"]
    [problem] = found.pop("errors")
    assert problem["code"] in ("SYNTAX_ERROR", "UNKNOWN_TYPE", "TYPE_MISMATCH")
    assert {name for name, value in found.items() if value is not None} == {"confidenceLevel", "elapsedMs"}
