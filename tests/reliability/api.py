"""The public API as a client of the hub uses it: what is not answered is asked again."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx

from tests.reliability.processes import START_TIMEOUT_S

Json = dict[str, Any]

CREATE_SEGMENT = """mutation ($input: CreateSegmentInput!) { createSegment(input: $input) {
  segment { id } errors { code message } } }"""
CREATE_DESTINATION = """mutation ($input: CreateDestinationInput!) { createDestination(input: $input) {
  destination { id } errors { code message } } }"""
CREATE_EXPORT = """mutation ($input: CreateExportInput!) { createExport(input: $input) {
  export { id } errors { code message } } }"""
REFRESH_ALL = "mutation { refreshAllSegments { jobs { id } errors { code message } } }"
REFRESH = "mutation ($ids: [ID!]!) { refreshSegments(input: {ids: $ids}) { jobs { id } errors { code message } } }"
RUN_EXPORT = "mutation ($id: ID!) { runExport(id: $id) { jobs { id } errors { code message } } }"
RECORD = """mutation ($rows: [InteractionInput!]!) { recordInteractions(type: "Visit", interactions: $rows) {
  received stored unchanged rejected errors { code message } } }"""
SEGMENTS = """{ segments(first: 200) { nodes { name generation memberCount members(first: 1) { totalCount } } } }"""
MEMBERS = """query ($name: String!, $after: String) { segment(name: $name) { generation memberCount
  members(first: 1000, after: $after) { nodes { key } pageInfo { hasNextPage endCursor } } } }"""


class Api:
    """GraphQL over HTTP at `address`."""

    def __init__(self, address: str) -> None:
        self.http = httpx.AsyncClient(base_url=address, timeout=30)

    async def __aenter__(self) -> "Api":
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.http.aclose()

    async def once(self, document: str, **variables: object) -> Json:
        """The answer's data. Raises: httpx.HTTPError where there is none; Refused where it has errors."""
        body = json.dumps({"query": document, "variables": variables})
        response = await self.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        answer: Json = response.json()
        if errors := answer.get("errors"):
            raise Refused(errors)
        data: Json = answer["data"]
        for payload in data.values():
            if isinstance(payload, dict) and payload.get("errors"):
                raise Refused(payload["errors"])
        return data

    async def ask(self, document: str, **variables: object) -> Json:
        """The answer's data, asked for until there is one: clients do so, with the same ids."""
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                try:
                    return await self.once(document, **variables)
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
                except Refused as refused:
                    if not refused.is_outage:
                        raise
                    await asyncio.sleep(0.1)

    async def create(self, document: str, noun: str, **fields: object) -> str:
        """The id of what is created."""
        (payload,) = (await self.ask(document, input=fields)).values()
        id_: str = payload[noun]["id"]
        return id_

    async def record(self, rows: Sequence[Json]) -> Json:
        """What the API says became of visits."""
        (outcome,) = (await self.ask(RECORD, rows=rows)).values()
        counted: Json = outcome
        assert counted["received"] == counted["stored"] + counted["unchanged"] + counted["rejected"] == len(rows)
        return counted

    async def members(self, name: str) -> tuple[int, int, set[str]]:
        """Generation, count and keys of a segment; asked for again where a refresh came between two pages."""
        while True:
            keys: set[str] = set()
            after, generations = None, set()
            while True:
                segment = (await self.ask(MEMBERS, name=name, after=after))["segment"]
                generations.add(segment["generation"])
                page = segment["members"]
                keys.update(node["key"] for node in page["nodes"])
                after = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
            if len(generations) == 1:
                return generations.pop(), segment["memberCount"], keys


class Refused(Exception):
    """The API answered with errors."""

    def __init__(self, errors: Sequence[Json]) -> None:
        super().__init__(json.dumps(errors))
        self.errors = errors

    @property
    def is_outage(self) -> bool:
        """Whether the same may succeed soon."""
        return all(
            error.get("code") == "UNAVAILABLE" or (error.get("extensions") or {}).get("code") == "UNAVAILABLE"
            for error in self.errors
        )
