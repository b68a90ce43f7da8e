"""Recording interactions: stored once; the same id again is unchanged if equal, else rejected."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bson import ObjectId

from seggql.catalog.model import InteractionType
from seggql.errors import UnavailableError
from seggql.ingest.ends import Ends, Named, create_new_ends, find_ends, number_new_ends
from seggql.ingest.outcome import BadRow, IngestOutcome, Rejection, RejectionCode, rejection
from seggql.ingest.reading import Reading, read_rows
from seggql.ingest.rows import InteractionRow, read_interaction_row
from seggql.ingest.types import require_interaction_type
from seggql.store.batches import batch
from seggql.store.collections import interactions_collection
from seggql.store.hub import Hub
from seggql.store.interactions import (
    NewInteraction,
    StoredInteraction,
    find_interactions,
    insert_interactions,
    new_interaction,
)

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
    outcome = IngestOutcome()
    for part, chunk in reading.chunks(rows):
        accepted, rejections = read_rows(
            chunk, part, lambda index, raw: read_interaction_row(index, raw, reader, type_)
        )
        outcome += await _Writer(hub, type_, part, accepted, rejections).write(len(chunk))
    return outcome


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
        self._unchanged = 0

    async def write(self, received: int) -> IngestOutcome:
        """Store, again from the start where another writer made the same profiles meanwhile."""
        for _ in range(ATTEMPTS):
            ends = await find_ends(self._hub, self._named(self._rows))
            await self._settle_rows_that_would_make_profiles(ends)
            await number_new_ends(self._hub, ends, self._named(self._rows))
            if await self._store(ends):
                return IngestOutcome(
                    received=received,
                    stored=received - self._unchanged - len(self._rejections),
                    unchanged=self._unchanged,
                    rejected=len(self._rejections),
                    rejections=tuple(sorted(self._rejections, key=lambda rejection: rejection.index)),
                )
        raise UnavailableError("Too many writers make the same profiles at the same time; try again.")

    async def _settle_rows_that_would_make_profiles(self, ends: Ends) -> None:
        """A row whose id is stored already stores nothing, so that it must not make a profile either."""
        doubtful = [row for row in self._rows if row.id is not None and not self._is_known(row, ends)]
        if doubtful:
            stored = await find_interactions(self._hub, self._type.name, [row.id for row in doubtful if row.id])
            self._rows = [row for row in self._rows if row.id not in stored or self._is_known(row, ends)]
            for row in doubtful:
                if row.id in stored:
                    self._rejections.append(_conflict(row))

    async def _store(self, ends: Ends) -> bool:
        batch_id, at = ObjectId(), datetime.now(UTC)
        new = self._fitting(ends, batch_id)
        if not new:
            return True
        async with batch(self._hub, batch_id, interactions_collection(self._type.name), ends.touched()):
            if not await create_new_ends(self._hub, ends, batch_id, at):
                return False
            present = await insert_interactions(self._hub, self._type.name, new)
        if present:
            await self._compare([self._rows[position] for position in present], ends)
        return True

    def _fitting(self, ends: Ends, batch_id: ObjectId) -> list[NewInteraction]:
        """The documents of the rows, without those that are too large."""
        fitting: list[tuple[InteractionRow, NewInteraction]] = []
        for row in self._rows:
            id_ = str(ObjectId()) if row.id is None else row.id
            new = new_interaction(id_, row.timestamp, self._ordinals(row, ends), row.attributes, batch_id)
            if refusal := self._reading.refusal_of_size(row.index, new.size):
                self._rejections.append(refusal)
            else:
                fitting.append((row, new))
        self._rows = [row for row, _ in fitting]
        return [new for _, new in fitting]

    async def _compare(self, rows: list[InteractionRow], ends: Ends) -> None:
        """Rows whose id was stored before: equal ones are unchanged, the others rejected."""
        stored = await find_interactions(self._hub, self._type.name, [row.id for row in rows if row.id])
        for row in rows:
            if row.id in stored and _is_equal(row, self._ordinals(row, ends), stored[row.id]):
                self._unchanged += 1
            else:
                self._rejections.append(_conflict(row))

    def _ordinals(self, row: InteractionRow, ends: Ends) -> dict[str, int]:
        return {link: ends.ordinal(self._profile_types[link], key) for link, key in row.links.items()}

    def _is_known(self, row: InteractionRow, ends: Ends) -> bool:
        return all(ends.knows(self._profile_types[link], key) for link, key in row.links.items())

    def _named(self, rows: Iterable[InteractionRow]) -> Iterable[Named]:
        return ((self._profile_types[link], key) for row in rows for link, key in row.links.items())


def _is_equal(row: InteractionRow, links: dict[str, int], stored: StoredInteraction) -> bool:
    return row.timestamp == stored.timestamp and links == stored.links and row.attributes == stored.attributes


def _conflict(row: InteractionRow) -> Rejection:
    message = "An interaction with this id is stored with other values, and interactions never change."
    return rejection(row.index, BadRow(RejectionCode.ID_CONFLICT, message, "id"))
