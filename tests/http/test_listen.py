"""The socket that the API listens on."""

import asyncio
import socket
from contextlib import closing

from seggql.http.listen import open_socket
from seggql.settings import Settings


async def test_answers_leave_at_once_instead_of_waiting_for_an_acknowledgement(settings: Settings) -> None:
    accepted: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()

    class Connection(asyncio.Protocol):
        """Tells of its socket."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport.get_extra_info("socket"))

    with closing(open_socket(settings)) as listening:
        server = await asyncio.get_running_loop().create_server(Connection, sock=listening)
        async with server:
            _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            connection = await accepted
            is_prompt = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            writer.close()

    assert is_prompt
