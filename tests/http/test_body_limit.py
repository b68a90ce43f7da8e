"""Bodies past a limit."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from seggql.http.body_limit import BodyLimit


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that takes 10 bytes, and answers with how many it got."""

    async def length(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    app = BodyLimit(Router([Route("/", length, methods=["POST"])]), 10)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        yield http


async def in_parts(count: int) -> AsyncIterator[bytes]:
    """A body without a declared length."""
    for _ in range(count):
        yield b"12345"


async def test_a_body_at_the_limit_passes(http: httpx.AsyncClient) -> None:
    assert (await http.post("/", content=b"x" * 10)).text == "10"
    assert (await http.post("/", content=in_parts(2))).text == "10"


async def test_a_body_past_the_limit_is_refused_with_the_limit(http: httpx.AsyncClient) -> None:
    for body in (b"x" * 11, in_parts(3)):
        refused = await http.post("/", content=body)
        assert refused.status_code == 413
        assert "10 bytes" in refused.text


@pytest.mark.parametrize("declared", ["-1", "x", "99999999999999999999"])
async def test_a_false_length_is_refused(http: httpx.AsyncClient, declared: str) -> None:
    assert (await http.post("/", content=b"x", headers={"content-length": declared})).status_code == 413
