"""Recording interactions that come as typed columns: what `record_interactions` does, several times as fast."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl
from bson import ObjectId

from seggql.catalog.model import InteractionType
from seggql.ingest.ends import Ends, create_new_ends, find_ends, number_new_ends
from seggql.ingest.interactions import record_interactions
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.plain_columns import Column, plain_column, plain_instants, plain_keys
from seggql.ingest.reading import Reading
from seggql.ingest.types import require_interaction_type
from seggql.store.batches import batch
from seggql.store.collections import interactions_collection
from seggql.store.hub import Document, Hub
from seggql.store.interactions import find_interactions
from seggql.store.keys import has_some
from seggql.store.plain_inserts import insert_plain
from seggql.store.reign import one_reign

CHUNK_ROWS = 10_000
"""Rows written at once: small documents, that one command of MongoDB takes whole."""

ATTEMPTS = 5
"""Lost attempts, each to another writer that made one of the same profiles, before rows are taken one by one."""

ID, TIMESTAMP = "id", "timestamp"

Row = dict[str, object]


async def record_interaction_columns(
    hub: Hub, interaction_type: str, table: pl.DataFrame, reading: Reading | None = None
) -> IngestOutcome:
    """Store a table: `id`, `timestamp`, keys in columns called as the links, and attributes in columns of their names.

    A chunk with anything out of the ordinary (a value of another type, ids that are stored already) goes through
    `record_interactions`, row by row, so that the outcome is the same.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError.
    """
    reading = reading or Reading()
    type_ = await require_interaction_type(hub, interaction_type)
    outcome = IngestOutcome()
    for start in range(0, table.height, CHUNK_ROWS):
        chunk = table.slice(start, CHUNK_ROWS)
        part = replace(reading, first_index=reading.first_index + start)
        columns = await asyncio.to_thread(_read, type_, chunk)
        stored = await _try_to_store(hub, type_, columns, part) if columns else None
        if columns is None or stored is None:
            outcome += await record_interactions(hub, type_.name, _rows(type_, chunk), part)
        else:
            outcome += stored
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """A chunk whose every value can be stored as it is."""

    ids: list[str]
    timestamps: Column
    links: dict[str, list[str]]
    attributes: dict[str, Column]
    has_gaps: bool
    """Whether attributes are missing somewhere."""

    def documents(self, type_: InteractionType, ends: Ends, batch_id: ObjectId) -> list[Document]:
        """A document for each row."""
        ordinals = [self._ordinals(type_, link, ends) for link in self.links]
        links = [dict(zip(self.links, row, strict=True)) for row in zip(*ordinals, strict=True)]
        attributes = self._attributes()
        return [
            {"_id": id_, "t": at, "l": linked, "a": values, "b": batch_id}
            for id_, at, linked, values in zip(self.ids, self.timestamps, links, attributes, strict=True)
        ]

    def _ordinals(self, type_: InteractionType, name: str, ends: Ends) -> list[int]:
        link = type_.link(name)
        assert link is not None, "only known links are read"
        ordinals = ends.known.get(link.profile_type, {}) | ends.new.get(link.profile_type, {})
        return [ordinals[key] for key in self.links[name]]

    def _attributes(self) -> list[Row]:
        names = tuple(self.attributes)
        if not names:
            return [{} for _ in self.ids]
        rows = zip(*self.attributes.values(), strict=True)
        if not self.has_gaps:
            return [dict(zip(names, row, strict=True)) for row in rows]
        return [{name: v for name, v in zip(names, row, strict=True) if v is not None} for row in rows]


def _read(type_: InteractionType, chunk: pl.DataFrame) -> _Columns | None:
    """The chunk, or None where a column is not plain."""
    if not {ID, TIMESTAMP} <= set(chunk.columns) or chunk.get_column(ID).is_duplicated().any():
        return None
    ids, timestamps = plain_keys(chunk.get_column(ID)), plain_instants(chunk.get_column(TIMESTAMP))
    links: dict[str, list[str]] = {}
    attributes: dict[str, Column] = {}
    for name in chunk.columns:
        if name in (ID, TIMESTAMP):
            continue
        series = chunk.get_column(name)
        if type_.link(name):
            keys = plain_keys(series)
            if keys is None:
                return None
            links[name] = keys
        else:
            attribute = next((a for a in type_.attributes if a.name == name), None)
            column = plain_column(series, attribute) if attribute else None
            if column is None:
                return None
            attributes[name] = column
    if ids is None or timestamps is None or not links or chunk.get_column(TIMESTAMP).null_count():
        return None
    has_gaps = any(chunk.get_column(name).null_count() for name in attributes)
    return _Columns(ids=ids, timestamps=timestamps, links=links, attributes=attributes, has_gaps=has_gaps)


async def _try_to_store(hub: Hub, type_: InteractionType, columns: _Columns, reading: Reading) -> IngestOutcome | None:
    """Store the chunk; None, with nothing stored, where ids are there already or others make the same profiles."""
    if await has_some(hub, interactions_collection(type_.name), columns.ids):
        return None
    with one_reign(hub):
        for _ in range(ATTEMPTS):
            outcome = await _store(hub, type_, columns, reading)
            if outcome:
                return outcome
    return None


async def _store(hub: Hub, type_: InteractionType, columns: _Columns, reading: Reading) -> IngestOutcome | None:
    collection = interactions_collection(type_.name)
    named: dict[str, dict[str, None]] = {}
    for link in type_.links:
        named.setdefault(link.profile_type, {}).update(dict.fromkeys(columns.links.get(link.name, ())))
    ends = await find_ends(hub, named)
    if await _stored_with_unknown_ends(hub, type_, columns, ends):
        return None
    await number_new_ends(hub, ends, named)
    batch_id = ObjectId()
    documents = await asyncio.to_thread(columns.documents, type_, ends, batch_id)
    async with batch(hub, batch_id, collection, ends.touched()):
        if not await create_new_ends(hub, ends, batch_id, datetime.now(UTC)):
            return None
        present = await insert_plain(hub, collection, documents)
    return await _settled(hub, type_, columns, present, reading)


async def _stored_with_unknown_ends(hub: Hub, type_: InteractionType, columns: _Columns, ends: Ends) -> bool:
    """Whether a row that names an unknown profile is stored already: such a row must not make the profile."""
    doubtful = {
        columns.ids[position]
        for link in type_.links
        for position, key in enumerate(columns.links.get(link.name, ()))
        if not ends.knows(link.profile_type, key)
    }
    return bool(doubtful) and bool(await find_interactions(hub, type_.name, list(doubtful)))


async def _settled(
    hub: Hub, type_: InteractionType, columns: _Columns, present: Sequence[int], reading: Reading
) -> IngestOutcome:
    """The outcome; rows whose id turned out to be stored are compared as `record_interactions` does."""
    stored = len(columns.ids) - len(present)
    outcome = IngestOutcome(received=stored, stored=stored)
    attributes = columns._attributes() if present else []
    for position in present:
        at = columns.timestamps[position]
        assert isinstance(at, datetime)
        row = {
            "id": columns.ids[position],
            "timestamp": at.replace(tzinfo=UTC),
            "links": {name: keys[position] for name, keys in columns.links.items()},
            "attributes": attributes[position],
        }
        outcome += await record_interactions(
            hub, type_.name, [row], replace(reading, first_index=reading.first_index + position)
        )
    return outcome


def _rows(type_: InteractionType, chunk: pl.DataFrame) -> list[Row]:
    """The chunk as `record_interactions` takes it."""
    own = [name for name in (ID, TIMESTAMP) if name in chunk.columns]
    links = [name for name in chunk.columns if type_.link(name)]
    rows: list[Row] = chunk.select(own).to_dicts()
    keys = chunk.select(links).iter_rows(named=True)
    attributes = chunk.select(pl.exclude(*own, *links)).iter_rows(named=True)
    for row, linked, values in zip(rows, keys, attributes, strict=True):
        row |= {"links": linked, "attributes": values}
    return rows
