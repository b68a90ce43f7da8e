"""Recording interactions: stored once; the same id again is unchanged if equal, else rejected."""

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime

from bson import ObjectId
from bson.raw_bson import RawBSONDocument

from seggql.catalog.model import InteractionType
from seggql.errors import UnavailableError
from seggql.ingest.ends import Ends, Named, create_new_ends, find_ends, number_new_ends
from seggql.ingest.outcome import BadRow, IngestOutcome, Rejection, RejectionCode, rejection
from seggql.ingest.pipeline import write_chunks
from seggql.ingest.reading import Reading, read_rows
from seggql.ingest.rows import InteractionRow, read_interaction_row
from seggql.ingest.types import require_interaction_type
from seggql.ingest.usual import UsualInteractions
from seggql.store.batches import batch
from seggql.store.collections import interactions_collection
from seggql.store.hub import Hub
from seggql.store.interactions import (
    StoredInteraction,
    find_interactions,
    insert_interactions,
    new_interaction,
)
from seggql.store.keys import has_some
from seggql.store.plain import plain

ATTEMPTS = 50
"""Each lost attempt means that another writer made one of the same profiles: there is an end to that."""


async def record_interactions(
    hub: Hub, interaction_type: str, rows: Sequence[object], reading: Reading | None = None
) -> IngestOutcome:
    """Store rows of `{id, timestamp, links, attributes}`; profiles not seen yet are made, with a key only.

    A row without id gets one, so that sending it again stores it again.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError.
    """
    reading = reading or Reading()
    type_ = await require_interaction_type(hub, interaction_type)
    reader = reading.reader(type_.attributes)
    links = [link.name for link in type_.links]
    usual = UsualInteractions(type_.attributes, reader, links)

    def read(part: Reading, chunk: Sequence[object]) -> _Writer:
        accepted, rejections = read_rows(
            chunk, part, lambda index, raw: read_interaction_row(index, raw, reader, links, usual)
        )
        if part.id_prefix:
            _number(accepted, part.id_prefix)
        return _Writer(hub, type_, part, accepted, rejections)

    return await write_chunks(hub, rows, reading, read)


class _Writer:
    """Writes the rows of one chunk."""

    def __init__(
        self,
        hub: Hub,
        interaction_type: InteractionType,
        reading: Reading,
        rows: list[InteractionRow],
        rejections: list[Rejection],
    ) -> None:
        self._hub = hub
        self._type = interaction_type
        self._profile_types = {link.name: link.profile_type for link in interaction_type.links}
        self._reading = reading
        self._rows = rows
        self._rejections = rejections
        self._received = len(rows) + len(rejections)
        self._unchanged = 0

    def claims(self) -> set[Hashable]:
        """The ids, of the rows that have one."""
        return {row.id for row in self._rows if row.id is not None}

    async def write(self) -> IngestOutcome:
        """Store, again from the start where another writer made the same profiles meanwhile."""
        for _ in range(ATTEMPTS):
            ends = await find_ends(self._hub, self._named())
            await self._settle_stored_rows(ends)
            await number_new_ends(self._hub, ends, self._named())
            if await self._store(ends):
                return IngestOutcome(
                    received=self._received,
                    stored=self._received - self._unchanged - len(self._rejections),
                    unchanged=self._unchanged,
                    rejected=len(self._rejections),
                    rejections=tuple(sorted(self._rejections, key=lambda rejection: rejection.index)),
                )
        raise UnavailableError("Too many writers make the same profiles at the same time; try again.")

    async def _settle_stored_rows(self, ends: Ends) -> None:
        """Compare rows whose id is stored already, so far as that is worth a look before they are inserted.

        A row that names an unknown profile always is: where it stores nothing, it must not make a profile either.
        """
        ids = [row.id for row in self._rows if row.id is not None]
        if not ids or not await has_some(self._hub, interactions_collection(self._type.name), ids):
            doubtful = [] if ends.know(self._named()) else self._rows
            ids = [row.id for row in doubtful if row.id is not None and not self._is_known(row, ends)]
        stored = await find_interactions(self._hub, self._type.name, ids) if ids else {}
        if stored:
            settled = [row for row in self._rows if row.id in stored]
            self._rows = [row for row in self._rows if row.id not in stored]
            self._compare(settled, ends, stored)

    async def _store(self, ends: Ends) -> bool:
        batch_id, at = ObjectId(), datetime.now(UTC)
        rows = len(self._rows)
        new = self._fitting(ends, batch_id)
        if len(new) < rows:
            return False  # the profiles of rejected rows must not be made
        if not new:
            return True
        async with batch(self._hub, batch_id, interactions_collection(self._type.name), ends.touched()):
            if not await create_new_ends(self._hub, ends, batch_id, at):
                return False
            present = await insert_interactions(self._hub, self._type.name, new)
        settled = [self._rows[position] for position in present]
        if settled:
            ids = [row.id for row in settled if row.id is not None]
            self._compare(settled, ends, await find_interactions(self._hub, self._type.name, ids))
        return True

    def _fitting(self, ends: Ends, batch_id: ObjectId) -> list[RawBSONDocument]:
        """The documents of the rows, without those that are too large."""
        by_type = ends.ordinals()
        by_link = {link: by_type.get(profile_type, {}) for link, profile_type in self._profile_types.items()}
        rows: list[InteractionRow] = []
        documents: list[RawBSONDocument] = []
        limit = self._reading.limit_bytes
        for row in self._rows:
            id_ = str(ObjectId()) if row.id is None else row.id
            ordinals = {link: by_link[link][key] for link, key in row.links.items()}
            new = new_interaction(id_, row.timestamp, ordinals, row.attributes, batch_id)
            if len(new.raw) > limit:
                self._rejections.append(self._reading.refusal_of_size(row.index, len(new.raw)))
            else:
                rows.append(row)
                documents.append(new)
        self._rows = rows
        return documents

    def _compare(self, rows: list[InteractionRow], ends: Ends, stored: dict[str, StoredInteraction]) -> None:
        """Settle rows whose id is stored: equal ones are unchanged, the others rejected."""
        for row in rows:
            same = stored.get(row.id or "")
            if same and self._is_known(row, ends) and _is_equal(row, self._ordinals(row, ends), same):
                self._unchanged += 1
            else:
                self._rejections.append(_conflict(row))

    def _ordinals(self, row: InteractionRow, ends: Ends) -> dict[str, int]:
        return {link: ends.ordinal(self._profile_types[link], key) for link, key in row.links.items()}

    def _is_known(self, row: InteractionRow, ends: Ends) -> bool:
        return all(ends.has(self._profile_types[link], key) for link, key in row.links.items())

    def _named(self) -> Named:
        named: dict[str, dict[str, None]] = {}
        for link, profile_type in self._profile_types.items():
            keys = (row.links[link] for row in self._rows if link in row.links)
            named.setdefault(profile_type, {}).update(dict.fromkeys(keys))
        return named


def _number(rows: list[InteractionRow], prefix: str) -> None:
    """Give rows without an id one from their place in what was sent."""
    for row in rows:
        if row.id is None:
            row.id = f"{prefix}-{row.index:010d}"


def _is_equal(row: InteractionRow, links: dict[str, int], stored: StoredInteraction) -> bool:
    same_record = row.timestamp == stored.timestamp and links == stored.links
    return same_record and plain(row.attributes) == stored.attributes


def _conflict(row: InteractionRow) -> Rejection:
    message = "An interaction with this id is stored with other values, and interactions never change."
    return rejection(row.index, BadRow(RejectionCode.ID_CONFLICT, message, "id"))
