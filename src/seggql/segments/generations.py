"""Making generations: chunks and ledger rows are written first, so that the commit only has to point at them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.store import ledger, memberships
from seggql.store.deleted import deleted_ordinals
from seggql.store.hub import Document, Hub
from seggql.store.ledger import Difference, LedgerEntry
from seggql.store.members import stored_members_of_many
from seggql.store.segment import ChangeCause, Pointer, RefreshBasis, Segment, SegmentId
from seggql.store.segments import draw_generations

FOLD_AFTER = 16
"""Generations that may stand on one base as differences alone; readers apply them one by one."""

FOLD_MOVED, FOLD_SHARE = 4_096, 8
"""A change of so many profiles, and of more than one member in so many, is written as whole chunks: its rows would be
as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMembers:
    """What is to be the members of a segment, as it was read, and why. `as_of` and `basis` are those of a refresh.

    `folds` writes whole chunks in any case. A segment that `is_new` is not stored yet.
    """

    segment: Segment
    members: BitMap
    cause: ChangeCause
    as_of: datetime | None = None
    basis: RefreshBasis | None = None
    folds: bool = False
    is_new: bool = False

    @property
    def definition(self) -> int:
        """The version of the query that the members answer: that of before, where only deleted ones leave."""
        pointer = self.segment.pointer
        return pointer.definition if pointer and self.cause is ChangeCause.DELETION else self.segment.definition


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
    folds: bool = False,
    is_new: bool = False,
) -> PreparedGeneration:
    """The same for one segment, by hand. Raises: RequestError (NOT_FOUND) where it has been deleted."""
    wanted = WantedMembers(segment=segment, members=members, cause=cause, folds=folds, is_new=is_new)
    made = (await prepare_generations(hub, [wanted], at)).get(segment.id)
    if made is None:
        raise RequestError(RequestCode.NOT_FOUND, "The segment has been deleted.")
    return made


async def prepare_generations(
    hub: Hub, wanted: Sequence[WantedMembers], at: datetime
) -> dict[SegmentId, PreparedGeneration]:
    """Write what turns each segment into what is wanted, without deleted profiles; those deleted are left out.

    Nobody sees it before it is committed. Profiles deleted since the last generation leave in a generation of their
    own, with the cause DELETION. A small change of members is its ledger rows alone.
    """
    types = sorted({item.segment.profile_type for item in wanted})
    deleted = dict(zip(types, await asyncio.gather(*(deleted_ordinals(hub, name) for name in types)), strict=True))
    pointers = {item.segment.id: item.segment.pointer for item in wanted if item.segment.pointer}
    before = await stored_members_of_many(hub, pointers)
    steps = await asyncio.to_thread(_steps_of_all, wanted, before, deleted)
    draws = {item.segment.id: len(steps[item.segment.id]) for item in wanted if steps[item.segment.id]}
    drawn = {item.segment.id: 1 for item in wanted if item.is_new}
    drawn |= await draw_generations(hub, {id_: count for id_, count in draws.items() if id_ not in drawn})
    made: dict[SegmentId, _Made] = {}
    for item in wanted:
        id_ = item.segment.id
        if id_ in drawn or not steps[id_]:
            made[id_] = _Made(item, len(deleted[item.segment.profile_type]), at)
            made[id_].number(steps[id_], drawn.get(id_, 0))
    await _write(hub, list(made.values()))
    return {id_: one.prepared() for id_, one in made.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One generation to be: who moves, who is in it then, and why."""

    change: Difference
    members: BitMap
    cause: ChangeCause


class _Made:
    """The generations made for one segment, one upon the other, and the documents that hold them."""

    def __init__(self, wanted: WantedMembers, deleted: int, at: datetime) -> None:
        self.wanted = wanted
        self.deleted = deleted
        self.pointer = wanted.segment.pointer
        self.at = max(at, self.pointer.at) if self.pointer else at
        self.entries: list[LedgerEntry] = []
        self.steps: list[tuple[int, _Step, bool]] = []

    def number(self, steps: Sequence[_Step], last: int) -> None:
        """Give each step its generation; `last` is the number drawn for the last of them."""
        for generation, step in enumerate(steps, start=last - len(steps) + 1):
            self._add(generation, step)

    def documents(self) -> tuple[list[Document], list[Document]]:
        """The rows for the ledger, and the chunks."""
        id_ = self.wanted.segment.id
        rows = [row for number, step, _ in self.steps for row in ledger.row_documents(id_, number, step.change)]
        chunks = [
            chunk
            for number, step, folds in self.steps
            if folds
            for chunk in memberships.chunk_documents(id_, number, step.members, self.at)
        ]
        return rows, chunks

    def prepared(self) -> PreparedGeneration:
        """What is to be committed."""
        assert self.pointer is not None, "a segment without a pointer gets a generation"
        wanted = self.wanted
        pointer = replace(
            self.pointer,
            deleted=self.deleted,
            definition=wanted.definition,
            as_of=wanted.as_of,
            basis=wanted.basis,
        )
        return PreparedGeneration(
            pointer=pointer,
            entries=tuple(self.entries),
            entered=sum(entry.entered for entry in self.entries),
            exited=sum(entry.exited for entry in self.entries),
        )

    def _add(self, generation: int, step: _Step) -> None:
        base = self.pointer.base if self.pointer else generation
        moved = len(step.change.entered) + len(step.change.exited)
        is_large = moved > max(FOLD_MOVED, len(step.members) // FOLD_SHARE)
        is_wanted = step.cause is not ChangeCause.DELETION and (self.wanted.folds or is_large)
        folds = is_wanted or self.pointer is None or generation - base > FOLD_AFTER
        self.steps.append((generation, step, folds))
        self.pointer = Pointer(
            generation=generation,
            base=generation if folds else base,
            previous=self._previous(folds=folds),
            count=len(step.members),
            deleted=self.deleted,
            definition=self.wanted.definition,
            at=self.at,
            cause=step.cause,
        )
        self.entries.append(
            LedgerEntry(
                generation=generation,
                at=self.at,
                cause=step.cause,
                count=len(step.members),
                entered=len(step.change.entered),
                exited=len(step.change.exited),
            )
        )

    def _previous(self, *, folds: bool) -> int | None:
        """The chunks before those in force: whoever read of them a moment ago still finds them."""
        if self.pointer is None:
            return None
        return self.pointer.base if folds else self.pointer.previous


def _steps_of_all(
    wanted: Sequence[WantedMembers], before: Mapping[SegmentId, BitMap], deleted: Mapping[str, BitMap]
) -> dict[SegmentId, list[_Step]]:
    return {
        item.segment.id: _steps(item, before.get(item.segment.id, BitMap()), deleted[item.segment.profile_type])
        for item in wanted
    }


def _steps(wanted: WantedMembers, before: BitMap, deleted: BitMap) -> list[_Step]:
    """The generations that lead from what was before to what is wanted; none where nothing changed."""
    steps = []
    gone = before & deleted
    if gone:
        before = before - gone
        steps.append(_Step(change=Difference(exited=gone), members=before, cause=ChangeCause.DELETION))
    after = wanted.members - deleted
    change = ledger.difference(before, after)
    pointer = wanted.segment.pointer
    ends_pause = pointer is not None and pointer.cause is ChangeCause.DEACTIVATION and not steps
    if change or pointer is None or (ends_pause and wanted.cause is not ChangeCause.DELETION):
        steps.append(_Step(change=change, members=after, cause=wanted.cause))
    return steps


async def _write(hub: Hub, made: Sequence[_Made]) -> None:
    """Store the documents of all, and remember the members for whoever reads them next."""
    documents = await asyncio.to_thread(lambda: [one.documents() for one in made])
    await asyncio.gather(
        ledger.write_rows(hub, [row for rows, _ in documents for row in rows]),
        memberships.write_chunks(hub, [chunk for _, chunks in documents for chunk in chunks]),
    )
    for one in made:
        for number, step, _ in one.steps[-1:]:
            hub.members.put(one.wanted.segment.id, number, step.members)
