"""GraphQL over HTTP (POST of JSON) and WebSocket (graphql-transport-ws); GET shows GraphiQL."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from seggql.exporter import AnyExporter
from seggql.graphql.context import Context, NodeRead
from seggql.graphql.errors import BAD_REQUEST, unrunnable
from seggql.graphql.loaders import Loaders
from seggql.graphql.schema import Schema
from seggql.graphql.socket import Socket
from seggql.json_numbers import read_fraction
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.run_queue import RunQueue

MAX_SUBSCRIPTIONS = 100
"""Operations under way on one WebSocket."""

INIT_TIMEOUT = timedelta(seconds=10)


class GraphQLEndpoint(GraphQL[Context, None]):
    """One ASGI application for both protocols.

    A POST must be `application/json`: browsers send that to another site only after asking, which is never granted,
    so that a page elsewhere cannot post (CSRF). Queries by GET are refused: links and images could make them.
    """

    graphql_transport_ws_handler_class = Socket

    def __init__(
        self,
        schema: Schema,
        *,
        hub: Hub,
        settings: Settings,
        queue: RunQueue,
        exporters: Mapping[str, AnyExporter],
        node_reads: Mapping[str, NodeRead],
        page: Callable[[], Response],
    ) -> None:
        super().__init__(
            schema,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
        )
        self._hub = hub
        self._settings = settings
        self._queue = queue
        self._exporters = exporters
        self._node_reads = node_reads
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer_without_graphql(Request(scope)) if scope["type"] == "http" else None
        if answer is None:
            await super().__call__(scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Called by Strawberry for each request or WebSocket."""
        return Context(
            hub=self._hub,
            settings=self._settings,
            queue=self._queue,
            exporters=self._exporters,
            loaders=Loaders(self._hub, remembers=False),
            node_reads=self._node_reads,
            request_id=request.scope.get("state", {}).get("request_id", ""),
            base_url=_base_url(request),
        )

    async def run(self, request: Any, *given: Any, **named: Any) -> Any:
        """Called by Strawberry for each request or WebSocket; what it refuses is told in the form of GraphQL."""
        try:
            return await super().run(request, *given, **named)
        except HTTPException as refusal:
            message = unrunnable(refusal.__cause__) or refusal.reason
            error = {"message": message, "extensions": {"code": BAD_REQUEST}}
            return JSONResponse({"errors": [error]}, refusal.status_code)

    def decode_json(self, data: str | bytes) -> object:
        """Called by Strawberry with a request's body or a message of a socket. Raises: JSONDecodeError."""
        try:
            return json.loads(data, parse_float=read_fraction)
        except (UnicodeDecodeError, RecursionError) as error:
            raise json.JSONDecodeError(type(error).__name__, "", 0) from None

    def parse_json(self, data: str | bytes) -> dict[str, object]:
        """Called by Strawberry with a request's body; refuses what is not one JSON object."""
        try:
            document = self.decode_json(data)
        except json.JSONDecodeError:
            raise HTTPException(400, "The body is not JSON in UTF-8, or is nested too deeply.") from None
        if not isinstance(document, dict):
            raise HTTPException(400, "The body must be one JSON object with `query`; batches are not supported.")
        return document

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Called by Strawberry for origins other than the host's; `LoopbackOnly` has checked them already."""
        return True

    def _answer_without_graphql(self, request: Request) -> Response | None:
        """GraphiQL for browsers, a refusal for what is not a POST of JSON; None where GraphQL answers."""
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return self._page()
        if request.method != "POST":
            text = "Send GraphQL with POST, as JSON. GraphiQL is here for browsers (Accept: text/html).\n"
            return PlainTextResponse(text, 405, headers={"allow": "POST"})
        content_type = request.headers.get("content-type", "").partition(";")[0].strip()
        if content_type != "application/json":
            return PlainTextResponse("Send GraphQL as Content-Type: application/json.\n", 415)
        return None


def _base_url(request: Request | WebSocket) -> str:
    scheme = "https" if request.url.scheme in ("https", "wss") else "http"
    return f"{scheme}://{request.url.netloc}"
