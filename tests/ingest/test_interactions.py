import asyncio
from datetime import UTC, datetime

import pytest
from bson import ObjectId
from bson.raw_bson import RawBSONDocument

from seggql.errors import RequestError
from seggql.ingest.deletion import delete_profiles
from seggql.ingest.interactions import record_interactions
from seggql.ingest.outcome import IngestOutcome, RejectionCode
from seggql.ingest.reading import CHUNK_ROWS, Reading
from seggql.store import interactions as interactions_store
from seggql.store.bitmaps import from_binary
from seggql.store.hub import Hub
from tests.ingest.world import assert_keys_and_profiles_agree, contacts, define_world, documents, purchase


def counts(outcome: IngestOutcome) -> tuple[int, int, int, int]:
    return outcome.received, outcome.stored, outcome.unchanged, outcome.rejected


async def test_an_interaction_makes_the_profiles_it_names(hub: Hub) -> None:
    await define_world(hub)
    row = purchase("p1", "ann", 9.5, links={"Buyer": "ann", "Shop": "downtown"})
    assert counts(await record_interactions(hub, "Purchase", [row])) == (1, 1, 0, 0)
    assert await contacts(hub) == {"ann": {}}
    await assert_keys_and_profiles_agree(hub, "Store")
    [stored] = await documents(hub, "interactions.Purchase")
    batch = stored.pop("b")
    assert isinstance(batch, ObjectId)
    at = datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert stored == {"_id": "p1", "t": at, "l": {"Buyer": 0, "Shop": 0}, "a": {"Amount": 9.5}}
    [row_of_batch] = await documents(hub, "batches")
    assert {name: list(from_binary(bits)) for name, bits in row_of_batch["touched"].items()} == {
        "Contact": [0],
        "Store": [0],
    }


async def test_the_same_id_again_is_unchanged_if_equal_else_rejected(hub: Hub) -> None:
    await define_world(hub)
    await record_interactions(hub, "Purchase", [purchase("p1", "ann"), purchase("p2", "bob")])
    again = [
        purchase("p1", "ann"),
        purchase("p1", "ann", 2),
        purchase("p1", "bob"),
        purchase("p2", "bob", timestamp="2026-01-31T09:00:01Z"),
        purchase("p2", "nobody"),
        purchase("p3", "ann"),
        purchase("p3", "ann", 5),
    ]
    outcome = await record_interactions(hub, "Purchase", again)
    assert counts(outcome) == (7, 1, 1, 5)
    assert [(r.index, r.code) for r in outcome.rejections] == [
        (index, RejectionCode.ID_CONFLICT) for index in (1, 2, 3, 4, 6)
    ]
    assert set(await contacts(hub)) == {"ann", "bob"}


async def test_an_import_sent_again_stores_nothing(hub: Hub) -> None:
    await define_world(hub)
    rows = [purchase(f"p{n}", f"k{n % 50}", n) for n in range(CHUNK_ROWS + 100)]
    assert (await record_interactions(hub, "Purchase", rows)).stored == len(rows)
    assert (await record_interactions(hub, "Purchase", rows)).unchanged == len(rows)


async def test_without_an_id_each_row_is_an_interaction(hub: Hub) -> None:
    await define_world(hub)
    row = purchase(None, "ann")
    assert (await record_interactions(hub, "Purchase", [row, row])).stored == 2
    assert (await record_interactions(hub, "Purchase", [row])).stored == 1
    assert len(await documents(hub, "interactions.Purchase")) == 3


async def test_every_link_is_optional_but_one_is_needed(hub: Hub) -> None:
    await define_world(hub)
    rows = [
        purchase("p1", "", links={"Shop": "downtown"}),
        purchase("p2", "", links={}),
        purchase("p3", "", links={"Buyer": None}),
        purchase("p4", "", links={"Byer": "ann"}),
        purchase("p5", "", links=["ann"]),
        purchase("p6", "", links={"Buyer": 7}),
        purchase("p7", "ann", timestamp=None),
        purchase("p8", "ann", timestamp="yesterday"),
        purchase("p9", "ann", amount="1"),  # type: ignore[arg-type]  # the wrong type is what is tested
    ]
    outcome = await record_interactions(hub, "Purchase", rows)
    assert [(r.index, r.code.value, r.field) for r in outcome.rejections] == [
        (1, "MISSING", "links"),
        (2, "MISSING", "links"),
        (3, "UNKNOWN_LINK", "links.Byer"),
        (4, "WRONG_TYPE", "links"),
        (5, "WRONG_TYPE", "links.Buyer"),
        (6, "MISSING", "timestamp"),
        (7, "WRONG_TYPE", "timestamp"),
        (8, "WRONG_TYPE", "attributes.Amount"),
    ]
    assert "Did you mean Buyer?" in outcome.rejections[2].message
    assert outcome.stored == 1
    assert await contacts(hub) == {}


async def test_null_attributes_are_left_out(hub: Hub) -> None:
    await define_world(hub)
    await record_interactions(hub, "Purchase", [purchase("p1", "ann", attributes={"Amount": None, "Note": "x"})])
    assert (await documents(hub, "interactions.Purchase"))[0]["a"] == {"Note": "x"}


async def test_a_row_that_is_too_large_is_rejected_alone(hub: Hub) -> None:
    await define_world(hub)
    rows = [purchase("p1", "ann", attributes={"Note": "x" * 17_000_000}), purchase("p2", "ann")]
    outcome = await record_interactions(hub, "Purchase", rows)
    assert [(r.index, r.code) for r in outcome.rejections] == [(0, RejectionCode.ROW_TOO_LARGE)]
    assert outcome.stored == 1
    small = await record_interactions(hub, "Purchase", [purchase("p3", "bob")], Reading(row_max_bytes=10))
    assert small.rejected == 1
    assert set(await contacts(hub)) == {"ann"}


async def test_writers_of_the_same_interactions_store_each_once(hub: Hub) -> None:
    await define_world(hub)
    rows = [purchase(f"p{n}", f"k{n % 20}", n) for n in range(200)]
    outcomes = await asyncio.gather(*(record_interactions(hub, "Purchase", rows) for _ in range(3)))
    assert sum(outcome.stored for outcome in outcomes) == 200
    assert sum(outcome.unchanged for outcome in outcomes) == 400
    await assert_keys_and_profiles_agree(hub)


async def test_a_writer_that_dies_after_half_of_its_rows_can_send_them_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)
    rows = [purchase(f"p{n}", f"k{n}", n) for n in range(10)]
    insert = interactions_store.insert_interactions

    async def die_half_way(hub: Hub, type_: str, interactions: list[RawBSONDocument]) -> set[int]:
        await insert(hub, type_, interactions[:5])
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr("seggql.ingest.interactions.insert_interactions", die_half_way)
        with pytest.raises(ConnectionError):
            await record_interactions(hub, "Purchase", rows)
    [abandoned] = await documents(hub, "batches")
    assert abandoned["state"] == "OPEN"
    assert set(from_binary(abandoned["touched"]["Contact"])) == set(range(10))
    assert counts(await record_interactions(hub, "Purchase", rows)) == (10, 5, 5, 0)


async def test_an_old_row_does_not_bring_a_deleted_profile_back(hub: Hub) -> None:
    await define_world(hub)
    await record_interactions(hub, "Purchase", [purchase("p1", "ann")])
    await delete_profiles(hub, "Contact", ["ann"])
    assert counts(await record_interactions(hub, "Purchase", [purchase("p1", "ann")])) == (1, 0, 0, 1)
    assert await contacts(hub) == {}


async def test_an_unknown_type_is_refused(hub: Hub) -> None:
    await define_world(hub)
    with pytest.raises(RequestError, match="Did you mean Purchase"):
        await record_interactions(hub, "Purchases", [])
