"""Answers a request with a refusal, before any application has seen it."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

POLICY_VIOLATION = 1008


async def refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send `response`; a WebSocket handshake gets it too where the server can, else it is closed (403)."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})
    else:
        await response(scope, receive, send)
