"""One line for each request."""

import logging

import httpx
import pytest
from starlette.responses import PlainTextResponse

from seggql.http.request_log import RequestLog


async def test_a_request_is_logged_by_id_and_status_without_its_content(caplog: pytest.LogCaptureFixture) -> None:
    observed: list[tuple[str, int]] = []

    def observe(route: str, status: int, elapsed_s: float) -> None:
        observed.append((route, status))

    transport = httpx.ASGITransport(RequestLog(PlainTextResponse("a secret", 201), observe))
    with caplog.at_level(logging.DEBUG, "seggql"):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            answer = await http.post("/graphql?name=secret", content="a secret")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "seggql.http.request_log"]
    assert f"request={answer.headers['x-request-id']} method=POST path=/graphql status=201" in line
    assert "secret" not in line
    assert observed == [("graphql", 201)]


async def test_a_made_up_path_makes_no_series_of_its_own() -> None:
    routes: set[str] = set()
    app = RequestLog(PlainTextResponse(""), lambda route, status, elapsed_s: routes.add(route))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        for path in ("/", "/segments/Vip/members.csv", "/wp-admin", "/%00", "//graphql"):
            await http.get(path)
    assert routes == {"segments", "other"}
