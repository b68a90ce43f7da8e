"""Segments of contacts as tests make them over GraphQL."""

from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import RunId
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.conftest import Announced

CREATE = """mutation ($input: CreateSegmentInput!) { createSegment(input: $input) {
  segment { id name state query updatedAt memberCount dependsOn { name } }
  errors { code message field position { code line column excerpt hint } } } }"""
REFRESH = """mutation ($ids: [ID!]!) { refreshSegments(input: {ids: $ids}) {
  jobs { id status runId segment { name } } errors { code message } } }"""
UPDATE = """mutation ($input: UpdateSegmentInput!) { updateSegment(input: $input) {
  segment { description query updatedAt } errors { code field message position { code } } } }"""
OLD = "PROFILE(Contact).FILTER(Age >= 40)"


async def create(client: GraphQLClient, **fields: object) -> Json:
    """A new segment of contacts, which is right."""
    answer = (await client.run(CREATE, input={"profileType": "Contact"} | fields))["createSegment"]
    assert answer["errors"] == [], answer
    segment: Json = answer["segment"]
    return segment


async def refused(client: GraphQLClient, **fields: object) -> Json:
    """The only error of a new segment of contacts."""
    answer = (await client.run(CREATE, input={"profileType": "Contact"} | fields))["createSegment"]
    assert answer["segment"] is None
    (error,) = answer["errors"]
    assert isinstance(error, dict)
    return error


async def work_off(hub: Hub, settings: Settings, queue: Announced) -> None:
    """Do every announced run."""
    while queue.run_ids:
        await run_refresh(hub, settings, queue, RunId(queue.run_ids.pop(0)), owner="test")
