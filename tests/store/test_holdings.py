"""Which segments hold a profile."""

from dataclasses import replace

from pyroaring import BitMap

from seggql.store.holdings import segments_holding
from seggql.store.hub import Hub
from seggql.store.member_cache import MemberCache
from seggql.store.segment import SegmentState
from tests.segments.making import give_members, stored_segment


async def names_by_ordinal(hub: Hub, *ordinals: int) -> dict[int, set[str]]:
    """The names of the segments of Contacts that hold each of the ordinals."""
    names = {row["_id"]: row["name"] async for row in hub.collection("segments").find({})}
    holding = await segments_holding(hub, "Contact", BitMap(ordinals))
    return {ordinal: {names[segment] for segment in held} for ordinal, held in holding.items()}


def another_process(hub: Hub) -> Hub:
    """The hub as a process sees it that has read nothing yet."""
    return replace(hub, members=MemberCache())


async def test_the_segments_of_profiles_are_found_by_their_chunks(hub: Hub) -> None:
    await give_members(hub, await stored_segment(hub, "First"), [1, 2, 70_000])
    second = await give_members(hub, await stored_segment(hub, "Second"), [2])
    await give_members(hub, second, [3, 70_000], folds=False)
    await stored_segment(hub, "Nobody")

    found = await names_by_ordinal(another_process(hub), 1, 2, 3, 9, 70_000)

    assert found == {1: {"First"}, 2: {"First"}, 3: {"Second"}, 9: set(), 70_000: {"First", "Second"}}


async def test_what_was_read_is_kept_and_a_new_generation_is_read_anew(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub, "First"), [1, 2, 70_000])
    reader = another_process(hub)
    before = await names_by_ordinal(reader, 1, 2)
    await hub.collection("memberships").delete_many({})

    kept = await names_by_ordinal(reader, 1, 2)
    await give_members(hub, segment, [2, 3])
    after = await names_by_ordinal(reader, 1, 3)

    assert before == kept == {1: {"First"}, 2: {"First"}}
    assert after == {1: set(), 3: {"First"}}


async def test_segments_that_are_not_active_hold_nobody(hub: Hub) -> None:
    segment = await give_members(hub, await stored_segment(hub, "First"), [1])
    await hub.collection("segments").update_one({"_id": segment.id}, {"$set": {"state": SegmentState.INACTIVE.value}})

    assert await names_by_ordinal(hub, 1) == {1: set()}
