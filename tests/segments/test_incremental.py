"""Refreshes that look only at what changed find what a look at everybody finds, whatever happens in between."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType
from seggql.evaluation.packed import interactions
from seggql.evaluation.processes.pool import ProcessPool
from seggql.evaluation.weighing import Weighing
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.ingest.deletion import delete_profiles, sweep_batches
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles, unrelate_profiles
from seggql.segments import incremental as incremental_refresh
from seggql.segments import instants
from seggql.segments.leftovers import settle_deletions
from seggql.segments.members import readable_members
from seggql.segments.requests import request_refresh_of_all
from seggql.segments.static import add_members, remove_members
from seggql.settings import Settings
from seggql.store.deletion import delete_keys
from seggql.store.hub import Hub
from seggql.store.job import Job
from seggql.store.segment import Segment
from seggql.store.segments import find_all_segments
from tests.evaluation.processes.running import divide_everything
from tests.packs.world import make_parts_small, pack
from tests.segments.making import NOW
from tests.segments.world import ListQueue, dynamic, found_now, job_now, keys_of, static, work_off

PEOPLE, PRODUCTS = [f"c{n}" for n in range(40)], [f"p{n}" for n in range(6)]

QUERIES = {
    "Adults": "PROFILE(Contact).FILTER(Age >= 18)",
    "Nameless": "PROFILE(Contact).FILTER(ISNULL(Age))",
    "New": "PROFILE(Contact).FILTER(Joined > DATEADD(DAY, -30, DATETIMEUTCNOW()))",
    "Old": "PROFILE(Contact).FILTER(Age >= 60 OR DATEDIFF(DAY, Joined, DATETIMEUTCNOW()) > 20)",
    "Weekday": "PROFILE(Contact).FILTER(DATEPART(WEEKDAY, DATETIMEUTCNOW()) < 4 AND Age < 40)",
    "Buyers": "INTERACTION(Purchase, Buyer)",
    "Recent": "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 2, UTCDAYS(10))",
    "Spenders": "INTERACTION(Purchase, Buyer).FILTER(Amount > 3).HAVING(SUM(Amount) > 20, UTCMONTHS(1))",
    "Lapsed": "INTERACTION(Purchase, Buyer).HAVING(MAX(Timestamp) < DATEADD(DAY, -5, DATETIMEUTCNOW()))",
    "Coming": "INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 1, BETWEEN(DATETIMEUTCNOW(), '2100-01-01'))",
    "Owned": "PROFILE(Contact).FILTER(Age > 30).TRAVERSE(Owns, FILTER(Stars > 2))",
    "Owners": "PROFILE(Product).FILTER(Price > 50).TRAVERSE(Owns)",
    "Idle": "PROFILE(Contact) EXCEPT INTERACTION(Purchase, Buyer).HAVING(COUNT() > 0, UTCDAYS(20))",
    "Both": "SEGMENT(Adults) INTERSECT SEGMENT(Recent)",
    "Mixed": "(SEGMENT(Adults) EXCEPT SEGMENT(Chosen)) UNION PROFILE(Contact).FILTER(Age < 5)",
    "Deep": "SEGMENT(Both).TRAVERSE(Owns)",
}
OF_PRODUCTS = {"Owned", "Deep"}

COLUMNS = {
    "profiles.Contact": ["_id", "a.Age", "a.Joined"],
    "profiles.Product": ["_id", "a.Price"],
    "interactions.Purchase": ["t", "l.Buyer", "l.Item", "a.Amount"],
    "relationships.Owns": ["f", "t", "a.Stars"],
}


@pytest.fixture
async def world(hub: Hub, settings: Settings) -> Hub:
    """Contacts who buy and own products; a segment for each way in which a query can depend on data or the clock."""
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(_int("Age"), _date("Joined"))))
    await define_profile_type(hub, ProfileType(name="Product", attributes=(_int("Price"),)))
    links = (Link(name="Buyer", profile_type="Contact"), Link(name="Item", profile_type="Product"))
    await define_interaction_type(hub, InteractionType(name="Purchase", links=links, attributes=(_int("Amount"),)))
    owns = RelationshipType(name="Owns", source="Contact", target="Product", attributes=(_int("Stars"),))
    await define_relationship_type(hub, owns)
    await upsert_profiles(hub, "Contact", [{"key": key, "attributes": {"Age": 20}} for key in PEOPLE[:10]])
    await static(hub, settings, "Chosen", *PEOPLE[:3])
    for name, query in QUERIES.items():
        await dynamic(hub, settings, name, query, profile_type="Product" if name in OF_PRODUCTS else "Contact")
    return hub


class Life:
    """What happens to the world, by a seed; the clock moves with it."""

    def __init__(self, hub: Hub, seed: int) -> None:
        self.hub = hub
        self.chance = random.Random(seed)
        self.now = NOW

    async def go_on(self) -> None:
        """Some things happen, then time passes."""
        happenings: list[Callable[[], object]] = [
            self.change_people,
            self.change_products,
            self.buy,
            self.own,
            self.disown,
            self.choose,
            self.delete,
            self.die_deleting,
            self.nothing,
        ]
        for happening in self.chance.choices(happenings, k=self.chance.randrange(4)):
            await happening()  # type: ignore[misc]  # each is a coroutine function
        jumps = [timedelta(0), timedelta(minutes=5), timedelta(minutes=40), timedelta(days=1), timedelta(days=9)]
        self.now += self.chance.choice(jumps)

    async def nothing(self) -> None:
        pass

    async def change_people(self) -> None:
        rows = [
            {
                "key": key,
                "attributes": {
                    "Age": self.chance.choice([None, 3, 17, 18, 35, 61]),
                    "Joined": (self.now - timedelta(days=self.chance.randrange(-20, 60))).isoformat(),
                },
            }
            for key in self.chance.sample(PEOPLE, 4)
        ]
        await upsert_profiles(self.hub, "Contact", rows)

    async def change_products(self) -> None:
        row = {"key": self.chance.choice(PRODUCTS), "attributes": {"Price": self.chance.randrange(100)}}
        await upsert_profiles(self.hub, "Product", [row])

    async def buy(self) -> None:
        rows = [
            {
                "timestamp": (self.now - timedelta(hours=self.chance.randrange(-100, 900))).isoformat(),
                "links": {"Buyer": self.chance.choice(PEOPLE), "Item": self.chance.choice(PRODUCTS)},
                "attributes": {"Amount": self.chance.randrange(12)},
            }
            for _ in range(5)
        ]
        await record_interactions(self.hub, "Purchase", rows)

    async def own(self) -> None:
        rows = [
            self._edge() | {"attributes": {"Stars": self.chance.randrange(6)}} for _ in range(self.chance.randrange(5))
        ]
        await relate_profiles(self.hub, "Owns", rows)

    async def disown(self) -> None:
        await unrelate_profiles(self.hub, "Owns", [self._edge() for _ in range(8)])

    async def choose(self) -> None:
        segments = {segment.name: segment for segment in await find_all_segments(self.hub)}
        change = self.chance.choice([add_members, remove_members])
        await change(self.hub, segments["Chosen"].id, self.chance.sample(PEOPLE, 5))

    async def delete(self) -> None:
        await delete_profiles(self.hub, "Contact", self.chance.sample(PEOPLE, 2))
        if self.chance.random() < 0.3:
            await delete_profiles(self.hub, "Product", [self.chance.choice(PRODUCTS)])
        if self.chance.random() < 0.5:
            await settle_deletions(self.hub, self.now)

    async def die_deleting(self) -> None:
        """Profiles are gone, but whoever deleted them did not get to their edges; perhaps somebody clears away."""
        profile_type, keys = self.chance.choice([("Contact", PEOPLE), ("Product", PRODUCTS)])
        await delete_keys(self.hub, profile_type, self.chance.sample(keys, 1), ObjectId())
        if self.chance.random() < 0.5:
            await sweep_batches(self.hub, datetime.now(UTC) + timedelta(hours=1))

    def _edge(self) -> dict[str, object]:
        return {"source": self.chance.choice(PEOPLE), "target": self.chance.choice(PRODUCTS)}


@pytest.mark.parametrize("seed", range(3))
async def test_a_refresh_of_what_changed_equals_one_of_everybody(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    life, queue = Life(world, seed), ListQueue()
    monkeypatch.setattr(instants, "request_instant", lambda: life.now)
    monkeypatch.setattr(incremental_refresh, "AUDIT_AFTER", timedelta(days=[1000, 1000, 3][seed]))
    incremental = 0
    for step in range(12):
        jobs = await request_refresh_of_all(world, queue, life.now)
        await work_off(world, settings, queue)
        done = [await job_now(world, job) for job in jobs]
        assert [job.error for job in done if job.error or job.skipped_because] == []
        incremental += sum(bool(job.is_incremental) for job in done)
        for segment in await find_all_segments(world):
            if segment.query:
                found, expected = await _found_and_expected(world, settings, segment, life.now)
                assert found == expected, f"{segment.name} in step {step} of seed {seed}"
        await life.go_on()
    assert incremental > [60, 60, 20][seed], "most refreshes look at what changed only"
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("seed", range(3))
async def test_refreshes_over_packs_equal_those_over_documents(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    make_parts_small(monkeypatch)
    monkeypatch.setattr(interactions, "HELD_ROWS", [1_000, 20, 7][seed])
    divide_everything(monkeypatch)
    pool = ProcessPool(settings, processes=[1, 2, 3][seed])
    life, queue, chance = Life(world, seed), ListQueue(), random.Random(seed)
    if seed:  # operators are left to pipelines by chance, alone and together
        monkeypatch.setattr(Weighing, "_saving", lambda *_: chance.random() - 0.7)
    monkeypatch.setattr(instants, "request_instant", lambda: life.now)
    packed = 0
    for step in range(10):
        for collection, paths in COLUMNS.items():
            if chance.random() < 0.6:
                packed += await pack(world, settings, collection, paths)
        if chance.random() < 0.7:
            await world.collection("segments").update_many(
                {"pointer": {"$ne": None}}, {"$set": {"pointer.basis": None}}
            )
        jobs = await request_refresh_of_all(world, queue, life.now)
        await work_off(world, settings, queue, pool)
        done = [await job_now(world, job) for job in jobs]
        assert [job.error for job in done if job.error or job.skipped_because] == []
        for segment in await find_all_segments(world):
            if segment.query:
                found, expected = await _found_and_expected(world, settings, segment, life.now)
                assert found == expected, f"{segment.name} in step {step} of seed {seed}"
        await life.go_on()
    await pool.close()
    assert packed >= 8
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_of_what_was_not_written_nothing_is_read(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    await upsert_profiles(world, "Product", [{"key": "new", "attributes": {"Price": 3}}])
    before = {segment.name: segment.pointer for segment in await find_all_segments(world)}
    jobs = await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    adults = await _job_of(world, jobs, "Adults")
    assert adults.is_incremental
    assert adults.steps[-2].detail == "Pipelines: 0, rows: 0, MB: 0.0"
    after = {segment.name: segment.pointer for segment in await find_all_segments(world)}
    assert {name: pointer and pointer.generation for name, pointer in after.items()} == {
        name: pointer and pointer.generation for name, pointer in before.items()
    }


async def test_a_refresh_of_everybody_now_and_then_tells_what_was_missed(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue = ListQueue()
    await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    await world.collection("profiles.Contact").update_one({"key": "c0"}, {"$set": {"a.Age": 3}})  # no batch tells of it
    await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    assert "c0" in await keys_of(world, "Adults")
    assert not caplog.records
    monkeypatch.setattr(incremental_refresh, "AUDIT_AFTER", timedelta(seconds=-1))
    await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    assert "c0" not in await keys_of(world, "Adults")
    told = [record.getMessage() for record in caplog.records if "missed" in record.getMessage()]
    assert "incremental refreshes have missed changes segment=Adults profiles=1" in told


@pytest.mark.parametrize("is_told", [True, False])
async def test_those_who_had_an_edge_with_a_deleted_profile_are_looked_at_again(
    world: Hub, settings: Settings, *, is_told: bool
) -> None:
    queue = ListQueue()
    await upsert_profiles(world, "Product", [{"key": key, "attributes": {"Price": 60}} for key in PRODUCTS])
    await relate_profiles(world, "Owns", [{"source": f"c{n}", "target": f"p{n // 2}"} for n in range(6)])
    await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    assert await keys_of(world, "Owners") == {f"c{n}" for n in range(6)}
    await delete_profiles(world, "Product", ["p1"])
    if not is_told:  # as a release left it that recorded nothing
        await world.collection("batches").update_many({}, {"$unset": {"neighbours": ""}})
    jobs = await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    assert (await _job_of(world, jobs, "Owners")).is_incremental is is_told
    assert await keys_of(world, "Owners") == {"c0", "c1", "c4", "c5"}


async def test_a_window_that_comes_to_the_instant_of_another_test_leaves_that_instant_behind(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both begin at the same instant then, which the one includes and the other does not."""
    query = (
        "INTERACTION(Purchase, Buyer)"
        ".FILTER(Timestamp > DATEADD(DAY, -10, DATETIMEUTCNOW()) AND Timestamp >= '2026-02-19T12:00')"
    )
    begin = NOW - timedelta(days=10)
    await dynamic(world, settings, "Some", query)
    await record_interactions(world, "Purchase", [{"timestamp": begin.isoformat(), "links": {"Buyer": "c0"}}])
    queue, found = ListQueue(), []
    for at in (NOW - timedelta(minutes=1), NOW):
        monkeypatch.setattr(instants, "request_instant", lambda at=at: at)
        await request_refresh_of_all(world, queue, at)
        await work_off(world, settings, queue)
        found.append(await keys_of(world, "Some"))
    assert found == [{"c0"}, set()]


async def test_a_changed_query_is_asked_of_everybody(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    changed = {"$set": {"query": "PROFILE(Contact).FILTER(Age >= 20)"}, "$inc": {"definition": 1}}
    await world.collection("segments").update_one({"name": "Adults"}, changed)
    jobs = await request_refresh_of_all(world, queue, NOW)
    await work_off(world, settings, queue)
    assert not (await _job_of(world, jobs, "Adults")).is_incremental
    assert (await _job_of(world, jobs, "Nameless")).is_incremental
    assert await keys_of(world, "Adults") == set(PEOPLE[:10])


async def _found_and_expected(
    hub: Hub, settings: Settings, segment: Segment, as_of: datetime
) -> "tuple[set[int], set[int]]":
    assert segment.query is not None
    expected = await found_now(hub, settings, segment.query, as_of, profile_type=segment.profile_type)
    return set(await readable_members(hub, segment.name)), expected


async def _job_of(hub: Hub, jobs: "list[Job]", name: str) -> Job:
    ids = {segment.name: segment.id for segment in await find_all_segments(hub)}
    (job,) = [job for job in jobs if job.subject == ids[name]]
    return await job_now(hub, job)


def _int(name: str) -> Attribute:
    return Attribute(name=name, type=AttributeType.INT)


def _date(name: str) -> Attribute:
    return Attribute(name=name, type=AttributeType.DATETIME)
