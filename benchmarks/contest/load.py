"""Loads the contest's tables: as Parquet into a folder, and into a hub in the shape that ingest writes.

Each chunk is a batch of its own, as those of ingest are; indexes are made after the data, which is faster.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from bson import ObjectId
from pymongo import IndexModel
from pyroaring import BitMap
from rich.progress import track

from benchmarks.contest import tables, world
from benchmarks.contest.scale import Scale
from seggql.catalog.model import RecordType
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.store.batches import batch
from seggql.store.collections import (
    indexes_of,
    interactions_collection,
    keys_collection,
    profiles_collection,
    relationships_collection,
)
from seggql.store.hub import Document, Hub
from seggql.store.keys import allocate_ordinals
from seggql.store.plain_inserts import insert_plain

CHUNK_ROWS = 10_000
"""Rows of one batch, as in `seggql.ingest`."""

IN_FLIGHT = 3
"""Chunks on their way at once, so that MongoDB never waits for the next."""

Documents = Callable[[pl.DataFrame, ObjectId, Scale], Mapping[str, list[Document]]]
"""The documents of a chunk by their collection, the one that the batch names first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One table: its rows, what they are in the hub, and whom they touch, by profile type and column."""

    name: str
    type: RecordType
    collection: str
    rows: Callable[[Scale], Iterator[pl.DataFrame]]
    documents: Documents
    touched: tuple[tuple[str, str], ...]


async def define_types(hub: Hub) -> None:
    """Define what the data are of."""
    await define_profile_type(hub, world.PERSON)
    await define_profile_type(hub, world.HOUSEHOLD)
    await define_relationship_type(hub, world.LIVES_IN)
    await define_interaction_type(hub, world.PURCHASE)
    await define_interaction_type(hub, world.VISIT)


async def load(hub: Hub, scale: Scale, parquet: Path | None = None) -> None:
    """Fill an empty hub, and the folder `parquet` where one is given."""
    await define_types(hub)
    await allocate_ordinals(hub, "Person", scale.people)
    await allocate_ordinals(hub, "Household", scale.households)
    for kind in KINDS:
        if parquet:
            (parquet / kind.name).mkdir(parents=True)
        await hub.collection(kind.collection).drop_indexes()
        for number, table in enumerate(track(kind.rows(scale), description=f"{kind.name:>10}", transient=True)):
            if parquet:
                table.write_parquet(parquet / kind.name / f"{number:05}.parquet", compression="snappy")
            await _insert(hub, kind, table, scale)
        indexes = [IndexModel([(key, 1) for key in keys]) for keys in indexes_of(kind.type)]
        await hub.collection(kind.collection).create_indexes(indexes)


async def _insert(hub: Hub, kind: _Kind, table: pl.DataFrame, scale: Scale) -> None:
    turn = asyncio.Semaphore(IN_FLIGHT)

    async def insert(chunk: pl.DataFrame) -> None:
        async with turn:
            batch_id = ObjectId()
            documents = await asyncio.to_thread(kind.documents, chunk, batch_id, scale)
            touched = {type_: BitMap(chunk.get_column(column).to_numpy()) for type_, column in kind.touched}
            async with batch(hub, batch_id, kind.collection, touched):
                for collection, rows in documents.items():
                    for part in _commands(collection, rows):
                        await insert_plain(hub, collection, part)

    async with asyncio.TaskGroup() as group:
        for chunk in table.iter_slices(CHUNK_ROWS):
            group.create_task(insert(chunk))


def _commands(collection: str, documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
    """As many documents at a time as one command of MongoDB takes."""
    most = 5_000 if collection.startswith("profiles.") else len(documents)
    return (documents[start : start + most] for start in range(0, len(documents), most))


def _profiles(type_: str, prefix: str) -> Documents:
    def documents(chunk: pl.DataFrame, batch_id: ObjectId, scale: Scale) -> dict[str, list[Document]]:
        profiles = [
            {"_id": ordinal, "key": f"{prefix}{ordinal}", "a": attributes, "b": batch_id, "u": scale.until}
            for ordinal, attributes in zip(chunk.get_column("_id"), _attributes(chunk, "_id"), strict=True)
        ]
        keys = [{"_id": profile["key"], "o": profile["_id"]} for profile in profiles]
        return {profiles_collection(type_): profiles, keys_collection(type_): keys}

    return documents


def _interactions(type_: str, link: str) -> Documents:
    def documents(chunk: pl.DataFrame, batch_id: ObjectId, scale: Scale) -> dict[str, list[Document]]:
        heads = chunk.select("_id", "t", link).iter_rows()
        rows = zip(heads, _attributes(chunk, "_id", "t", link), strict=True)
        interactions = [
            {"_id": id_, "t": at, "l": {link: ordinal}, "a": attributes, "b": batch_id}
            for (id_, at, ordinal), attributes in rows
        ]
        return {interactions_collection(type_): interactions}

    return documents


def _edges(chunk: pl.DataFrame, batch_id: ObjectId, scale: Scale) -> dict[str, list[Document]]:
    rows = zip(chunk.select("f", "t").iter_rows(), _attributes(chunk, "f", "t"), strict=True)
    edges = [{"_id": {"f": f, "t": t}, "f": f, "t": t, "a": attributes, "b": batch_id} for (f, t), attributes in rows]
    return {relationships_collection(world.LIVES_IN.name): edges}


def _attributes(chunk: pl.DataFrame, *others: str) -> list[Document]:
    """The attributes of each row, without those that are missing."""
    table = chunk.drop(others)
    names = table.columns
    return [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in table.iter_rows()]


KINDS = (
    _Kind(
        name="people",
        type=world.PERSON,
        collection="profiles.Person",
        rows=tables.people,
        documents=_profiles("Person", "p"),
        touched=(("Person", "_id"),),
    ),
    _Kind(
        name="households",
        type=world.HOUSEHOLD,
        collection="profiles.Household",
        rows=tables.households,
        documents=_profiles("Household", "h"),
        touched=(("Household", "_id"),),
    ),
    _Kind(
        name="homes",
        type=world.LIVES_IN,
        collection="relationships.LivesIn",
        rows=tables.homes,
        documents=_edges,
        touched=(("Person", "f"), ("Household", "t")),
    ),
    _Kind(
        name="purchases",
        type=world.PURCHASE,
        collection="interactions.Purchase",
        rows=tables.purchases,
        documents=_interactions("Purchase", "Buyer"),
        touched=(("Person", "Buyer"),),
    ),
    _Kind(
        name="visits",
        type=world.VISIT,
        collection="interactions.Visit",
        rows=tables.visits,
        documents=_interactions("Visit", "Visitor"),
        touched=(("Person", "Visitor"),),
    ),
)
"""The tables, by the names of their folders."""
