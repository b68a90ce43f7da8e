"""Version 5: what every refresh writes of a segment is in no index.

Where one indexed field of a document changes, MongoDB makes the keys of all indexes anew: 0.2 ms a segment.
"""

from seggql.store.hub import Hub

DROPPED = ("cost_run", "order.members", "order.refreshed", "order.cost_ms")


async def drop_indexes_of_orders(hub: Hub) -> None:
    """Lists in these orders sort the segments, of which there are some thousand."""
    segments = hub.collection("segments")
    for name in await segments.index_information():
        if name in DROPPED:
            await segments.drop_index(name)
