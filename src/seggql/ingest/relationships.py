"""Relating profiles: one edge for a pair, its top-level attributes merged; and taking edges away."""

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime

import bson
from bson import ObjectId
from pyroaring import BitMap

from seggql.catalog.model import RelationshipType
from seggql.errors import UnavailableError
from seggql.ingest.attributes import json_reader
from seggql.ingest.ends import Ends, Named, create_new_ends, find_ends, number_new_ends
from seggql.ingest.merging import Merge
from seggql.ingest.outcome import IngestOutcome, Rejection, RemoveOutcome
from seggql.ingest.pipeline import write_chunks
from seggql.ingest.reading import Reading, read_rows
from seggql.ingest.rows import RelationshipRow, read_relationship_row
from seggql.ingest.types import require_relationship_type
from seggql.store.batches import batch
from seggql.store.collections import relationships_collection
from seggql.store.hub import Hub
from seggql.store.relationships import (
    Ends as Pair,
)
from seggql.store.relationships import (
    NewEdge,
    change_edges,
    delete_edges,
    insert_edges,
    new_edge,
    read_edges,
)

ATTEMPTS = 50
"""Each lost attempt means that another writer made one of the same profiles or edges: there is an end to that."""


async def relate_profiles(
    hub: Hub, relationship_type: str, rows: Sequence[object], reading: Reading | None = None
) -> IngestOutcome:
    """Store edges of `{source, target, attributes}`; profiles not seen yet are made, with a key only.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError.
    """
    reading = reading or Reading()
    type_ = await require_relationship_type(hub, relationship_type)
    reader = reading.reader(type_.attributes)

    def read(part: Reading, chunk: Sequence[object]) -> _Writer:
        accepted, rejections = read_rows(chunk, part, lambda index, raw: read_relationship_row(index, raw, reader))
        return _Writer(hub, type_, part, accepted, rejections)

    return await write_chunks(hub, rows, reading, read)


async def unrelate_profiles(hub: Hub, relationship_type: str, rows: Sequence[object]) -> RemoveOutcome:
    """Remove the edges of `{source, target}`; those that are not there count as unknown.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError.
    """
    type_ = await require_relationship_type(hub, relationship_type)
    reader = json_reader(type_.attributes)
    outcome = RemoveOutcome()
    for part, chunk in Reading().chunks(rows):
        accepted, rejections = read_rows(chunk, part, lambda index, raw: read_relationship_row(index, raw, reader))
        removed = await _remove(hub, type_, accepted)
        outcome += RemoveOutcome(
            received=len(chunk),
            removed=removed,
            unknown=len(accepted) - removed,
            rejected=len(rejections),
            rejections=tuple(rejections),
        )
    return outcome


async def _remove(hub: Hub, type_: RelationshipType, rows: list[RelationshipRow]) -> int:
    ends = await find_ends(hub, _named(type_, rows))
    known = [row for row in rows if ends.knows(type_.source, row.source) and ends.knows(type_.target, row.target)]
    pairs = set(await read_edges(hub, type_.name, {_pair(type_, row, ends) for row in known}))
    if not pairs:
        return 0
    touched = {type_.source: BitMap([source for source, _ in pairs])}
    touched[type_.target] = touched.get(type_.target, BitMap()) | BitMap([target for _, target in pairs])
    async with batch(hub, ObjectId(), relationships_collection(type_.name), touched):
        return await delete_edges(hub, type_.name, pairs)


class _Writer:
    """Writes the rows of one chunk."""

    def __init__(
        self,
        hub: Hub,
        relationship_type: RelationshipType,
        reading: Reading,
        rows: list[RelationshipRow],
        rejections: list[Rejection],
    ) -> None:
        self._hub = hub
        self._type = relationship_type
        self._reading = reading
        self._rows = rows
        self._rejections = rejections
        self._received = len(rows) + len(rejections)
        self._stored = 0
        self._unchanged = 0

    def claims(self) -> set[Hashable]:
        """The pairs of keys."""
        return {(row.source, row.target) for row in self._rows}

    async def write(self) -> IngestOutcome:
        """Merge and store, again what another writer made meanwhile."""
        for _ in range(ATTEMPTS):
            ends = await find_ends(self._hub, _named(self._type, self._rows))
            await number_new_ends(self._hub, ends, _named(self._type, self._rows))
            self._rows = await self._store(ends)
            if not self._rows:
                return IngestOutcome(
                    received=self._received,
                    stored=self._stored,
                    unchanged=self._unchanged,
                    rejected=len(self._rejections),
                    rejections=tuple(sorted(self._rejections, key=lambda rejection: rejection.index)),
                )
        raise UnavailableError("Too many writers store the same edges at the same time; try again.")

    async def _store(self, ends: Ends) -> list[RelationshipRow]:
        """Write the rows, and return those that must be tried again."""
        batch_id, at = ObjectId(), datetime.now(UTC)
        merge = Merge(await read_edges(self._hub, self._type.name, {self._pair(row, ends) for row in self._rows}))
        for row in self._rows:
            merge.add(self._pair(row, ends), row.changes)
        new = [new_edge(pair, record.attributes, batch_id) for pair, record in merge.new]
        if self._rejects_large(merge, new, ends):
            return self._rows
        changes = [(pair, record.changes) for pair, record in merge.changed]
        taken: set[Pair] = set()
        if new or changes:
            async with batch(self._hub, batch_id, relationships_collection(self._type.name), ends.touched()):
                if not await create_new_ends(self._hub, ends, batch_id, at):
                    return self._rows
                taken = await insert_edges(self._hub, self._type.name, new)
                await change_edges(self._hub, self._type.name, changes, batch_id)
        for pair, record in merge.records.items():
            if pair not in taken:
                self._stored += record.stored
                self._unchanged += record.unchanged
        return [row for row in self._rows if self._pair(row, ends) in taken]

    def _rejects_large(self, merge: Merge[Pair], new: list[NewEdge], ends: Ends) -> bool:
        """Reject the largest row of each edge that would be too large; whether there was one."""
        sizes = {edge.ends: edge.size for edge in new}
        sizes |= {pair: len(bson.encode(record.attributes)) for pair, record in merge.changed}
        too_large = {pair: size for pair, size in sizes.items() if size > self._reading.limit_bytes}
        for pair, size in too_large.items():
            of_pair = [row for row in self._rows if self._pair(row, ends) == pair]
            largest = max(of_pair, key=lambda row: len(bson.encode(row.changes)))
            self._rows = [row for row in self._rows if row is not largest]
            self._rejections.append(self._reading.refusal_of_size(largest.index, size))
        return bool(too_large)

    def _pair(self, row: RelationshipRow, ends: Ends) -> Pair:
        return _pair(self._type, row, ends)


def _pair(type_: RelationshipType, row: RelationshipRow, ends: Ends) -> Pair:
    return ends.ordinal(type_.source, row.source), ends.ordinal(type_.target, row.target)


def _named(type_: RelationshipType, rows: Sequence[RelationshipRow]) -> Named:
    named: dict[str, dict[str, None]] = {type_.source: {}, type_.target: {}}
    for row in rows:
        named[type_.source][row.source] = None
        named[type_.target][row.target] = None
    return named
