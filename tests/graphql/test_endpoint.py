"""GraphQL over HTTP and WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from seggql.asgi import create_app
from seggql.graphql.schema import NOUNS
from seggql.settings import Settings
from seggql.store.hub import open_hub
from tests.graphql import nouns
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.conftest import Announced
from tests.serving import serving

ABOUT = {"query": "{ about { hub } }"}
PROTOCOL = Subprotocol("graphql-transport-ws")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain;application/json",
        "application/graphql",
        "",
    ],
)
async def test_only_json_is_taken(bare_client: GraphQLClient, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await bare_client.http.post("/graphql", content=json.dumps(ABOUT), headers=headers)
    assert answer.status_code == 415
    assert "application/json" in answer.text


async def test_json_with_a_charset_is_json(bare_client: GraphQLClient) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = await bare_client.http.post("/graphql", content=json.dumps(ABOUT), headers=headers)
    assert answer.json()["data"]["about"]


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
async def test_queries_by_get_are_refused(bare_client: GraphQLClient, accept: str) -> None:
    answer = await bare_client.http.get("/graphql", params=ABOUT, headers={"accept": accept})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
async def test_other_methods_are_refused(bare_client: GraphQLClient, method: str) -> None:
    assert (await bare_client.http.request(method, "/graphql", json=ABOUT)).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'[{"query": "{ about { hub } }"}]',
        b"null",
        b"5",
        b"{",
        b"\xff",
        b'"x"',
        b'{"query": 5}',
        b'{"query": "{x}", "variables": []}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{}",
    ],
)
async def test_a_body_that_is_no_operation_is_refused(bare_client: GraphQLClient, body: bytes) -> None:
    answer = await bare_client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert len(error["message"]) < 200


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"query": "{ about { hub } }", "operationName": "Nope"}, "no operation called 'Nope'"),
        ({"query": "fragment F on About { hub }"}, "only fragments"),
        ({"query": "subscription { count(to: 3) }"}, "needs a WebSocket"),
        ({"query": ""}, "send the GraphQL document"),
    ],
)
async def test_what_cannot_be_run_is_told_in_the_form_of_graphql(
    bare_client: GraphQLClient, operation: Json, message: str
) -> None:
    answer = await bare_client.http.post("/graphql", json=operation)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert message in error["message"]


async def test_every_answer_has_an_id(bare_client: GraphQLClient) -> None:
    first, second = [await bare_client.http.post("/graphql", json=ABOUT) for _ in range(2)]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[str]:
    """The address of a served application that has the nouns of tests too."""
    hub = open_hub(settings)
    async with serving(create_app(settings, hub, Announced(), nouns=(*NOUNS, nouns.NOUN))) as address:
        yield address
    await hub.close()


async def subscribe(socket: ClientConnection, document: str) -> list[Json]:
    """Every message about one operation, to its end."""
    await socket.send(json.dumps({"type": "connection_init"}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": document}}))
    messages: list[Json] = []
    async with asyncio.timeout(60):
        while not messages or messages[-1]["type"] not in ("complete", "error"):
            messages.append(json.loads(await socket.recv()))
    return messages


def websocket(address: str, *, origin: str | None = None, protocol: Subprotocol = PROTOCOL) -> connect:
    """A connection to the endpoint."""
    url = address.replace("http", "ws") + "/graphql"
    return connect(url, subprotocols=[protocol], origin=Origin(origin) if origin else None, proxy=None)


async def test_a_subscription_delivers_to_its_end(address: str) -> None:
    async with websocket(address) as socket:
        messages = await subscribe(socket, "subscription { count(to: 3) }")
    assert [message["payload"]["data"]["count"] for message in messages[:-1]] == [0, 1, 2]


async def test_queries_run_over_the_same_socket(address: str) -> None:
    async with websocket(address) as socket:
        messages = await subscribe(socket, "{ numbers(first: 1) { nodes { value } } }")
    assert messages[0]["payload"]["data"] == {"numbers": {"nodes": [{"value": 1}]}}


@pytest.mark.parametrize(("kind", "code"), [("request", "NAME_TAKEN"), ("mongodb", "UNAVAILABLE"), ("bug", "INTERNAL")])
async def test_errors_of_a_subscription_are_told_as_elsewhere(address: str, kind: str, code: str) -> None:
    async with websocket(address) as socket:
        messages = await subscribe(socket, f'subscription {{ failing(kind: "{kind}") }}')
    assert messages[0]["payload"]["data"] == {"failing": 1}
    assert messages[1]["payload"]["errors"][0]["extensions"]["code"] == code
    assert "secret" not in json.dumps(messages)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"query": "subscription {"}, "Syntax Error: Expected Name, found <EOF>."),
        ({"query": ""}, "There is no operation: send the GraphQL document as `query`."),
        ({"query": "{ about { hub } }", "operationName": "Nope"}, "no operation called 'Nope'"),
        ({"query": "fragment F on About { hub }"}, "only fragments"),
    ],
)
async def test_a_faulty_operation_is_told_and_the_others_on_its_socket_go_on(
    address: str, payload: Json, told: str
) -> None:
    async with websocket(address) as socket:
        assert await subscribe(socket, "subscription { count(to: 1) }")
        await socket.send(json.dumps({"type": "subscribe", "id": "2", "payload": payload}))
        error = json.loads(await socket.recv())
        assert (error["type"], error["id"]) == ("error", "2")
        assert told in error["payload"][0]["message"]
        assert error["payload"][0]["extensions"]["code"] == "BAD_REQUEST"
        await socket.send(json.dumps({"type": "subscribe", "id": "2", "payload": ABOUT}))
        assert json.loads(await socket.recv())["type"] == "next"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "5",
        "null",
        "x",
        "[" * 100_000,
        "{}",
        '{"type": 5}',
        json.dumps({"type": "é" * 500}),
        '{"type": "complete"}',
        '{"type": "complete", "id": []}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": [], "payload": {"query": "{ about { hub } }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": null}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ about { hub } }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ about { hub } }", "operationName": 5}}',
    ],
)
async def test_what_is_no_message_closes_the_socket_with_the_reason(
    address: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with websocket(address) as socket, asyncio.timeout(60):
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        await socket.send(text)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 4400
    assert socket.close_reason
    assert not [record for record in caplog.records if record.exc_info]


async def test_limits_hold_over_a_socket(address: str) -> None:
    document = "{ numbers(first: 1000) { nodes { following(first: 1000) { nodes { value } } } } }"
    async with websocket(address) as socket:
        messages = await subscribe(socket, document)
    assert messages[0]["type"] == "error"
    assert messages[0]["payload"][0]["extensions"]["code"] == "LIMIT_REACHED"


async def test_the_older_protocol_is_refused(address: str) -> None:
    async with websocket(address, protocol=Subprotocol("graphql-ws")) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 4406


async def test_pages_of_this_machine_may_open_a_socket_and_others_not(address: str) -> None:
    async with websocket(address, origin="http://localhost:5173"):
        pass
    for origin in ("http://evil.example", "null", "http://localhost.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            await websocket(address, origin=origin).__aenter__()
        assert refused.value.response.status_code == 403


async def test_a_socket_to_another_host_name_is_refused(address: str) -> None:
    url = address.replace("http", "ws") + "/graphql"
    host, port = "127.0.0.1", int(address.rpartition(":")[2])
    with pytest.raises(InvalidStatus) as refused:
        async with connect(
            url.replace("127.0.0.1", "rebound.example"), host=host, port=port, subprotocols=[PROTOCOL], proxy=None
        ):
            pass
    assert refused.value.response.status_code == 421


async def test_a_large_body_is_refused_before_it_is_read(address: str, settings: Settings) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(settings.body_max_bytes // 65_536 + 2):
            yield b" " * 65_536

    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"content-type": "application/json"}
        counted = await http.post(f"{address}/graphql", content=endless(), headers=headers)
        assert counted.status_code == 413
        assert "33,554,432 bytes" in counted.text
