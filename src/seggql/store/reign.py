"""Whether MongoDB had one and the same primary all the while: only then are all its writes known to be kept."""

from collections.abc import Iterator
from contextlib import contextmanager

from bson import ObjectId

from seggql.errors import UnavailableError
from seggql.store.hub import Hub


@contextmanager
def one_reign(hub: Hub) -> Iterator[None]:
    """What is done in the block is done under one primary.

    A primary that falls may take with it what the majority had not: writes that did not wait for it, also those of
    others that were read and built upon, while whatever waits for the majority afterwards succeeds with the next one.

    Raises: UnavailableError at the end where the primary has changed. Not noticed in a sharded cluster.
    """
    before = _elections(hub)
    yield
    if before and _elections(hub) != before:
        raise UnavailableError("MongoDB changed its primary during the write. Send the same rows again.")


def _elections(hub: Hub) -> frozenset[ObjectId | None]:
    """Which election made the present primary, as far as the driver knows; empty where it knows none."""
    servers = hub.client.topology_description.server_descriptions().values()
    return frozenset(server.election_id for server in servers if server.is_writable)
