"""Upserting profiles: a new key makes a profile, a known one merges its top-level attributes, null unsets."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import bson
from bson import ObjectId
from pyroaring import BitMap

from seggql.errors import UnavailableError
from seggql.ingest.merging import Merge
from seggql.ingest.outcome import IngestOutcome, Rejection
from seggql.ingest.pipeline import write_chunks
from seggql.ingest.reading import Reading, read_rows
from seggql.ingest.rows import ProfileRow, read_profile_row
from seggql.ingest.types import require_profile_type
from seggql.ingest.usual import UsualProfiles
from seggql.store.batches import batch
from seggql.store.collections import keys_collection, profiles_collection
from seggql.store.hub import Hub
from seggql.store.keys import allocate_ordinals, find_ordinals, has_some
from seggql.store.profiles import (
    NewProfile,
    ProfileChange,
    change_profiles,
    create_profiles,
    new_profile,
    read_attributes,
)

ATTEMPTS = 50
"""Each lost attempt means that another writer made one of the same keys: there is an end to that."""


async def upsert_profiles(
    hub: Hub, profile_type: str, rows: Sequence[object], reading: Reading | None = None
) -> IngestOutcome:
    """Store rows of `{key, attributes}`; equal ones change nothing, bad ones are rejected one by one.

    Raises: RequestError NOT_FOUND where there is no such type; UnavailableError.
    """
    reading = reading or Reading()
    attributes = (await require_profile_type(hub, profile_type)).attributes
    reader = reading.reader(attributes)
    usual = UsualProfiles(attributes, reader)

    def read(part: Reading, chunk: Sequence[object]) -> _Writer:
        accepted, rejections = read_rows(chunk, part, lambda index, raw: read_profile_row(index, raw, reader, usual))
        return _Writer(hub, profile_type, part, accepted, rejections)

    return await write_chunks(hub, rows, reading, read)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written for a chunk."""

    batch_id: ObjectId
    at: datetime
    new: list[NewProfile]
    changes: list[ProfileChange]

    @property
    def touched(self) -> BitMap:
        return BitMap([profile.ordinal for profile in self.new] + [change.ordinal for change in self.changes])


class _Writer:
    """Writes the rows of one chunk."""

    def __init__(
        self, hub: Hub, profile_type: str, reading: Reading, rows: list[ProfileRow], rejections: list[Rejection]
    ) -> None:
        self._hub = hub
        self._type = profile_type
        self._reading = reading
        self._rows = rows
        self._rejections = rejections

    def claims(self) -> set[Hashable]:
        """The keys."""
        return {row.key for row in self._rows}

    async def write(self) -> IngestOutcome:
        """Merge and store, again from the start where a key that seemed new is known."""
        may_be_new = True
        for _ in range(ATTEMPTS):
            ordinals = await self._ordinals(may_be_new)
            merge = await self._merge(ordinals)
            plan = await self._plan(merge, ordinals)
            if self._rejects_large(merge, plan):
                continue
            if await self._store(plan):
                return self._outcome(merge)
            may_be_new = False
        raise UnavailableError("Too many writers store the same profiles at the same time; try again.")

    async def _ordinals(self, may_be_new: bool) -> dict[str, int]:
        """The ordinals of the keys that are known; the look-up is saved where a few of them are not."""
        keys = list(dict.fromkeys(row.key for row in self._rows))
        if may_be_new and not await has_some(self._hub, keys_collection(self._type), keys):
            return {}
        return await find_ordinals(self._hub, self._type, keys)

    async def _merge(self, ordinals: dict[str, int]) -> Merge[str]:
        stored = await read_attributes(self._hub, self._type, ordinals.values())
        merge = Merge({key: stored[ordinal] for key, ordinal in ordinals.items() if ordinal in stored})
        for row in self._rows:
            merge.add(row.key, row.changes)
        return merge

    async def _plan(self, merge: Merge[str], ordinals: dict[str, int]) -> _Plan:
        new = list(merge.new)
        allocated = await allocate_ordinals(self._hub, self._type, len(new)) if new else range(0)
        batch_id, at = ObjectId(), datetime.now(UTC)
        return _Plan(
            batch_id=batch_id,
            at=at,
            new=[
                new_profile(key, ordinal, record.attributes, batch_id, at)
                for (key, record), ordinal in zip(new, allocated, strict=True)
            ],
            changes=[ProfileChange(ordinals[key], record.changes) for key, record in merge.changed],
        )

    def _rejects_large(self, merge: Merge[str], plan: _Plan) -> bool:
        """Reject the largest row of each profile that would be too large; whether there was one."""
        limit = self._reading.limit_bytes
        too_large = {profile.key: profile.size for profile in plan.new if profile.size > limit}
        for key, record in merge.changed:
            if (size := len(bson.encode(record.attributes))) > limit:
                too_large[key] = size
        for key, size in too_large.items():
            of_key = [row for row in self._rows if row.key == key]
            largest = max(of_key, key=lambda row: len(bson.encode(row.changes)))
            self._rows.remove(largest)
            self._rejections.append(self._reading.refusal_of_size(largest.index, size))
        return bool(too_large)

    async def _store(self, plan: _Plan) -> bool:
        """Write what is planned; False where a key is not new after all."""
        if not plan.new and not plan.changes:
            return True
        touched = {self._type: plan.touched}
        async with batch(self._hub, plan.batch_id, profiles_collection(self._type), touched):
            if plan.new and not await create_profiles(self._hub, self._type, plan.new):
                return False
            await change_profiles(self._hub, self._type, plan.changes, plan.batch_id, plan.at)
        return True

    def _outcome(self, merge: Merge[str]) -> IngestOutcome:
        return IngestOutcome(
            received=len(self._rows) + len(self._rejections),
            stored=sum(record.stored for record in merge.records.values()),
            unchanged=sum(record.unchanged for record in merge.records.values()),
            rejected=len(self._rejections),
            rejections=tuple(sorted(self._rejections, key=lambda rejection: rejection.index)),
        )
