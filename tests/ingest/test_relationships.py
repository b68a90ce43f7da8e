import asyncio

from seggql.ingest.outcome import IngestOutcome, RejectionCode
from seggql.ingest.relationships import relate_profiles, unrelate_profiles
from seggql.store.bitmaps import from_binary
from seggql.store.hub import Hub
from tests.ingest.world import assert_keys_and_profiles_agree, contacts, define_world, documents


def counts(outcome: IngestOutcome) -> tuple[int, int, int, int]:
    return outcome.received, outcome.stored, outcome.unchanged, outcome.rejected


def edge(source: str, target: str, **attributes: object) -> dict[str, object]:
    return {"source": source, "target": target, "attributes": attributes}


async def test_an_edge_makes_the_profiles_it_names(hub: Hub) -> None:
    await define_world(hub)
    rows: list[object] = [edge("ann", "bob", Since=2020), {"source": "bob", "target": "ann"}]
    assert counts(await relate_profiles(hub, "Knows", rows)) == (2, 2, 0, 0)
    assert counts(await relate_profiles(hub, "Knows", rows)) == (2, 0, 2, 0)
    first, second = await documents(hub, "relationships.Knows")
    assert first == {"_id": {"f": 0, "t": 1}, "f": 0, "t": 1, "a": {"Since": 2020}, "b": first["b"]}
    assert (second["f"], second["t"], second["a"]) == (1, 0, {})
    [batch] = await documents(hub, "batches")
    assert list(from_binary(batch["touched"]["Contact"])) == [0, 1]


async def test_edges_merge_their_attributes_also_within_one_batch(hub: Hub) -> None:
    await define_world(hub)
    await relate_profiles(hub, "Knows", [edge("ann", "bob", Since=2020, Note="x")])
    rows = [edge("ann", "bob", Note=None), edge("ann", "bob", Since=2021), edge("ann", "bob", Since=2021)]
    assert counts(await relate_profiles(hub, "Knows", rows)) == (3, 2, 1, 0)
    assert [row["a"] for row in await documents(hub, "relationships.Knows")] == [{"Since": 2021}]


async def test_bad_edges_are_rejected_one_by_one(hub: Hub) -> None:
    await define_world(hub)
    rows: list[object] = [
        edge("ann", ""),
        edge("ann", "bob", Since="x"),
        {"source": "ann"},
        edge("ann", "bob"),
        edge("ann", "eve", Note="x" * 17_000_000),
    ]
    outcome = await relate_profiles(hub, "Knows", rows)
    assert [(r.index, r.code) for r in outcome.rejections] == [
        (0, RejectionCode.BAD_KEY),
        (1, RejectionCode.WRONG_TYPE),
        (2, RejectionCode.MISSING),
        (4, RejectionCode.ROW_TOO_LARGE),
    ]
    assert set(await contacts(hub)) == {"ann", "bob"}


async def test_edges_join_profiles_of_two_types(hub: Hub) -> None:
    await define_world(hub)
    await relate_profiles(hub, "Visits", [edge("ann", "downtown"), edge("bob", "downtown")])
    await assert_keys_and_profiles_agree(hub, "Contact")
    await assert_keys_and_profiles_agree(hub, "Store")
    assert len(await documents(hub, "profiles.Store")) == 1


async def test_writers_of_the_same_edges_store_each_once(hub: Hub) -> None:
    await define_world(hub)
    rows = [edge(f"k{n}", f"k{n + 1}", Since=n) for n in range(100)]
    outcomes = await asyncio.gather(*(relate_profiles(hub, "Knows", rows) for _ in range(3)))
    assert sum(outcome.stored for outcome in outcomes) == 100
    assert sum(outcome.unchanged for outcome in outcomes) == 200
    await assert_keys_and_profiles_agree(hub)


async def test_edges_are_taken_away(hub: Hub) -> None:
    await define_world(hub)
    await relate_profiles(hub, "Knows", [edge("ann", "bob"), edge("bob", "ann"), edge("ann", "eve")])
    rows: list[object] = [
        {"source": "ann", "target": "bob"},
        {"source": "ann", "target": "bob"},
        {"source": "eve", "target": "ann"},
        {"source": "nobody", "target": "ann"},
        {"source": 1, "target": "ann"},
    ]
    outcome = await unrelate_profiles(hub, "Knows", rows)
    assert (outcome.received, outcome.removed, outcome.unknown, outcome.rejected) == (5, 1, 3, 1)
    assert outcome.rejections[0].index == 4
    assert len(await documents(hub, "relationships.Knows")) == 2
    assert "nobody" not in await contacts(hub)
    batch = (await documents(hub, "batches"))[-1]
    assert (list(from_binary(batch["touched"]["Contact"])), batch["state"]) == ([0, 1], "CLOSED")
