"""Forgets the batches for which nobody asks any more: neither refreshes nor packs are so far behind."""

from datetime import timedelta

from bson import Timestamp

from seggql.packs.shape import shapes_of
from seggql.store.batches import forget_batches
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.pack_writes import read_head
from seggql.store.snapshot import take_snapshot


async def prune_batches(hub: Hub, kept_for: timedelta) -> int:
    """Forget batches that were closed so long ago, from now and from when the packs that they concern were made.

    Whoever asks what was written since then must not ask any more. Returns how many; raises UnavailableError.
    """
    now = (await take_snapshot(hub)).seconds
    needed: dict[str, int] = {}
    for collection, shape in shapes_of(await load_catalog(hub)).items():
        oldest = min([now, *(part.basis.snapshot.seconds for part in (await read_head(hub, collection)).parts)])
        needed |= {writer: min(oldest, needed.get(writer, now)) for writer in shape.writers}
    kept_s = int(kept_for.total_seconds())
    return sum([await forget_batches(hub, name, Timestamp(seconds - kept_s, 0)) for name, seconds in needed.items()])
