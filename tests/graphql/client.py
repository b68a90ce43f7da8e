"""A client of the API for tests: GraphQL over the real application, without a socket."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLClient:
    """Posts operations; `http` is there for everything else."""

    http: httpx.AsyncClient

    async def post(self, document: str, **variables: object) -> Json:
        """The whole answer: `data` and `errors`."""
        body = json.dumps({"query": document, "variables": variables})  # in ASCII: any code point may stand in it
        response = await self.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def run(self, document: str, **variables: object) -> Json:
        """The answer's `data`; fails where there are errors."""
        answer = await self.post(document, **variables)
        assert "errors" not in answer, answer["errors"]
        data: Json = answer["data"]
        return data

    async def error(self, document: str, **variables: object) -> Json:
        """The answer's only error; fails where there is none, or more."""
        answer = await self.post(document, **variables)
        assert len(answer.get("errors", [])) == 1, answer
        error: Json = answer["errors"][0]
        return error
