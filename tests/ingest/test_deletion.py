import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pyroaring import BitMap

from seggql.ingest import deletion
from seggql.ingest.deletion import delete_profiles, sweep_batches
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.store.deleted import deleted_ordinals
from seggql.store.deletion import delete_keys, record_neighbours
from seggql.store.hub import Hub
from seggql.store.profiles import count_profiles
from seggql.store.relationships import delete_edges_at
from seggql.store.tail import batch_of
from tests.ingest.world import assert_keys_and_profiles_agree, contact, contacts, define_world, documents, purchase


async def load(hub: Hub) -> None:
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact("ann", Age=30), contact("bob"), contact("eve")])
    both = purchase("p1", "ann", links={"Buyer": "ann", "Shop": "downtown"})
    await record_interactions(hub, "Purchase", [both, purchase("p2", "bob")])
    edges: list[object] = [{"source": s, "target": t} for s, t in (("ann", "bob"), ("bob", "ann"), ("bob", "eve"))]
    await relate_profiles(hub, "Knows", edges)


async def assert_nothing_points_to_ann(hub: Hub) -> None:
    assert [row["l"] for row in await documents(hub, "interactions.Purchase")] == [{"Shop": 0}, {"Buyer": 1}]
    assert [(row["f"], row["t"]) for row in await documents(hub, "relationships.Knows")] == [(1, 2)]


async def test_a_profile_goes_with_its_edges_and_links(hub: Hub) -> None:
    await load(hub)
    outcome = await delete_profiles(hub, "Contact", ["ann", "nobody", "ann", "", 7])
    assert (outcome.received, outcome.removed, outcome.unknown, outcome.rejected) == (5, 1, 2, 2)
    assert [rejection.index for rejection in outcome.rejections] == [3, 4]
    assert set(await contacts(hub)) == {"bob", "eve"}
    assert list(await deleted_ordinals(hub, "Contact")) == [0]
    assert await count_profiles(hub, "Contact") == 2
    await assert_keys_and_profiles_agree(hub)
    await assert_nothing_points_to_ann(hub)


async def test_a_key_seen_again_is_a_new_profile(hub: Hub) -> None:
    await load(hub)
    await delete_profiles(hub, "Contact", ["ann"])
    await upsert_profiles(hub, "Contact", [contact("ann")])
    again = next(row for row in await documents(hub, "profiles.Contact") if row["key"] == "ann")
    assert (again["_id"], again["a"]) == (3, {})
    assert list(await deleted_ordinals(hub, "Contact")) == [0]


async def test_what_a_dead_process_left_of_a_deletion_is_cleared_away_by_the_sweep(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(hub)

    async def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(deletion, "_clear_away", die)
        with pytest.raises(ConnectionError):
            await delete_profiles(hub, "Contact", ["ann"])
    assert set(await contacts(hub)) == {"bob", "eve"}
    assert list(await deleted_ordinals(hub, "Contact")) == [0]
    assert await sweep_batches(hub, datetime.now(UTC) + timedelta(hours=1)) == 1
    await assert_nothing_points_to_ann(hub)
    assert {row["state"] for row in await documents(hub, "batches")} == {"CLOSED"}


async def test_who_had_an_edge_is_recorded_before_the_edges_go(hub: Hub) -> None:
    await load(hub)
    await delete_profiles(hub, "Contact", ["ann"])
    assert await neighbours(hub) == {"Contact": [1]}


async def test_what_is_recorded_stays_when_somebody_clears_away_again(hub: Hub) -> None:
    await load(hub)
    batch = ObjectId()
    gone = await delete_keys(hub, "Contact", ["ann"], batch)
    await record_neighbours(hub, batch, {"Contact": BitMap([1])})
    await delete_edges_at(hub, "Knows", "source", list(gone))
    assert await sweep_batches(hub, datetime.now(UTC) + timedelta(hours=1)) == 1
    assert await neighbours(hub) == {"Contact": [1]}


async def test_too_many_neighbours_and_those_of_older_releases_stay_unknown(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(hub)
    await delete_keys(hub, "Contact", ["eve"], ObjectId())
    await hub.collection("batches").update_many({"kind": "DELETION"}, {"$unset": {"neighbours": ""}})
    await sweep_batches(hub, datetime.now(UTC) + timedelta(hours=1))
    assert await neighbours(hub) is None
    monkeypatch.setattr(deletion, "NEIGHBOURS", 0)
    await delete_profiles(hub, "Contact", ["ann"])
    assert await neighbours(hub) is None


async def neighbours(hub: Hub) -> dict[str, list[int]] | None:
    """What the newest deletion tells."""
    batch = batch_of([row for row in await documents(hub, "batches") if row["kind"] == "DELETION"][-1])
    assert batch.is_deletion
    return None if batch.neighbours is None else {name: list(found) for name, found in batch.neighbours.items()}


async def test_interactions_of_a_deleted_profile_stay_in_the_batch_that_wrote_them(hub: Hub) -> None:
    await load(hub)
    before = {row["_id"]: row["b"] for row in await documents(hub, "interactions.Purchase")}
    await delete_profiles(hub, "Contact", ["ann"])
    assert {row["_id"]: row["b"] for row in await documents(hub, "interactions.Purchase")} == before


async def test_a_profile_deleted_twice_at_once_counts_once(hub: Hub) -> None:
    await load(hub)
    outcomes = await asyncio.gather(*(delete_profiles(hub, "Contact", ["ann", "bob"]) for _ in range(3)))
    assert sum(outcome.removed for outcome in outcomes) == 2
    assert list(await deleted_ordinals(hub, "Contact")) == [0, 1]


async def test_deleting_while_writing_keeps_keys_and_profiles_together(hub: Hub) -> None:
    await define_world(hub)
    rows = [contact(f"k{n}", Age=n) for n in range(100)]
    keys = [f"k{n}" for n in range(100)]
    await asyncio.gather(
        *(upsert_profiles(hub, "Contact", rows) for _ in range(3)),
        *(delete_profiles(hub, "Contact", keys) for _ in range(3)),
    )
    await assert_keys_and_profiles_agree(hub)
    living = {row["_id"] for row in await documents(hub, "profiles.Contact")}
    assert not living & set(await deleted_ordinals(hub, "Contact"))
