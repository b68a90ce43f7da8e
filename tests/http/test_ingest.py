"""Bulk rows over HTTP, through a real server where streaming matters."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from seggql.asgi import create_app
from seggql.dev.mongod import free_port
from seggql.http.listen import Server
from seggql.ingest import stream
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.ingest.world import contact, contacts, define_world, documents, purchase

NDJSON = {"content-type": "application/x-ndjson"}


class NoQueue:
    """Nobody is told of runs."""

    def announce(self, run_id: str) -> None:
        raise AssertionError(run_id)


@pytest.fixture
async def http(settings: Settings, hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server of its own over the hub of this test, where the small world is defined."""
    await define_world(hub)
    config = uvicorn.Config(create_app(settings, hub, NoQueue()), port=free_port(), log_level="error", lifespan="off")
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it has no event
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{config.port}", timeout=60) as http:
        yield http
    server.should_exit = True
    await serving


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def results(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


async def test_rows_of_each_kind_are_stored(http: httpx.AsyncClient, hub: Hub) -> None:
    edge = {"source": "ann", "target": "bob"}
    for path, row in (
        ("profiles/Contact", contact("ann", Age=30)),
        ("interactions/Purchase", purchase("p1", "ann")),
        ("relationships/Knows", edge),
    ):
        batch, totals = results(await http.post(f"/ingest/{path}", content=lines([row]), headers=NDJSON))
        assert batch == {"batch": 1, "received": 1, "stored": 1, "unchanged": 0, "rejected": 0, "rejections": []}
        assert totals == {"done": True, "batches": 1, "received": 1, "stored": 1, "unchanged": 0, "rejected": 0}
    assert await contacts(hub) == {"ann": {"Age": 30}, "bob": {}}


async def test_each_batch_has_its_line_and_rows_are_numbered_throughout(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BATCH_ROWS", 3)
    rows = [contact(f"k{n}", Age="x" if n == 4 else n) for n in range(7)]
    *batches, totals = results(await http.post("/ingest/profiles/Contact", content=lines(rows), headers=NDJSON))
    assert [batch["received"] for batch in batches] == [3, 3, 1]
    assert [rejection["index"] for batch in batches for rejection in batch["rejections"]] == [4]
    assert (totals["batches"], totals["received"], totals["stored"], totals["rejected"]) == (3, 7, 6, 1)


async def test_bad_lines_never_stop_good_ones(http: httpx.AsyncClient, hub: Hub) -> None:
    body = b"\n".join(
        [
            b"\xef\xbb\xbf" + lines([contact("ann", Points=2**60)]).strip(),
            b"",
            b"{not json",
            b'"text"',
            b"[" * 100_000,
            b'{"key": "\xff"}',
            b'{"key": "eve", "attributes": {"Score": NaN}}',
            b'{"key": "eve", "attributes": {"Score": 1e999}}',
            b'{"key": "\\ud800"}',
            b'{"key": "joe", "attributes": {"Age": ' + b"9" * 5000 + b"}}",
            b"   \r",
            lines([contact("bob")]).strip(),  # and no new line at the end
        ]
    )
    response = await http.post("/ingest/profiles/Contact", content=body, headers=NDJSON)
    batch, totals = results(response)
    assert (totals["received"], totals["stored"], totals["rejected"]) == (10, 2, 8)
    assert [(rejection["index"], rejection["code"]) for rejection in batch["rejections"]] == [
        (1, "BAD_JSON"),
        (2, "BAD_ROW"),
        (3, "BAD_JSON"),
        (4, "BAD_JSON"),
        (5, "OUT_OF_RANGE"),
        (6, "OUT_OF_RANGE"),
        (7, "BAD_JSON"),
        (8, "BAD_JSON"),
    ]
    assert set(await contacts(hub)) == {"ann", "bob"}


async def test_a_line_of_17_mb_is_rejected_alone(http: httpx.AsyncClient, hub: Hub) -> None:
    rows = [contact("ann"), contact("big", Name="x" * 17_000_000), contact("bob")]
    batch, totals = results(await http.post("/ingest/profiles/Contact", content=lines(rows), headers=NDJSON))
    assert [(rejection["index"], rejection["code"]) for rejection in batch["rejections"]] == [(1, "ROW_TOO_LARGE")]
    assert totals["stored"] == 2
    assert set(await contacts(hub)) == {"ann", "bob"}


async def test_results_come_while_the_request_is_still_being_sent(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BATCH_ROWS", 1)
    url = http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"POST /ingest/profiles/Contact HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % (url.port or 0))
    writer.write(b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
    row = lines([contact("ann")])
    writer.write(b"%x\r\n%s\r\n" % (len(row), row))
    await writer.drain()
    answered = await asyncio.wait_for(reader.readuntil(b'"rejections": []}'), 30)
    assert b'"stored": 1' in answered
    row = lines([contact("ann")])
    writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(row), row))
    await writer.drain()
    assert b'"unchanged": 1' in await asyncio.wait_for(reader.readuntil(b'"done": true'), 30)
    writer.close()


async def test_a_client_that_goes_away_leaves_what_came_before(http: httpx.AsyncClient, hub: Hub) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield lines([contact(f"k{n}") for n in range(stream.BATCH_ROWS)]) + b'{"key": "half'
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await http.post("/ingest/profiles/Contact", content=body(), headers=NDJSON)
    for _ in range(300):
        if all(row["state"] == "CLOSED" for row in await documents(hub, "batches")) and await contacts(hub):
            break
        await asyncio.sleep(0.1)
    assert "half" not in await contacts(hub)


async def test_an_unknown_type_is_not_found(http: httpx.AsyncClient) -> None:
    response = await http.post("/ingest/profiles/Contct", content=b"", headers=NDJSON)
    assert response.status_code == 404
    assert "Did you mean Contact?" in response.json()["message"]
    assert (await http.post("/ingest/nonsense/Contact", content=b"", headers=NDJSON)).status_code == 404


async def test_forms_and_compressed_bodies_are_refused(http: httpx.AsyncClient) -> None:
    for headers in ({"content-type": "text/plain"}, {}, NDJSON | {"content-encoding": "gzip"}):
        response = await http.post("/ingest/profiles/Contact", content=b"{}", headers=headers)
        assert response.status_code == 415, headers


async def test_an_empty_stream_has_totals_only(http: httpx.AsyncClient) -> None:
    [totals] = results(await http.post("/ingest/profiles/Contact", content=b"\n\n", headers=NDJSON))
    assert totals["received"] == 0
    assert totals["done"]
