from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from seggql.store import ledger
from seggql.store.bitmaps import chunk_of, chunks, from_binary, to_binary
from seggql.store.hub import Hub
from seggql.store.members import count_members, members_at, members_page, page_of, read_members
from seggql.store.memberships import read_chunks, remove_orphan_chunks
from seggql.store.segment import Segment
from tests.segments.making import NOW, delete_ordinals, give_members, reread, stored_segment

ORDINALS = st.sets(
    st.one_of(st.integers(0, 20), st.integers(65_530, 65_545), st.integers(0, 300_000), st.just(2**32 - 1))
)


@given(ORDINALS)
def test_the_chunks_of_a_bitmap_are_its_parts_of_65536(ordinals: set[int]) -> None:
    found = list(chunks(BitMap(ordinals)))
    assert [number for number, _ in found] == sorted({ordinal >> 16 for ordinal in ordinals})
    assert all(chunk_of(part.min()) == chunk_of(part.max()) == number for number, part in found)
    assert BitMap().union(*(from_binary(to_binary(part)) for _, part in found)) == BitMap(ordinals)


async def test_a_segment_without_a_generation_has_nobody_and_an_unknown_count(hub: Hub) -> None:
    segment = await stored_segment(hub)
    assert await read_members(hub, segment) == BitMap()
    assert await count_members(hub, [segment]) == {segment.id: None}
    assert (await members_page(hub, segment, after=None, limit=10)).ordinals == ()


async def test_members_span_chunks(hub: Hub) -> None:
    everyone = BitMap([0, 5, 65_535, 65_536, 200_000, 2**32 - 1])
    segment = await give_members(hub, await stored_segment(hub), everyone)
    assert await read_members(hub, segment) == everyone
    assert await count_members(hub, [segment]) == {segment.id: 6}


async def test_deleted_profiles_leave_every_read_at_once(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub), [1, 2, 3, 70_000])
    await delete_ordinals(hub, [2, 70_000, 99])
    assert await read_members(hub, segment) == BitMap([1, 3])
    assert await count_members(hub, [segment]) == {segment.id: 2}
    assert (await members_page(hub, segment, after=None, limit=10)).ordinals == (1, 3)
    assert await members_at(hub, segment, NOW) == BitMap([1, 3])


async def test_a_generation_after_a_deletion_books_it_with_its_own_cause(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub), [1, 2, 3])
    await delete_ordinals(hub, [2])
    segment = await give_members(hub, segment, [1, 2, 4])
    changes = [(c.ordinal, c.entered, c.cause.value) async for c in ledger.changes(hub, segment.id, 2**31)]
    assert changes[3:] == [(2, False, "DELETION"), (3, False, "REFRESH"), (4, True, "REFRESH")]
    assert segment.pointer is not None
    assert segment.pointer.count == 2


async def test_nothing_changed_makes_no_generation(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub), [1, 2])
    again = await give_members(hub, segment, [1, 2])
    assert again.pointer == segment.pointer
    assert len([entry async for entry in ledger.entries(hub, segment.id)]) == 1


async def test_the_first_generation_is_made_also_of_nobody(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub), [])
    assert await count_members(hub, [segment]) == {segment.id: 0}


async def test_orphan_chunks_go_and_those_in_force_stay(hub: Hub) -> None:
    first = await give_members(hub, await stored_segment(hub), [1, 2])
    second = await give_members(hub, first, [2, 3])
    assert first.pointer is not None
    assert second.pointer is not None
    assert await remove_orphan_chunks(hub, second.id, [second.pointer.base], NOW) == 0
    assert await remove_orphan_chunks(hub, second.id, [second.pointer.base], NOW + timedelta(seconds=1)) == 1
    assert [chunk async for chunk in read_chunks(hub, first.id, first.pointer.base)] == []
    assert await read_members(hub, second) == BitMap([2, 3])


async def test_what_a_newer_release_writes_beside_is_passed_over(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub), [1, 2])
    await hub.collection("segments").update_one({"_id": segment.id}, {"$set": {"pointer.novelty": 1, "novelty": 1}})
    assert await reread(hub, segment) == segment


HISTORIES = st.lists(st.tuples(ORDINALS, st.booleans()), min_size=1, max_size=6)


@settings(max_examples=30)
@given(HISTORIES, st.sets(st.integers(0, 20)))
async def test_the_ledger_adds_up(hub: Hub, history: list[tuple[set[int], bool]], deleted: set[int]) -> None:
    segment = await stored_segment(hub, "S" + str(await hub.collection("segments").count_documents({})))
    for minute, (ordinals, folds) in enumerate(history):
        segment = await give_members(hub, segment, ordinals, at=NOW + timedelta(minutes=minute), folds=folds)
    now = BitMap(history[-1][0])
    assert await read_members(hub, segment) == now
    summed = BitMap()
    async for change in ledger.changes(hub, segment.id, 2**31):
        (summed.add if change.entered else summed.remove)(change.ordinal)
    assert summed == now
    for minute, (ordinals, _) in enumerate(history):
        assert await members_at(hub, segment, NOW + timedelta(minutes=minute, seconds=30)) == BitMap(ordinals)
    assert await members_at(hub, segment, NOW - timedelta(seconds=1)) == BitMap()
    await delete_ordinals(hub, deleted)
    assert await count_members(hub, [segment]) == {segment.id: len(now - BitMap(deleted))}
    await _pages_hold_everyone(hub, segment, now - BitMap(deleted))
    await delete_ordinals(hub, [])


async def _pages_hold_everyone(hub: Hub, segment: Segment, members: BitMap) -> None:
    read: list[int] = []
    while True:
        after = read[-1] if read else None
        page = await members_page(hub, segment, after=after, limit=3)
        assert page == page_of(members, after=after, limit=3)
        read.extend(page.ordinals)
        if not page.has_more:
            break
    assert read == list(members)


async def test_changes_are_read_on_from_any_place(hub: Hub) -> None:
    segment = await stored_segment(hub)
    for minute, members in enumerate([[1, 2, 70_000], [2, 3], [1, 70_001]]):
        segment = await give_members(hub, segment, members, at=NOW + timedelta(minutes=minute))
    everything = [change async for change in ledger.changes(hub, segment.id, 2**31)]
    assert len(everything) == await ledger.count_changes(hub, segment.id) == 3 + 3 + 4
    for index, change in enumerate(everything):
        rest = [c async for c in ledger.changes(hub, segment.id, 2**31, after=(change.generation, change.ordinal))]
        assert rest == everything[index + 1 :]
