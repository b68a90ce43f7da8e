"""Reads of one instant of the data: every command of an evaluation, from any client, sees the same snapshot."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from bson import Int64, Timestamp
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure, PyMongoError
from pyroaring import BitMap

from seggql.errors import SnapshotExpired
from seggql.store.column_batches import Columns, find_batch, read_columns, read_documents
from seggql.store.deleted import deleted_of, deleted_ordinals
from seggql.store.hub import CODEC_OPTIONS, RAW, Document, Hub
from seggql.store.outage import OUTAGES, outage

SNAPSHOT_ERRORS = {246: "SnapshotUnavailable", 239: "SnapshotTooOld"}

BAD_VALUE = 2
"""What a hint of an index that is no longer there fails with: a type that was extended meanwhile has wider ones."""

ROWS_PER_BATCH, DOCUMENTS_PER_BATCH = 2_000, 20_000
COLUMN_ROWS_PER_BATCH = 50_000
"""Narrow rows take some 30 bytes each; larger batches than these were not faster (measured with 1 M profiles)."""

READ_TIMEOUT_S = 3600
"""Longest that one pipeline may run: as long as the snapshot's history is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An instant of the data, by MongoDB's cluster time; a run stores its two numbers."""

    seconds: int
    increment: int

    @property
    def cluster_time(self) -> Timestamp:
        """The instant as MongoDB takes it."""
        return Timestamp(self.seconds, self.increment)


async def take_snapshot(hub: Hub) -> Snapshot:
    """The newest instant that holds every write which the majority has acknowledged so far.

    Raises: UnavailableError
    """
    command = {"find": "profile_types", "limit": 1, "projection": {"_id": 1}, "readConcern": {"level": "majority"}}
    try:
        reply = await hub.database.command(command)
    except OUTAGES as error:
        raise outage(error) from error
    return snapshot_at(reply["operationTime"])


async def take_snapshot_with_deleted(hub: Hub) -> tuple[Snapshot, dict[str, BitMap]]:
    """The same, and the ordinals of the profiles that were deleted by then, by type.

    Types that do not fit into one reply of MongoDB are left out. Raises: UnavailableError
    """
    command: Document = {
        "find": "profile_types",
        "projection": {"deleted": 1},
        "batchSize": ROWS_PER_BATCH,
        "singleBatch": True,
        "readConcern": {"level": "snapshot"},
    }
    try:
        cursor = (await hub.database.command(command))["cursor"]
    except OUTAGES as error:
        raise outage(error) from error
    return snapshot_at(cursor["atClusterTime"]), {row["_id"]: deleted_of(row) for row in cursor["firstBatch"]}


def snapshot_at(time: Timestamp) -> Snapshot:
    """The snapshot at a cluster time, as MongoDB gives it."""
    return Snapshot(seconds=time.time, increment=time.inc)


class SnapshotSources:
    """What an evaluation reads from: the hub as it was at `snapshot`.

    `members_of` gives the members of a segment: of its last complete generation, or the one just made in this run;
    `counts` are documents by collection, as somebody has just read them; `deleted` are ordinals of deleted profiles.
    Every read raises UnavailableError where MongoDB does not answer, and SnapshotExpired where it no longer keeps
    the snapshot.
    """

    def __init__(
        self,
        hub: Hub,
        snapshot: Snapshot,
        members_of: Callable[[str], Awaitable[BitMap]],
        counts: Mapping[str, int] | None = None,
        deleted: Mapping[str, BitMap] | None = None,
    ) -> None:
        self._hub = hub
        self._snapshot = snapshot
        self._members_of = members_of
        self._deleted = dict(deleted or {})
        self._counts = dict(counts or {})
        self.bytes_read = 0

    async def aggregate(
        self, collection: str, pipeline: Sequence[Document], *, hint: str | Document | None = None
    ) -> AsyncGenerator[Document, None]:
        """The documents that `pipeline` yields."""
        async with aclosing(self._batches(collection, pipeline, hint, ROWS_PER_BATCH)) as batches:
            async for batch in batches:
                for document in read_documents(batch, CODEC_OPTIONS):
                    yield document

    async def documents(
        self, collection: str, pipeline: Sequence[Document], *, hint: str | Document | None = None
    ) -> AsyncGenerator[list[Document], None]:
        """The documents that `pipeline` yields, many at a time and decoded off the event loop; some may be 16 MB.

        While some are decoded MongoDB is asked for the next.
        """
        decoding: Awaitable[list[Document]] | None = None
        async with aclosing(self._batches(collection, pipeline, hint, DOCUMENTS_PER_BATCH)) as batches:
            async for batch in batches:
                if decoding:
                    yield await decoding
                decoding = asyncio.ensure_future(asyncio.to_thread(read_documents, batch, CODEC_OPTIONS))
        if decoding:
            yield await decoding

    async def columns(
        self,
        collection: str,
        pipeline: Sequence[Document],
        names: Sequence[str],
        *,
        hint: str | Document | None = None,
    ) -> AsyncGenerator[Columns, None]:
        """The top-level fields `names` of what `pipeline` yields, a batch at a time; fast where all are numbers."""
        async with aclosing(self._batches(collection, pipeline, hint, COLUMN_ROWS_PER_BATCH)) as batches:
            async for batch in batches:
                yield read_columns(batch, names)

    async def members(self, segment: str) -> BitMap:
        """The members of a segment."""
        return await self._members_of(segment)

    async def statistics(self, collection: str) -> int:
        """About how many documents a collection has, as of the first time this was asked."""
        if collection not in self._counts:
            try:
                self._counts[collection] = await self._hub.collection(collection).estimated_document_count()
            except OUTAGES as error:
                raise outage(error) from error
        return self._counts[collection]

    async def deleted(self, profile_type: str) -> BitMap:
        """The ordinals of deleted profiles, as of the first time this was asked."""
        if profile_type not in self._deleted:
            try:
                self._deleted[profile_type] = await deleted_ordinals(self._hub, profile_type)
            except OUTAGES as error:
                raise outage(error) from error
        return self._deleted[profile_type]

    async def _batches(
        self, collection: str, pipeline: Sequence[Document], hint: str | Document | None, size: int
    ) -> AsyncGenerator[memoryview, None]:
        """The batches of a pipeline as they came; the cursor is closed at the end, however that comes."""
        command: Document = {
            "aggregate": collection,
            "pipeline": list(pipeline),
            "cursor": {"batchSize": size},
            "allowDiskUse": True,
            "maxTimeMS": READ_TIMEOUT_S * 1000,
            "readConcern": {"level": "snapshot", "atClusterTime": self._snapshot.cluster_time},
        }
        if hint is not None:
            command["hint"] = hint
        async with self._hub.client.start_session(causal_consistency=False) as session:
            try:
                cursor, batch = await self._ask(command, session)
            except OperationFailure as error:
                if command.pop("hint", None) is None or error.code != BAD_VALUE:
                    raise
                cursor, batch = await self._ask(command, session)
            try:
                while True:
                    yield batch
                    if not cursor:
                        break
                    more = {"getMore": cursor, "collection": collection, "batchSize": size}
                    cursor, batch = await self._ask(more, session)
            finally:
                if cursor:
                    with suppress(PyMongoError):
                        kill = {"killCursors": collection, "cursors": [cursor]}
                        await self._hub.database.command(kill, session=session)

    async def _ask(self, command: Document, session: AsyncClientSession) -> tuple[Int64, memoryview]:
        try:
            reply = await self._hub.database.command(command, codec_options=RAW, session=session)
        except OUTAGES as error:
            raise outage(error) from error
        except OperationFailure as error:
            if error.code in SNAPSHOT_ERRORS:
                raise SnapshotExpired(
                    f"MongoDB no longer keeps the snapshot ({SNAPSHOT_ERRORS[error.code]})."
                ) from error
            raise
        raw = bytes(reply["cursor"].raw)
        self.bytes_read += len(raw)
        identity, batch = find_batch(raw)
        return Int64(identity), batch
