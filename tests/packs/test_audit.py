"""The audit finds every value that is packed otherwise than its document has it, and nothing else."""

import pytest

from seggql.columns.frame import Frame
from seggql.columns.layout import layout_of
from seggql.ingest.deletion import delete_profiles
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.packs.audit import Audited, audit_pack
from seggql.packs.compare import compare_rows
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.ingest.world import CONTACT, contact, define_world, purchase
from tests.packs.test_exactness import Storm
from tests.packs.world import COLUMNS, make_parts_small, pack, shape_at

CONTACTS, PURCHASES, KNOWS = "profiles.Contact", "interactions.Purchase", "relationships.Knows"


async def audited(hub: Hub, collection: str) -> list[Audited]:
    return [audited async for audited in audit_pack(hub, await shape_at(hub, collection))]


async def differences(hub: Hub, collection: str) -> list[tuple[tuple[int, ...], tuple[str, ...], int, int]]:
    """Parts, columns, rows only packed, rows only in documents."""
    return [
        (
            tuple(part.number for part in each.parts),
            each.difference.paths,
            len(each.difference.packed),
            each.difference.documents,
        )
        for each in await audited(hub, collection)
        if each.difference
    ]


@pytest.fixture
async def world(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Everything packed, with a tail, a deleted profile, and a batch that is open."""
    make_parts_small(monkeypatch)
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact(f"k{n}", Age=n, Tags=["a", f"t{n}"]) for n in range(30)])
    rows = [purchase(f"p{n}", f"k{n}", timestamp=f"2026-01-01T00:00:{n:02d}Z") for n in range(30)]
    await record_interactions(hub, "Purchase", rows)
    await relate_profiles(hub, "Knows", [{"source": f"k{n}", "target": f"k{n // 2}"} for n in range(30)])
    for collection in COLUMNS:
        await pack(hub, settings, collection)
    await upsert_profiles(hub, "Contact", [contact("k1", Age=99), contact("new")])
    await record_interactions(hub, "Purchase", [purchase(None, "k2")])
    await relate_profiles(hub, "Knows", [{"source": "k1", "target": "k29"}])
    await delete_profiles(hub, "Contact", ["k3"])
    return hub


async def test_what_is_right_has_no_difference(world: Hub) -> None:
    for collection in COLUMNS:
        assert await differences(world, collection) == []
    parts = {part.number for each in await audited(world, CONTACTS) for part in each.parts}
    assert parts == {0, 1, 2, 3}


async def test_a_value_that_is_packed_wrongly_is_found(world: Hub) -> None:
    await world.collection(CONTACTS).update_one({"_id": 10}, {"$set": {"a.Age": 1000}})
    await world.collection(CONTACTS).update_one({"_id": 20}, {"$set": {"a.Tags": ["b"]}})
    assert await differences(world, CONTACTS) == [((1,), ("a.Age",), 1, 1), ((2,), ("a.Tags",), 1, 1)]


async def test_a_row_that_is_missing_or_too_many_is_found(world: Hub) -> None:
    await world.collection(CONTACTS).delete_one({"_id": 10})
    [(parts, _, packed, documents)] = await differences(world, CONTACTS)
    assert (parts, packed, documents) == ((1,), 1, 0)
    await world.collection(KNOWS).delete_one({"f": 8})
    found = await differences(world, KNOWS)
    assert [(packed, documents) for _, _, packed, documents in found] == [(1, 0), (1, 0)]


async def test_an_interaction_that_differs_is_found_in_its_slice(world: Hub) -> None:
    await world.collection(PURCHASES).update_one({"_id": "p5"}, {"$set": {"a.Amount": 7.5}})
    await world.collection(PURCHASES).update_one({"_id": "p25"}, {"$unset": {"l.Buyer": ""}})
    assert await differences(world, PURCHASES) == [((0,), ("a.Amount",), 1, 1), ((1,), ("l.Buyer",), 1, 1)]


@pytest.mark.parametrize("collection", [CONTACTS, PURCHASES, KNOWS])
async def test_columns_that_cannot_be_read_are_told(world: Hub, collection: str) -> None:
    columns = world.collection(f"packs.{collection}")
    assert not any(each.unreadable for each in await audited(world, collection))
    await columns.delete_one({"_id.n": 0, "_id.p": {"$in": ["_id", "t"]}})
    await columns.update_one({"_id.n": 1, "_id.p": {"$regex": "^a"}}, {"$set": {"bits": b"no column"}})
    unreadable = [each for each in await audited(world, collection) if each.unreadable]
    assert {part.number for each in unreadable for part in each.parts} == {0, 1}


async def test_whatever_was_written_and_packed_the_audit_agrees(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parts_small(monkeypatch)
    await define_world(hub)
    storm = Storm(hub, settings, 99, monkeypatch)
    for _ in range(30):
        await storm.step()
        for collection in COLUMNS:
            assert await differences(hub, collection) == []


def test_rows_are_compared_as_often_as_they_stand() -> None:
    layout = layout_of(CONTACT, ["_id", "a.Name"])

    def frame(*rows: tuple[int, str | None]) -> Frame:
        return Frame.of_documents([{"_id": id_, "a": {"Name": name}} for id_, name in rows], layout)

    assert compare_rows(frame((1, "a"), (1, "a"), (2, None)), frame((2, None), (1, "a"), (1, "a"))) is None
    found = compare_rows(frame((1, "a"), (1, "a"), (2, "b")), frame((1, "a"), (2, None), (3, "c")))
    assert found
    assert (found.packed, found.documents, found.paths) == ([0, 2], 2, ("_id", "a.Name"))
    assert compare_rows(frame(), frame()) is None
