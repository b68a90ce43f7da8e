from dataclasses import replace

import pytest

from seggql.errors import QueryError, RequestError
from seggql.segments.activation import activate_segments, deactivate_segments
from seggql.segments.change import SegmentChanges, rename_segment, update_segment
from seggql.segments.define import create_segment, duplicate_segment
from seggql.segments.draft import SegmentDraft
from seggql.segments.removal import delete_segments
from seggql.segments.static import add_members
from seggql.segments.usages import register_usage
from seggql.settings import Settings
from seggql.store import ledger
from seggql.store.hub import Hub
from seggql.store.segment import SegmentId, SegmentKind, SegmentState, SegmentUsage
from seggql.store.segments import find_segment_named
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, static, work_off

OLD = "PROFILE(Contact).FILTER(Age >= 40)"
DRAFT = SegmentDraft(name="New", profile_type="Contact", query=OLD)
STATIC = SegmentDraft(name="New", profile_type="Contact", kind=SegmentKind.STATIC)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(DRAFT, query=None), "query"),
        (replace(DRAFT, member_keys=("ann",)), "memberKeys"),
        (replace(STATIC, query=OLD, member_keys=("ann",)), "memberKeys"),
        (replace(STATIC, interval_minutes=5), "intervalMinutes"),
        (replace(DRAFT, interval_minutes=0), "intervalMinutes"),
        (replace(DRAFT, profile_type="Contct"), "profileType"),
        (replace(DRAFT, display_name=" "), "displayName"),
        (replace(DRAFT, tags=("",)), "tags"),
        (replace(DRAFT, tags=tuple(f"t{n}" for n in range(21))), "tags"),
        (replace(DRAFT, description="x" * 10_001), "description"),
    ],
)
async def test_a_draft_that_makes_no_sense_is_refused(
    world: Hub, settings: Settings, draft: SegmentDraft, field: str
) -> None:
    with pytest.raises(RequestError) as refused:
        await create_segment(world, settings, ListQueue(), draft)
    assert refused.value.field == (field,)
    assert await find_segment_named(world, "New") is None


async def test_a_segment_has_up_to_twenty_tags_each_once(world: Hub, settings: Settings) -> None:
    twenty = tuple(f"t{n}" for n in range(20))
    made = await create_segment(world, settings, ListQueue(), replace(DRAFT, tags=(*twenty, " t0 ")))
    assert made.tags == twenty
    with pytest.raises(RequestError, match="There may be 20 tags"):
        await update_segment(world, settings, ListQueue(), made.id, SegmentChanges(tags=(*twenty, "one more")))
    assert (await reread(world, made)).tags == twenty


async def test_a_segment_that_is_not_activated_is_not_refreshed(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    segment = await create_segment(world, settings, queue, replace(DRAFT, tags=("b", " a", "b")))
    assert (segment.state, queue.announced, segment.tags) == (SegmentState.INACTIVE, [], ("b", "a"))
    assert await reread(world, segment) == segment


async def test_a_query_may_not_use_its_own_segment(world: Hub, settings: Settings) -> None:
    with pytest.raises(QueryError):
        await create_segment(world, settings, ListQueue(), replace(DRAFT, query="SEGMENT(New)"))


async def test_static_segments_are_always_active(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    hand = await static(world, settings, "Hand", "ann")
    assert "static" in str((await deactivate_segments(world, settings, [hand.id])).refusals[0])
    await activate_segments(world, settings, queue, [hand.id])
    assert queue.announced == []
    assert await keys_of(world, "Hand") == {"ann"}


async def test_a_dynamic_segment_takes_no_members_by_hand(world: Hub, settings: Settings) -> None:
    old = await dynamic(world, settings, "Old", OLD)
    with pytest.raises(RequestError, match="dynamic"):
        await add_members(world, old.id, ["ann"])


async def test_a_new_one_time_query_replaces_the_members_at_once(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    hand = await static(world, settings, "Hand", "ann")
    await update_segment(world, settings, queue, hand.id, SegmentChanges(query=OLD))
    assert await keys_of(world, "Hand") == {"cleo", "dan"}
    assert queue.announced == []
    causes = [entry.cause.value async for entry in ledger.entries(world, hand.id)]
    assert causes == ["MANUAL", "MANUAL"]
    with pytest.raises(QueryError):
        await update_segment(world, settings, queue, hand.id, SegmentChanges(query="PROFILE(Product)"))
    assert await keys_of(world, "Hand") == {"cleo", "dan"}


async def test_a_static_segment_is_copied_with_its_members(world: Hub, settings: Settings) -> None:
    hand = await static(world, settings, "Hand", "ann", "bob")
    copy = await duplicate_segment(world, settings, hand.id, "Other")
    await add_members(world, hand.id, ["cleo"])
    assert copy.display_name == "Hand (copy)"
    assert await keys_of(world, "Other") == {"ann", "bob"}


async def test_a_dynamic_segment_is_copied_inactive(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", OLD, queue=queue)
    await work_off(world, settings, queue)
    copy = await duplicate_segment(world, settings, old.id, "Other", "Copy")
    assert (copy.state, copy.query, copy.pointer, copy.display_name) == (SegmentState.INACTIVE, OLD, None, "Copy")
    with pytest.raises(RequestError, match="already"):
        await duplicate_segment(world, settings, old.id, "Other")


async def test_a_locked_segment_is_left_as_it_is(world: Hub, settings: Settings) -> None:
    hand = await static(world, settings, "Hand", "ann")
    await world.collection("segments").update_one({"_id": hand.id}, {"$set": {"is_locked": True}})
    for attempt in (
        rename_segment(world, hand.id, "x"),
        add_members(world, hand.id, ["bob"]),
        update_segment(world, settings, ListQueue(), hand.id, SegmentChanges(description="x")),
    ):
        with pytest.raises(RequestError) as refused:
            await attempt
        assert refused.value.code == "LOCKED"
    assert [refusal.code for refusal in (await delete_segments(world, [hand.id])).refusals] == ["LOCKED"]


async def test_what_is_not_there_is_not_found(world: Hub, settings: Settings) -> None:
    gone = SegmentId("0" * 24)
    for attempt in (
        rename_segment(world, gone, "x"),
        duplicate_segment(world, settings, gone, "x"),
        register_usage(world, gone, SegmentUsage(kind="CAMPAIGN", name="x")),
    ):
        with pytest.raises(RequestError) as refused:
            await attempt
        assert refused.value.code == "NOT_FOUND"
