"""Listens for requests: the socket that the API is served on, and its server."""

import asyncio
import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp

from seggql.errors import RequestCode, RequestError, UnavailableError
from seggql.settings import Settings


class Server(uvicorn.Server):
    """Uvicorn's server, leaving signals to whoever composes the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not touch signals."""
        yield


def open_socket(settings: Settings) -> socket.socket:
    """A socket that listens where `settings` say; port 0 takes any free one.

    Raises: UnavailableError where the port is taken, RequestError where the address is not one of loopback.
    """
    host = "0.0.0.0" if settings.container else _loopback(settings.host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, so that asyncio turns Nagle's algorithm off, with which answers take 40 ms more.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, settings.port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UnavailableError(_refusal(error, host, settings.port)) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """The address that a browser on this machine reaches the socket by."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host.replace('0.0.0.0', '127.0.0.1')}:{port}"


def make_server(app: ASGIApp, stop_timeout_s: float) -> Server:
    """The server of `app`, for `serve`; told to stop, it lets open requests go on for `stop_timeout_s`."""
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=max(1, round(stop_timeout_s)),
        server_header=False,
    )
    return Server(config)


async def serve(server: Server, listening: socket.socket) -> None:
    """Answer requests until cancelled; then those that are open are given the server's time to end."""
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


def _loopback(host: str) -> str:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        is_loopback = ip_address(address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise RequestError(
            RequestCode.INVALID,
            f"seggql cannot listen on {host}: there is no access control yet, so only this machine may reach it. "
            "Set SEGGQL_HOST to 127.0.0.1.",
            field=("SEGGQL_HOST",),
        )
    return address


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use by another program. Choose another one, or 0 for any free one: "
            "--port 0 (or SEGGQL_PORT=0)."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be listened on by this user. Choose one from 1024 up: --port 8000."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."
