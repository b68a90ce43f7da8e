"""One line for each request."""

import logging

import httpx
import pytest
from starlette.responses import PlainTextResponse

from seggql.http.request_log import RequestLog


async def test_a_request_is_logged_by_id_and_status_without_its_content(caplog: pytest.LogCaptureFixture) -> None:
    transport = httpx.ASGITransport(RequestLog(PlainTextResponse("a secret", 201)))
    with caplog.at_level(logging.DEBUG, "seggql"):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            answer = await http.post("/graphql?name=secret", content="a secret")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "seggql.http.request_log"]
    assert f"id={answer.headers['x-request-id']} method=POST path=/graphql status=201" in line
    assert "secret" not in line
