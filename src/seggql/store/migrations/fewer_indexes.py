"""Version 5: what every refresh writes of segments is in no index, and of jobs in few.

Where one indexed field of a document changes, MongoDB makes the keys of all indexes anew: up to 0.2 ms a document.
"""

from seggql.store.hub import Hub

DROPPED = {
    "segments": ("cost_run", "order.members", "order.refreshed", "order.cost_ms"),
    "jobs": ("lease", "failures"),
}


async def drop_indexes_that_refreshes_keep(hub: Hub) -> None:
    """Lists in these orders sort the segments, of which there are some thousand; leases and failures have a status."""
    for name, indexes in DROPPED.items():
        collection = hub.collection(name)
        for index in await collection.index_information():
            if index in indexes:
                await collection.drop_index(index)
