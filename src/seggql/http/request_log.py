"""Gives every request an id, a line in the log, a span, and a place in the metrics."""

import logging
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from uuid import uuid4

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seggql.http.metrics import Observe
from seggql.logs import log_ids
from seggql.tracing import TRACEPARENT, span, trace_ids

logger = logging.getLogger(__name__)

ROUTES = ("graphql", "graphiql", "ingest", "segments", "healthz", "readyz", "metrics")
"""First parts of paths that are told apart in the metrics; whatever else is asked for is `other`."""


UNTRACED = ("healthz", "readyz", "metrics", "graphiql")
"""Asked for every few seconds, or files."""


class RequestLog:
    """ASGI middleware: `scope["state"]["request_id"]` and the header X-Request-Id; a line at DEBUG, without content.

    The id is on every line that is logged meanwhile.
    """

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex[:12]
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = perf_counter(), 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with log_ids(request=request_id), _traced(scope, request_id) as current, log_ids(**trace_ids()):
            try:
                await self._app(scope, receive, with_id)
            finally:
                current.set_attribute("http.response.status_code", status)
                elapsed_s = perf_counter() - began
                method, path = scope.get("method", "WEBSOCKET"), scope["path"]
                logger.debug(
                    "answered request=%s method=%s path=%s status=%d elapsed_ms=%.1f",
                    *(request_id, method, path, status, elapsed_s * 1000),
                )
                if scope["type"] == "http":
                    self._observe(_route(path), status, elapsed_s)


def _traced(scope: Scope, request_id: str) -> AbstractContextManager[Span]:
    """A span for requests of HTTP, under the caller's where it names one; operations over WebSocket have their own."""
    route = _route(scope["path"])
    if scope["type"] != "http" or route in UNTRACED:
        return nullcontext(INVALID_SPAN)
    attributes = {"http.request.method": scope["method"], "seggql.request.id": request_id}
    after = Headers(scope=scope).get(TRACEPARENT)
    return span(f"{scope['method']} /{route}", attributes, kind=SpanKind.SERVER, after=after)


def _route(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else path
    return first if first in ROUTES else "other"
