"""Only loopback hosts and origins pass."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from seggql.http.loopback import LoopbackOnly


async def answer(headers: list[tuple[str, str]]) -> httpx.Response:
    """What a request with these headers gets."""
    transport = httpx.ASGITransport(LoopbackOnly(PlainTextResponse("in")))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        request = http.build_request("GET", "/")
        request.headers = httpx.Headers(headers)
        return await http.send(request)


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LOCALHOST:1", "127.0.0.1:80", "127.8.9.1", "[::1]:8000", "[::1]", "a.localhost"],
)
async def test_names_and_addresses_of_this_machine_pass(host: str) -> None:
    assert (await answer([("host", host)])).text == "in"


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "example.com:8000", "localhost.example.com", "notlocalhost", "10.0.0.1", "0.0.0.0", "[::]"),
        *(
            "",
            "localhost:x",
            "localhost:99999",
            "localhost@example.com",
            "127.0.0.1.nip.io",
            "localhost/",
            "2130706433",
            "[::1",
        ),
    ],
)
async def test_other_hosts_are_misdirected(host: str) -> None:
    refused = await answer([("host", host)])
    assert refused.status_code == 421
    assert "127.0.0.1" in refused.text


@pytest.mark.parametrize("headers", [[], [("host", "localhost"), ("host", "example.com")]])
async def test_a_request_has_exactly_one_host(headers: list[tuple[str, str]]) -> None:
    assert (await answer(headers)).status_code == 421


@pytest.mark.parametrize("origin", ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:8000"])
async def test_pages_of_this_machine_pass(origin: str) -> None:
    assert (await answer([("host", "localhost"), ("origin", origin)])).text == "in"


@pytest.mark.parametrize("origin", ["https://example.com", "null", "", "http://localhost.example.com", "file://", "x"])
async def test_other_pages_are_refused(origin: str) -> None:
    refused = await answer([("host", "localhost"), ("origin", origin)])
    assert refused.status_code == 403
    assert "Origin" in refused.text


@pytest.mark.parametrize(("mode", "status"), [("no-cors", 403), ("cors", 403), ("navigate", 200)])
async def test_pages_of_other_sites_may_link_but_not_embed(mode: str, status: int) -> None:
    headers = [("host", "localhost"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode)]
    assert (await answer(headers)).status_code == status
