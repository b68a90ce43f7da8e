"""What a resolver may use: everything comes in through `info.context`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import strawberry

from seggql.exporter import AnyExporter
from seggql.graphql.loaders import Loaders
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.run_queue import RunQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context of one operation; over a WebSocket every operation gets its own loaders.

    `base_url` is the address that the caller used, without a slash at the end; `node_reads` finds objects by id.
    """

    hub: Hub
    settings: Settings
    queue: RunQueue
    exporters: Mapping[str, AnyExporter]
    loaders: Loaders
    node_reads: "Mapping[str, NodeRead]"
    request_id: str
    base_url: str


NodeRead = Callable[[Context, str], Awaitable[object | None]]
"""Finds the GraphQL object that storage knows as the given text; None where there is none."""

Info = strawberry.Info[Context, None]
"""Annotate a resolver's `info` with this."""
