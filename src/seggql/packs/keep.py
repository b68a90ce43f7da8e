"""Keeps packs as they should be: what deleted profiles left is erased, what is used packed, what is not dropped."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from pyroaring import BitMap

from seggql.columns.encoding import ColumnUnreadable
from seggql.errors import UnavailableError
from seggql.packs.change import Change, Tell, silent
from seggql.packs.erase import erase
from seggql.packs.needs import Needs
from seggql.packs.pace import Pace
from seggql.packs.range_parts import keep_ranges
from seggql.packs.shape import Shape
from seggql.packs.slices import keep_slices
from seggql.settings import Settings
from seggql.store.erasures import Erasure, collections_to_erase_from, note_erased, pending_erasures
from seggql.store.hub import Hub
from seggql.store.outage import OUTAGES, outage
from seggql.store.pack_writes import PackLost, leased_pack, packs_in_use, read_head, sweep_columns
from seggql.store.packs import PackHead

logger = logging.getLogger(__name__)

IDLE = timedelta(days=7)
"""How long a column stays that nothing uses: whoever pauses a segment over a weekend, or changes it back and forth,
finds it still packed."""

GROWN, SHRUNK = 1.0, 0.5
"""Of the size from which types are packed, where packing begins and where it ends: not at the same one, lest a type
that stands at it be packed and dropped by turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How packs are kept: by whom, at what instant, what share of the time, and whether everything is packed anew.

    `tell` is called with the rows of each part that was written.
    """

    settings: Settings
    owner: str
    now: datetime
    share: float
    anew: bool = False
    tell: Tell = silent

    @classmethod
    def in_passing(cls, settings: Settings, owner: str, now: datetime) -> "Keeping":
        """As workers do it, with rests in between."""
        return cls(settings=settings, owner=owner, now=now, share=settings.pack_share)


async def keep_packs(hub: Hub, shapes: Mapping[str, Shape], needs: Needs, keeping: Keeping) -> int:
    """Bring every pack up to date that nobody else is at work on; returns how many parts were packed or erased from.

    Where a pack cannot be kept, because MongoDB does not answer or somebody else has taken it over, the next time will
    do. Erasures come first, of all packs.
    """
    done = 0
    try:
        for collection in await collections_to_erase_from(hub):
            if collection in shapes:
                done += await _kept(hub, shapes[collection], None, keeping)
        in_use = set(await packs_in_use(hub, shapes))
        for collection, shape in shapes.items():
            needed = needs.get(collection, frozenset()) if keeping.settings.packs else frozenset()
            if needed or collection in in_use:
                done += await _kept(hub, shape, needed, keeping)
    except OUTAGES as error:
        logger.warning("packing put off: %s", outage(error))
    return done


async def keep_pack(hub: Hub, shape: Shape, needed: frozenset[str] | None, keeping: Keeping) -> int | None:
    """Erase from one pack what it is to forget, and unless `needed` is None, pack these columns and no others for long.

    Returns how many parts were written; None where another process is at work on the pack. Raises: PackLost,
    UnavailableError.
    """
    lease_s = keeping.settings.lease_s
    async with leased_pack(hub, shape.collection, keeping.owner, lease_s) as lease:
        if lease is None:
            return None
        erasures = await pending_erasures(hub, shape.collection)
        if (lease.is_unswept or erasures) and (removed := await sweep_columns(hub, lease)):
            logger.warning("columns of a dead process removed pack=%s count=%s", shape.collection, removed)
        change = Change(hub, lease, await read_head(hub, shape.collection), keeping.tell)
        if lease.is_distrusted:
            await _throw_away(change, shape, "a refresh could not")
        try:
            return await _erased_and_kept(hub, shape, change, erasures, needed, keeping)
        except ColumnUnreadable as error:
            await change.discard()
            await _throw_away(change, shape, error)
            return await _erased_and_kept(hub, shape, change, erasures, needed, keeping)


async def _throw_away(change: Change, shape: Shape, why: object) -> None:
    logger.warning("pack that cannot be read thrown away pack=%s error=%s", shape.collection, why)
    await _drop(change)


async def _erased_and_kept(
    hub: Hub,
    shape: Shape,
    change: Change,
    erasures: Sequence[Erasure],
    needed: frozenset[str] | None,
    keeping: Keeping,
) -> int:
    written = await _erase(hub, shape, change, erasures)
    if needed is not None:
        written += await _keep(hub, shape, change, needed, keeping)
    return written


async def _kept(hub: Hub, shape: Shape, needed: frozenset[str] | None, keeping: Keeping) -> int:
    start = monotonic()
    try:
        written = await keep_pack(hub, shape, needed, keeping)
    except (PackLost, UnavailableError) as error:
        logger.warning("packing put off pack=%s: %s", shape.collection, error)
        return 0
    except OUTAGES:
        raise
    except Exception:  # process edge: what is wrong with one pack must not keep all others from being kept
        logger.exception("packing failed pack=%s", shape.collection)
        return 0
    if written:
        elapsed_ms = round((monotonic() - start) * 1000)
        logger.info("packed pack=%s parts=%s elapsed_ms=%s", shape.collection, written, elapsed_ms)
    return written or 0


async def _erase(hub: Hub, shape: Shape, change: Change, erasures: Sequence[Erasure]) -> int:
    """Before anything else, for what is packed later is made of documents that have nothing of it."""
    if not erasures:
        return 0
    types = {type_ for erasure in erasures for type_ in erasure.profiles}
    profiles = {
        type_: BitMap.union(BitMap(), *(erasure.profiles.get(type_, BitMap()) for erasure in erasures))
        for type_ in types
    }
    written = await erase(hub, shape, change, profiles)
    await note_erased(hub, shape.collection, erasures)
    return written


async def _keep(hub: Hub, shape: Shape, change: Change, needed: frozenset[str], keeping: Keeping) -> int:
    settings = keeping.settings
    head = change.head
    size = await hub.collection(shape.collection).estimated_document_count()
    is_large = size >= settings.pack_after * (SHRUNK if head.parts else GROWN)
    wanted = needed | shape.always if needed and is_large else frozenset()
    idle = _idle(head, wanted, keeping.now)
    expired = {path for path, since in idle.items() if keeping.now - since >= IDLE}
    if not is_large or not settings.packs or expired >= shape.always or not (wanted or head.parts):
        return await _drop(change)
    if expired:
        change.drop(expired)
    change.mark_idle({path: since for path, since in idle.items() if path not in expired})
    await change.flip()
    paths = wanted if keeping.anew else wanted | frozenset(idle) - expired
    keep = keep_ranges if shape.near else keep_slices
    return await keep(hub, shape, change, paths, Pace(keeping.share), anew=keeping.anew)


async def _drop(change: Change) -> int:
    """Pack nothing any more."""
    change.remove(change.head.parts)
    change.mark_idle({})
    await change.flip()
    return 0


def _idle(head: PackHead, wanted: frozenset[str], now: datetime) -> dict[str, datetime]:
    """Since when each packed column that nothing uses has not been used."""
    packed = {path for part in head.parts for path in part.columns}
    return {path: head.idle.get(path, now) for path in packed - wanted}
