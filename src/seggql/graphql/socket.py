"""One WebSocket that speaks graphql-transport-ws: what is no message closes it, a faulty operation does not."""

from typing import cast

from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message

from seggql.graphql.context import Context

LONGEST_REASON = 123
"""Bytes of the reason in a closing frame. Source: RFC 6455, 5.5."""


class Socket(BaseGraphQLTransportWSHandler[Context, None]):
    """Strawberry's conversation, with two differences.

    Messages of another shape than the protocol's close the socket with a reason, where Strawberry would fail on them.
    A document that cannot be run is answered with an `error` for its operation, so that the others go on.
    Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
    """

    async def handle_message(self, message: object) -> None:
        """Called by Strawberry with each JSON value that arrives."""
        if fault := _fault(message):
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(cast("Message", message))

    async def handle_invalid_message(self, error_message: str) -> None:
        """Called by Strawberry, and above, to close the socket."""
        await super().handle_invalid_message(error_message.encode()[:LONGEST_REASON].decode(errors="ignore"))

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """Called by Strawberry with what keeps an operation from being run: nothing of that closes the socket."""
        return None


def _fault(message: object) -> str | None:
    """What is wrong with the shape of a message; None where it is as the protocol has it."""
    match message:
        case {"type": "subscribe", "id": str(), "payload": {"query": str()} as payload}:
            return _fault_of_payload(payload)
        case {"type": "subscribe"}:
            return "`subscribe` needs an `id` and a `payload` with the `query`, both strings."
        case {"type": "complete", "id": str()}:
            return None
        case {"type": "complete"}:
            return "`complete` needs the `id` of an operation, a string."
        case {"type": "connection_init" | "ping" | "pong"}:
            return None
        case {"type": str() as kind}:
            return f"There is no message of the type {kind!a}."
        case _:
            return "A message is a JSON object with a `type`."


def _fault_of_payload(payload: dict[str, object]) -> str | None:
    if not isinstance(payload.get("variables"), dict | None):
        return "`variables` must be an object or null."
    if not isinstance(payload.get("operationName"), str | None):
        return "`operationName` must be a string or null."
    return None
