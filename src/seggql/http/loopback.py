"""Refuses requests that a web page elsewhere has a browser make: only loopback hosts and origins pass.

Until there is access control, whoever reaches the port may do everything. Listening on loopback keeps other machines
out; checking Host stops DNS rebinding (a name that resolves to 127.0.0.1), checking Origin stops pages of other sites
that post, checking Sec-Fetch-Site those that embed an answer as a script or an image.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from seggql.http.refusal import refuse

MISDIRECTED_REQUEST = 421
FORBIDDEN = 403


class LoopbackOnly:
    """ASGI middleware, also for WebSocket: any port, but only `localhost`, `*.localhost` and loopback addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refuse(refusal, scope, receive, send)


def _refusal(headers: Headers) -> PlainTextResponse | None:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _is_loopback(f"//{hosts[0]}"):
        text = "seggql answers on loopback only: use 127.0.0.1 or localhost as the host.\n"
        return PlainTextResponse(text, MISDIRECTED_REQUEST)
    if any(not _is_loopback(origin) for origin in headers.getlist("origin")):
        return PlainTextResponse("seggql takes no requests from pages of other sites (Origin).\n", FORBIDDEN)
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        return PlainTextResponse("seggql takes no requests from pages of other sites (Sec-Fetch-Site).\n", FORBIDDEN)
    return None


def _is_loopback(url: str) -> bool:
    """Whether the host in `url` (`http://localhost:8000`, `//[::1]:80`) is this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port == 0 or parts.path or parts.username is not None or parts.query or parts.fragment:
            return False
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False
