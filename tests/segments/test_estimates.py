"""Estimates: exact where counting is quick, else a sample whose bounds hold, for every operator of the language."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from pyroaring import BitMap

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType
from seggql.errors import QueryError, RequestError
from seggql.evaluation import expense, samples
from seggql.evaluation.expense import Expense, find_all
from seggql.evaluation.run import Run
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.ingest.profiles import upsert_profiles
from seggql.packs.keep import Keeping, keep_pack
from seggql.packs.shape import shapes_of
from seggql.query.plan import Plan
from seggql.query.planning.estimates import ROUND_TRIP_US
from seggql.segments import estimates
from seggql.segments.estimates import Estimate, estimate_query
from seggql.segments.planning import read_surroundings, request_instant
from seggql.segments.query_draft import QueryDraft
from seggql.settings import Settings
from seggql.store.hub import Document, Hub
from tests.segments.making import NOW, delete_ordinals, give_members, stored_segment

PEOPLE = 4_000
WIDTH = 0.04
QUERIES = {
    "everybody": "PROFILE(Contact)",
    "filter": "PROFILE(Contact).FILTER(Age < 30)",
    "rare": "PROFILE(Contact).FILTER(Age == 3 AND Name CONTAINS '7')",
    "worker": "PROFILE(Contact).FILTER(Name MATCHES '[05]$')",
    "having": "INTERACTION(Purchase, Buyer).HAVING(SUM(Amount) > 12, UTCDAYS(40))",
    "interaction filter": "INTERACTION(Purchase, Buyer).FILTER(Amount > 7)",
    "traverse": "PROFILE(House).FILTER(Rooms > 3).TRAVERSE(LivesIn)",
    "traverse twice": "INTERACTION(Purchase, Buyer).HAVING(COUNT() > 2).TRAVERSE(LivesIn).TRAVERSE(LivesIn)",
    "segment": "SEGMENT(Chosen)",
    "algebra": "(PROFILE(Contact).FILTER(Age > 50) UNION INTERACTION(Purchase, Buyer)) EXCEPT SEGMENT(Chosen)",
}


@pytest.fixture
async def world(hub: Hub) -> Hub:
    """4,000 contacts, some ordinals in between deleted, with purchases and houses; segment Chosen holds a third."""
    name = Attribute(name="Name", type=AttributeType.STRING)
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(_int("Age"), name)))
    await define_profile_type(hub, ProfileType(name="House", attributes=(_int("Rooms"),)))
    buyer = Link(name="Buyer", profile_type="Contact")
    await define_interaction_type(hub, InteractionType(name="Purchase", links=(buyer,), attributes=(_int("Amount"),)))
    await define_relationship_type(hub, RelationshipType(name="LivesIn", source="Contact", target="House"))
    random = Random(0)
    ordinals = sorted(random.sample(range(PEOPLE * 5 // 4), PEOPLE))
    await _insert(hub, "profiles.Contact", [_contact(ordinal, random) for ordinal in ordinals])
    await _insert(hub, "profiles.House", [{"_id": n, "key": f"h{n}", "a": {"Rooms": n % 6}} for n in range(900)])
    await _insert(hub, "interactions.Purchase", [_purchase(n, ordinals, random) for n in range(9_000)])
    ends = {(ordinal, random.randrange(900)) for ordinal in ordinals}
    await _insert(hub, "relationships.LivesIn", [{"_id": {"f": f, "t": t}, "f": f, "t": t} for f, t in sorted(ends)])
    gone = BitMap(range(PEOPLE * 5 // 4)) - BitMap(ordinals)
    await delete_ordinals(hub, gone)
    await give_members(hub, await stored_segment(hub, "Chosen"), ordinals[::3])
    return hub


def _contact(ordinal: int, random: Random) -> Document:
    return {"_id": ordinal, "key": f"c{ordinal}", "a": {"Age": random.randrange(100), "Name": f"name {ordinal}"}}


def _purchase(number: int, ordinals: Sequence[int], random: Random) -> Document:
    buyer = ordinals[int(len(ordinals) * random.random() ** 2)]
    at = NOW - timedelta(days=random.randrange(90))
    return {"_id": f"p{number}", "t": at, "l": {"Buyer": buyer}, "a": {"Amount": random.randrange(10)}}


async def _insert(hub: Hub, collection: str, documents: list[Document]) -> None:
    await hub.collection(collection).insert_many(documents, ordered=False)


def _int(name: str) -> Attribute:
    return Attribute(name=name, type=AttributeType.INT)


@pytest.fixture(autouse=True)
def wide_and_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds may be so far apart that some of 4,000 profiles are enough; a slow machine is waited for."""
    monkeypatch.setattr(estimates, "HALF_WIDTH", WIDTH)
    monkeypatch.setattr(estimates, "PATIENCE", 1e6)


@pytest.fixture
def sampling(settings: Settings) -> Settings:
    """Nothing is ever counted, and the machine is never too slow."""
    return settings.model_copy(update={"estimate_exact_s": 0.0, "estimate_timeout_s": 3600.0})


async def estimated(hub: Hub, settings: Settings, text: str, *, level: float = 0.95, seed: int = 1) -> Estimate:
    return await estimate_query(hub, settings, QueryDraft(text=text, as_of=NOW), level, Random(seed))


async def test_the_truth_lies_within_the_bounds_of_every_operator(
    world: Hub, settings: Settings, sampling: Settings
) -> None:
    for name, text in QUERIES.items():
        exact = await estimated(world, settings, text)
        assert exact.is_exact, name
        assert exact.size > 0, name
        assert (exact.lower, exact.upper, exact.matched) == (exact.size,) * 3
        assert (exact.read, exact.total, exact.standard_error) == (PEOPLE, PEOPLE, 0)
        for seed in range(10):
            found = await estimated(world, sampling, text, level=0.9999, seed=seed)
            assert not found.is_exact
            assert found.lower <= exact.size <= found.upper, (name, seed, exact.size, found)
            assert found.lower <= found.size <= found.upper
            assert (found.total, found.level) == (PEOPLE, 0.9999)
            assert found.upper - found.lower <= 2 * WIDTH * PEOPLE + 1


async def test_the_bounds_hold_about_as_often_as_they_say(world: Hub, settings: Settings, sampling: Settings) -> None:
    text = QUERIES["filter"]
    truth = (await estimated(world, settings, text)).size
    held = 0
    for seed in range(150):
        found = await estimated(world, sampling, text, seed=seed)
        held += found.lower <= truth <= found.upper
    assert 0.9 <= held / 150 <= 0.99


async def test_the_same_seed_gives_the_same_estimate(world: Hub, sampling: Settings) -> None:
    first, again, other = [await estimated(world, sampling, QUERIES["filter"], seed=seed) for seed in (1, 1, 2)]
    assert (first.matched, first.lower, first.upper) == (again.matched, again.lower, again.upper)
    assert first.matched != other.matched


async def test_a_sample_of_a_large_type_skips_gaps_and_deleted_profiles(
    world: Hub, sampling: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "LISTED", 0)
    found = await estimated(world, sampling, QUERIES["everybody"])
    assert not found.is_exact
    assert (found.matched, found.size, found.upper) == (found.read, PEOPLE, PEOPLE)
    ages = await estimated(world, sampling, "PROFILE(Contact).FILTER(Age < 50)", level=0.999)
    assert ages.lower <= PEOPLE / 2 * 1.05
    assert ages.upper >= PEOPLE / 2 * 0.95


async def test_a_tiny_type_and_an_empty_one_are_exact_even_where_samples_are_forced(
    hub: Hub, sampling: Settings
) -> None:
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(_int("Age"),)))
    empty = await estimated(hub, sampling, "PROFILE(Contact)")
    assert (empty.size, empty.total, empty.upper, empty.is_exact) == (0, 0, 0, True)
    await _insert(hub, "profiles.Contact", [{"_id": n, "key": str(n), "a": {"Age": n}} for n in range(100)])
    tiny = await estimated(hub, sampling, "PROFILE(Contact).FILTER(Age < 30)")
    assert (tiny.size, tiny.total, tiny.is_exact, tiny.read) == (30, 100, True, 100)


async def test_a_listing_is_as_long_as_what_it_takes(world: Hub, settings: Settings, sampling: Settings) -> None:
    for some in (settings, sampling):
        found = await estimated(world, some, f"{QUERIES['filter']}.ORDERBY(Age).SKIP(10).TAKE(20)")
        assert (found.lower, found.size, found.upper) == (20, 20, 20)
        assert found.matched > 20
        found = await estimated(world, some, "PROFILE(Contact).FILTER(Age == 200).SKIP(10)")
        assert (found.lower, found.size) == (0, 0)
    assert (await estimated(world, settings, "PROFILE(Contact).SKIP(3900)")).size == 100


async def test_little_time_makes_wider_bounds_and_no_error(world: Hub, sampling: Settings) -> None:
    hasty = sampling.model_copy(update={"estimate_timeout_s": 1e-9})
    found, longer = [await estimated(world, some, QUERIES["rare"], level=0.9999) for some in (hasty, sampling)]
    assert (found.read, found.is_exact) == (500, False)
    assert found.upper - found.lower > longer.upper - longer.lower > 0


async def test_what_is_expected_to_take_long_is_sampled(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = "INTERACTION(Purchase, Buyer).HAVING(COUNT() > 0, UTCDAYS(3))"
    quick = settings.model_copy(update={"estimate_exact_s": 0.006})
    assert (await estimated(world, quick, window)).is_exact, "the interactions of the window are counted: they are few"
    assert not (await estimated(world, quick, QUERIES["having"])).is_exact
    monkeypatch.setattr(expense, "FOUND_US", 1e6)
    assert not (await estimated(world, settings, QUERIES["filter"])).is_exact


async def test_counting_that_takes_much_longer_than_expected_is_given_up_for_a_sample(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(plan: Plan, run: Run, expense: Expense) -> BitMap:
        await asyncio.sleep(3600)
        return await find_all(plan, run, expense)

    monkeypatch.setattr("seggql.segments.estimates.find_all", slow)
    monkeypatch.setattr(estimates, "PATIENCE", 2.0)
    some = settings.model_copy(update={"estimate_exact_s": 0.05, "estimate_timeout_s": 3600.0})
    found = await estimated(world, some, QUERIES["filter"])
    assert not found.is_exact
    assert found.read > 500


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 1.5, 95.0, float("nan"), 1e-20, 1 - 1e-16])
async def test_levels_that_are_none_are_refused(hub: Hub, settings: Settings, level: float) -> None:
    with pytest.raises(RequestError, match="between 0 and 1") as refused:
        await estimated(hub, settings, "PROFILE(Contact)", level=level)
    assert refused.value.field == ("confidenceLevel",)


async def test_faulty_queries_raise_what_is_wrong_with_them(world: Hub, sampling: Settings) -> None:
    with pytest.raises(QueryError, match="UNKNOWN_TYPE"):
        await estimated(world, sampling, "PROFILE(Contac)")
    await stored_segment(world, "Never", query="PROFILE(Contact)")
    with pytest.raises(RequestError):
        await estimated(world, sampling, "SEGMENT(Never)")


async def test_what_packs_answer_is_counted_where_pipelines_would_take_too_long(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(_int("Age"),)))
    people = [{"key": f"k{n}", "attributes": {"Age": n % 100}} for n in range(PEOPLE)]
    await upsert_profiles(hub, "Contact", people)
    text = "PROFILE(Contact).FILTER(Age < 30)"
    monkeypatch.setattr(expense, "FOUND_US", 0.0)
    quick = settings.model_copy(update={"estimate_exact_s": (ROUND_TRIP_US + PEOPLE * 0.3) / 1e6, "pack_after": 0})
    assert not (await estimated(hub, quick, text)).is_exact
    shape = shapes_of((await read_surroundings(hub, settings)).catalog)["profiles.Contact"]
    keeping = Keeping(settings=quick, owner="test", now=request_instant(), share=1.0)
    assert await keep_pack(hub, shape, frozenset({"a.Age"}), keeping)
    await upsert_profiles(hub, "Contact", [{"key": "k1", "attributes": {"Age": 99}}])
    found = await estimated(hub, quick, text)
    assert (found.is_exact, found.size) == (True, PEOPLE * 30 // 100 - 1)
