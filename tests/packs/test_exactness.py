"""Packs with their tails are the documents, at every instant, whatever is written, removed, left open or packed."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from seggql.ingest import interactions
from seggql.ingest.deletion import delete_profiles, sweep_batches
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles, unrelate_profiles
from seggql.packs.pace import Pace
from seggql.settings import Settings
from seggql.store import batches
from seggql.store.batches import close_batch, open_batch
from seggql.store.hub import Hub
from seggql.store.interactions import insert_interactions
from tests.ingest.world import define_world
from tests.packs.world import COLUMNS, assert_exact, make_parts_small, pack, reader_of

SEEDS, STEPS = 6, 30
KEYS = [f"k{number}" for number in range(40)]
STORES = [f"s{number}" for number in range(10)]


class Died(Exception):
    """A writer was killed."""


class Storm:
    """Random writes to a hub, some of them by writers that die or come late, and random packing."""

    def __init__(self, hub: Hub, settings: Settings, seed: int, patch: pytest.MonkeyPatch) -> None:
        self._hub = hub
        self._settings = settings
        self._random = random.Random(seed)
        self._patch = patch
        self._writes: tuple[Callable[[], Awaitable[object]], ...] = (
            self.upsert,
            self.upsert,
            self.purchase,
            self.purchase,
            self.relate,
            self.visit,
            self.unrelate,
            self.delete,
            self.die_before_closing,
            self.die_buying,
            self.die_half_way,
            self.sweep,
        )
        self._steps = (*self._writes, self.come_late, self.pack, self.pack, self.pack)

    async def step(self) -> None:
        await self._random.choice(self._steps)()

    async def rest(self, *_: object) -> None:
        """Between the parts that are packed others write."""
        if self._random.random() < 0.4:
            await self._random.choice(self._writes)()

    async def upsert(self) -> None:
        rows = [{"key": key, "attributes": self._attributes()} for key in self._some(KEYS)]
        await upsert_profiles(self._hub, "Contact", rows)

    async def purchase(self) -> None:
        await record_interactions(self._hub, "Purchase", self._purchases())

    async def relate(self) -> None:
        rows = [
            {"source": source, "target": target, "attributes": {"Since": self._random.choice([None, 2020, 2021])}}
            for source, target in zip(self._some(KEYS), self._some(KEYS), strict=False)
        ]
        await relate_profiles(self._hub, "Knows", rows)

    async def visit(self) -> None:
        pairs = zip(self._some(KEYS), self._some(STORES), strict=False)
        await relate_profiles(self._hub, "Visits", [{"source": key, "target": store} for key, store in pairs])

    async def unrelate(self) -> None:
        edges = [edge async for edge in self._hub.collection("relationships.Knows").find()]
        keys = {row["o"]: row["_id"] async for row in self._hub.collection("keys.Contact").find()}
        ends = [(keys.get(edge["f"]), keys.get(edge["t"])) for edge in self._random.sample(edges, len(edges) // 3)]
        rows = [{"source": source, "target": target} for source, target in ends if source and target]
        await unrelate_profiles(self._hub, "Knows", rows)

    async def delete(self) -> None:
        await delete_profiles(self._hub, "Contact", self._random.sample(KEYS, 3))

    async def die_before_closing(self) -> None:
        await self._die_after(self._random.choice([self.sure_upsert, self.relate_new]))

    async def die_buying(self) -> None:
        await self._die_after(self.purchase)

    async def sure_upsert(self) -> None:
        rows = [{"key": key, "attributes": {"Points": self._random.getrandbits(40)}} for key in self._some(KEYS)]
        await upsert_profiles(self._hub, "Contact", rows)

    async def relate_new(self) -> None:
        row = {"source": self._random.choice(KEYS), "target": self._random.choice(KEYS)}
        await relate_profiles(self._hub, "Knows", [row | {"attributes": {"Since": self._random.getrandbits(30)}}])

    async def die_half_way(self) -> None:
        """Some of the rows are there, the others never will be."""

        async def write_half(hub: Hub, interaction_type: str, rows: Any) -> set[int]:
            await insert_interactions(hub, interaction_type, rows[::2])
            raise Died

        with self._patch.context() as patch:
            patch.setattr(interactions, "insert_interactions", write_half)
            with pytest.raises(Died):
                await self.purchase()

    async def come_late(self) -> None:
        """A writer is taken for dead, its batch closed and perhaps packed, and then it goes on."""

        async def write_with_a_pause(hub: Hub, interaction_type: str, rows: Any) -> set[int]:
            await insert_interactions(hub, interaction_type, rows[::2])
            await self.sweep()
            await pack(hub, self._settings, "interactions.Purchase")
            rest = [row for place, row in enumerate(rows) if place % 2]
            return await insert_interactions(hub, interaction_type, rest) if rest else set()

        with self._patch.context() as patch:
            patch.setattr(interactions, "insert_interactions", write_with_a_pause)
            await self.purchase()

    async def sweep(self) -> None:
        await sweep_batches(self._hub, datetime.now(UTC) + timedelta(hours=1))

    async def pack(self) -> None:
        collections = self._random.choice([["interactions.Purchase"], [self._random.choice(sorted(COLUMNS))], COLUMNS])
        for collection in collections:
            await pack(self._hub, self._settings, collection, anew=self._random.random() < 0.2)

    async def _die_after(self, write: Callable[[], Awaitable[None]]) -> None:
        async def die(*_: Any) -> None:
            raise Died

        with self._patch.context() as patch:
            patch.setattr(batches, "close_batch", die)
            with pytest.raises(Died):
                await write()

    def _some(self, names: list[str]) -> list[str]:
        return self._random.sample(names, self._random.choice([1, 1, 2, 3, 8]))

    def _purchases(self) -> list[object]:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self._random.randrange(1000))
        return [
            {
                "timestamp": (at + timedelta(seconds=self._random.randrange(3))).isoformat(),
                "links": {"Buyer": key}
                | ({"Shop": self._random.choice(STORES)} if self._random.random() < 0.5 else {}),
                "attributes": self._random.choice([{}, {"Amount": 1.5}, {"Amount": 2.0, "Note": "x"}]),
            }
            for key in self._some(KEYS)
        ]

    def _attributes(self) -> dict[str, object]:
        return self._random.choice(
            [
                {},
                {"Name": self._random.choice(["Ann", "ÄÖ", "", None]), "Age": self._random.randrange(5)},
                {"Tags": self._random.choice([[], ["a"], ["a", "b"], None]), "Balance": "12.50", "Score": 0.5},
                {"Address": self._random.choice([{}, {"City": "Bonn"}, {"City": "Köln", "Zip": 5}, None])},
                {"Born": "2001-02-03T04:05:06.789Z", "IsActive": True, "Age": None},
            ]
        )


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_packs_with_their_tails_are_the_documents(
    hub: Hub, settings: Settings, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parts_small(monkeypatch)
    await define_world(hub)
    storm = Storm(hub, settings, seed, monkeypatch)
    monkeypatch.setattr(Pace, "rest", storm.rest)
    older = []
    for _ in range(STEPS):
        await storm.step()
        for collection in COLUMNS:
            await assert_exact(hub, collection)
        older.append([await reader_of(hub, collection) for collection in COLUMNS])
    for readers in older[::7]:
        for reader in readers:
            assert await reader.packed() == await reader.documents()
    await storm.sweep()
    for collection in COLUMNS:
        await pack(hub, settings, collection)
    assert sum([len((await assert_exact(hub, collection)).parts) for collection in COLUMNS]) > 3


async def test_a_batch_closed_twice_was_late(hub: Hub) -> None:
    batch = ObjectId()
    await open_batch(hub, batch, "interactions.Purchase", {})
    await close_batch(hub, batch)
    row = await hub.collection("batches").find_one({"_id": batch})
    assert row
    assert not row["late"]
    await close_batch(hub, batch)
    row = await hub.collection("batches").find_one({"_id": batch})
    assert row
    assert row["late"]
