"""Making generations: chunks and ledger rows are written first, so that the commit only has to point at them."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from pyroaring import BitMap

from seggql.store import ledger, memberships
from seggql.store.deleted import deleted_ordinals
from seggql.store.hub import Hub
from seggql.store.ledger import Difference, LedgerEntry
from seggql.store.members import stored_members
from seggql.store.segment import ChangeCause, Pointer, Segment
from seggql.store.segments import draw_generation

FOLD_AFTER = 16
"""Generations that may stand on one base as differences alone; readers apply them one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedGeneration:
    """What a commit points at: `pointer` is the one in force where nothing changed, and `entries` is empty then."""

    pointer: Pointer
    entries: tuple[LedgerEntry, ...]
    entered: int
    exited: int


async def prepare_generation(
    hub: Hub,
    segment: Segment,
    members: BitMap,
    cause: ChangeCause,
    at: datetime,
    *,
    as_of: datetime | None = None,
    folds: bool = False,
    is_new: bool = False,
) -> PreparedGeneration:
    """Write what turns the segment, as it was read, into `members` without deleted profiles.

    Nobody sees it before it is committed. Profiles deleted since the last generation leave in a generation of their
    own, with the cause DELETION. `as_of` is the instant of a refresh. `folds` writes whole chunks, as a full refresh
    does; otherwise a small change of members is its ledger rows alone. A segment that `is_new` is not stored yet.

    Raises: RequestError (NOT_FOUND) where the segment has been deleted.
    """
    deleted = await deleted_ordinals(hub, segment.profile_type)
    before = await stored_members(hub, segment.id, segment.pointer)
    at = max(at, segment.pointer.at) if segment.pointer else at
    made = _Made(hub, segment, len(deleted), at, is_new=is_new)
    gone = before & deleted
    if gone:
        await made.add(Difference(exited=gone), before - gone, ChangeCause.DELETION, folds=False)
    after, change = await asyncio.to_thread(_compare, before - gone, members, deleted)
    if change or made.pointer is None or made.pointer.cause is ChangeCause.DEACTIVATION:
        await made.add(change, after, cause, folds=folds)
    assert made.pointer is not None
    pointer = replace(made.pointer, deleted=len(deleted), definition=segment.definition, as_of=as_of)
    return PreparedGeneration(
        pointer=pointer,
        entries=tuple(made.entries),
        entered=sum(entry.entered for entry in made.entries),
        exited=sum(entry.exited for entry in made.entries),
    )


class _Made:
    """The generations made for one segment, one upon the other."""

    def __init__(self, hub: Hub, segment: Segment, deleted: int, at: datetime, *, is_new: bool) -> None:
        self.hub = hub
        self.segment = segment
        self.deleted = deleted
        self.at = at
        self.is_new = is_new
        self.pointer = segment.pointer
        self.entries: list[LedgerEntry] = []

    async def add(self, change: Difference, members: BitMap, cause: ChangeCause, *, folds: bool) -> None:
        """Write one generation over the last."""
        segment = self.segment
        generation = 1 if self.is_new else await draw_generation(self.hub, segment.id)
        base = self.pointer.base if self.pointer else generation
        writes = [ledger.write_rows(self.hub, segment.id, generation, change)]
        if folds or generation - base > FOLD_AFTER or self.pointer is None:
            writes.append(memberships.write_chunks(self.hub, segment.id, generation, members, self.at))
            base = generation
        await asyncio.gather(*writes)
        self.pointer = Pointer(
            generation=generation,
            base=base,
            count=len(members),
            deleted=self.deleted,
            definition=segment.definition,
            at=self.at,
            cause=cause,
        )
        self.entries.append(
            LedgerEntry(
                generation=generation,
                at=self.at,
                cause=cause,
                count=len(members),
                entered=len(change.entered),
                exited=len(change.exited),
            )
        )


def _compare(before: BitMap, members: BitMap, deleted: BitMap) -> tuple[BitMap, Difference]:
    after = members - deleted
    return after, ledger.difference(before, after)
