from dataclasses import replace
from datetime import timedelta

import pytest

from seggql.ingest.deletion import delete_profiles
from seggql.segments.activation import activate_segments, deactivate_segments
from seggql.segments.change import SegmentChanges, update_segment
from seggql.segments.leftovers import settle_deletions, sweep_memberships
from seggql.segments.planning import request_instant
from seggql.segments.removal import delete_segments
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.hub import Hub
from seggql.store.member_cache import MemberCache
from seggql.store.members import count_members, stored_members
from tests.segments.making import give_members, reread, stored_segment
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, static, work_off

LATER = timedelta(days=1)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def test_a_deletion_is_booked_once_with_its_cause(world: Hub, settings: Settings) -> None:
    hand = await static(world, settings, "Hand", "ann", "bob")
    other = await static(world, settings, "Other", "cleo")
    await delete_profiles(world, "Contact", ["bob"])
    assert await settle_deletions(world, hand.created_at + LATER) == 2
    assert await settle_deletions(world, hand.created_at + LATER) == 0
    hand = await reread(world, hand)
    assert await count_members(world, [hand]) == {hand.id: 1}
    assert await keys_of(world, "Hand") == {"ann"}
    entries = [(entry.cause.value, entry.exited) async for entry in ledger.entries(world, hand.id)]
    assert entries == [("MANUAL", 0), ("DELETION", 1)]
    assert len([entry async for entry in ledger.entries(world, other.id)]) == 1


async def test_a_booked_deletion_does_not_answer_a_new_query(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    young = SegmentChanges(query="PROFILE(Contact).FILTER(Age < 40)")
    await update_segment(world, settings, queue, old.id, young)
    await delete_profiles(world, "Contact", ["eve"])
    await settle_deletions(world, request_instant())
    old = await reread(world, old)
    assert old.pointer
    assert (old.definition, old.pointer.definition) == (2, 1), "the sweep finds what nobody has refreshed by this"
    await work_off(world, settings, queue)
    assert await keys_of(world, "Old") == {"ann", "bob"}


async def test_of_a_segment_that_is_off_a_deletion_books_nothing(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)", queue=queue)
    await work_off(world, settings, queue)
    await deactivate_segments(world, settings, [old.id])
    await delete_profiles(world, "Contact", ["eve"])
    await settle_deletions(world, request_instant())
    assert await settle_deletions(world, request_instant()) == 0
    await activate_segments(world, settings, queue, [old.id])
    assert not (await reread(world, old)).is_readable, "nobody takes it for empty before it was refreshed"
    await work_off(world, settings, queue)
    causes = [entry.cause.value async for entry in ledger.entries(world, old.id)]
    assert causes == ["ACTIVATION", "DEACTIVATION", "ACTIVATION"]


async def test_a_key_seen_again_is_not_a_member(world: Hub, settings: Settings) -> None:
    await static(world, settings, "Hand", "ann", "bob")
    await delete_profiles(world, "Contact", ["bob"])
    await make_world(world)
    assert await keys_of(world, "Hand") == {"ann"}


async def test_chunks_of_deleted_segments_are_swept(world: Hub, settings: Settings) -> None:
    hand = await static(world, settings, "Hand", "ann", "bob")
    kept = await static(world, settings, "Kept", "ann")
    await delete_segments(world, [hand.id])
    await sweep_memberships(world, kept.created_at + LATER)
    rows = [row["_id"]["s"] async for row in world.collection("memberships").find()]
    assert rows == [kept.id]
    assert [entry async for entry in ledger.entries(world, hand.id)] == []


async def test_the_newest_two_generations_stay_for_those_who_are_reading_them(world: Hub) -> None:
    segment = await stored_segment(world)
    pointers = []
    for number, folds in enumerate((True, True, True, False)):
        segment = await give_members(world, segment, range(number + 1), folds=folds)
        pointers.append(segment.pointer)
    await sweep_memberships(world, request_instant() + LATER)
    reader = replace(world, members=MemberCache())
    found = [len(await stored_members(reader, segment.id, pointer)) for pointer in pointers[1:]]
    assert found == [2, 3, 4], "the difference stands on the newest chunks"
    kept = await world.collection("memberships").distinct("_id.g", {"_id.s": segment.id})
    assert kept == [pointer.base for pointer in pointers[1:3] if pointer]
