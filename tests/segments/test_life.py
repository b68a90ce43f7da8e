"""What may be done with segments: in use, read-only, up to a limit, and several at once."""

import asyncio
from collections.abc import Sequence

import pytest

from seggql.catalog.model import InteractionType, Link
from seggql.errors import RequestError
from seggql.exporter import ExporterConfig, ExportMode
from seggql.exporter.plugins import load_exporters
from seggql.exports.define import create_export, remove_segment_from_export
from seggql.exports.destinations import create_destination
from seggql.ingest.define_types import define_interaction_type
from seggql.segments import usages
from seggql.segments.activation import activate_segments, deactivate_segments
from seggql.segments.bulk import Bulk
from seggql.segments.change import SegmentChanges, rename_segment, update_segment
from seggql.segments.define import create_segment, duplicate_segment
from seggql.segments.draft import SegmentDraft
from seggql.segments.planning import request_instant
from seggql.segments.predefined import make_predefined
from seggql.segments.removal import delete_segments
from seggql.segments.requests import request_refreshes
from seggql.segments.usages import register_usage, release_usage
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentOrigin, SegmentState, SegmentUsage
from seggql.store.segments import find_all_segments, find_segment_named
from tests.segments.making import reread
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, static, work_off

OLD, YOUNG = "PROFILE(Contact).FILTER(Age >= 40)", "PROFILE(Contact).FILTER(Age < 40)"
GONE = SegmentId("0" * 24)


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


def told(outcome: Bulk) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    """The names for which it was done, and codes and places of the others."""
    return [segment.name for segment in outcome.segments], [(error.code, error.field) for error in outcome.refusals]


async def edited(hub: Hub, settings: Settings, segment: Segment, query: str) -> Segment:
    return await update_segment(hub, settings, ListQueue(), segment.id, SegmentChanges(query=query))


async def exported(hub: Hub, settings: Settings, segments: Sequence[Segment], *, is_scheduled: bool) -> str:
    exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
    destination = await create_destination(exporters, "Files", "file", {"format": "csv"})
    export = await create_export(
        hub,
        exporters,
        name="weekly",
        destination_id=destination.id,
        segment_ids=[segment.id for segment in segments],
        fields=None,
        mode=ExportMode.FULL,
        is_scheduled=is_scheduled,
    )
    return export.id


async def test_the_query_of_a_segment_in_active_use_stays_and_the_users_are_named(
    world: Hub, settings: Settings
) -> None:
    old = await dynamic(world, settings, "Old", OLD)
    await register_usage(world, old.id, SegmentUsage(kind="JOURNEY", name="Welcome"))
    export = await exported(world, settings, [old], is_scheduled=True)
    with pytest.raises(RequestError) as refused:
        await edited(world, settings, old, YOUNG)
    assert refused.value.code == "IN_USE"
    assert "journey Welcome" in str(refused.value)
    assert "export weekly" in str(refused.value)
    assert (await reread(world, old)).query == OLD
    same = await edited(world, settings, old, f"  {OLD} ")
    assert same.query == OLD, "the same query is no change"
    await rename_segment(world, old.id, "Older people")
    await update_segment(world, settings, ListQueue(), old.id, SegmentChanges(tags=("x",), description="y"))
    await register_usage(world, old.id, SegmentUsage(kind="JOURNEY", name="Welcome", is_active=False))
    await remove_segment_from_export(export, old.id)
    assert (await edited(world, settings, old, YOUNG)).query == YOUNG


async def test_an_export_that_is_not_scheduled_does_not_hold_a_query_but_the_segment(
    world: Hub, settings: Settings
) -> None:
    old = await dynamic(world, settings, "Old", OLD)
    await exported(world, settings, [old], is_scheduled=False)
    assert (await edited(world, settings, old, YOUNG)).query == YOUNG
    assert told(await delete_segments(world, [old.id])) == ([], [("IN_USE", ("ids", "0"))])


async def test_a_usage_registered_while_a_query_is_changed_is_seen(world: Hub, settings: Settings) -> None:
    for _ in range(5):
        old = await dynamic(world, settings, "Old", OLD)
        edit, _ = await asyncio.gather(
            edited(world, settings, old, YOUNG),
            register_usage(world, old.id, SegmentUsage(kind="JOURNEY", name="Welcome")),
            return_exceptions=True,
        )
        now = await reread(world, old)
        assert now.usages
        assert now.query == (OLD if isinstance(edit, RequestError) else YOUNG)
        await release_usage(world, old.id, "JOURNEY", "Welcome")
        await delete_segments(world, [old.id])


async def test_a_usage_that_many_register_at_once_is_there_once(world: Hub, settings: Settings) -> None:
    old = await dynamic(world, settings, "Old", OLD)
    same = [SegmentUsage(kind="JOURNEY", name=name) for name in ("Welcome", "$name") for _ in range(8)]
    await asyncio.gather(*(register_usage(world, old.id, usage) for usage in same))
    assert sorted(usage.name for usage in (await reread(world, old)).usages) == ["$name", "Welcome"]


async def test_past_their_limit_usages_are_refused_with_the_numbers(
    world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usages, "MAX_USAGES", 2)
    old = await dynamic(world, settings, "Old", OLD)
    for name in ("Welcome", "Sale", "Welcome"):
        await register_usage(world, old.id, SegmentUsage(kind="JOURNEY", name=name))
    with pytest.raises(RequestError, match="2 usages of 'Old' are registered, and 2 may be") as refused:
        await register_usage(world, old.id, SegmentUsage(kind="JOURNEY", name="Farewell"))
    assert refused.value.code == "LIMIT_REACHED"


async def test_an_inactive_usage_does_not_keep_a_segment(world: Hub, settings: Settings) -> None:
    old = await dynamic(world, settings, "Old", OLD)
    await register_usage(world, old.id, SegmentUsage(kind="BROADCAST", name="Sale"))
    outcome = await delete_segments(world, [old.id])
    assert told(outcome) == ([], [("IN_USE", ("ids", "0"))])
    assert "broadcast Sale" in str(outcome.refusals[0])
    await register_usage(world, old.id, SegmentUsage(kind="BROADCAST", name="Sale", is_active=False))
    assert told(await delete_segments(world, [old.id])) == (["Old"], [])


async def test_of_several_segments_those_that_can_be_are_deleted(world: Hub, settings: Settings) -> None:
    free = await static(world, settings, "Free", "ann")
    base = await dynamic(world, settings, "Base", OLD)
    middle = await dynamic(world, settings, "Middle", "SEGMENT(Base)")
    top = await dynamic(world, settings, "Top", "SEGMENT(Middle)")
    await register_usage(world, top.id, SegmentUsage(kind="JOURNEY", name="Welcome"))
    outcome = await delete_segments(world, [base.id, GONE, middle.id, free.id, top.id])
    refused = [
        ("IN_USE", ("ids", "0")),
        ("NOT_FOUND", ("ids", "1")),
        ("IN_USE", ("ids", "2")),
        ("IN_USE", ("ids", "4")),
    ]
    assert told(outcome) == (["Free"], refused)
    await release_usage(world, top.id, "JOURNEY", "Welcome")
    assert told(await delete_segments(world, [base.id, middle.id, top.id])) == (["Base", "Middle", "Top"], [])
    assert await find_all_segments(world) == []


async def test_of_several_segments_those_that_can_be_are_switched_and_refreshed(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", OLD, queue=queue)
    hand = await static(world, settings, "Hand", "ann")
    outcome = await deactivate_segments(world, settings, [hand.id, old.id, GONE])
    assert told(outcome) == (["Old"], [("NOT_ALLOWED", ("ids", "0")), ("NOT_FOUND", ("ids", "2"))])
    outcome = await activate_segments(world, settings, queue, [GONE, old.id])
    assert told(outcome) == (["Old"], [("NOT_FOUND", ("ids", "0"))])
    jobs, outcome = await request_refreshes(world, queue, [GONE, old.id], request_instant())
    assert [job.subject for job in jobs] == [old.id]
    assert told(outcome)[1] == [("NOT_FOUND", ("ids", "0"))]


async def test_a_copy_is_independent_of_its_source(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    old = await dynamic(world, settings, "Old", OLD, queue=queue)
    await register_usage(world, old.id, SegmentUsage(kind="JOURNEY", name="Welcome"))
    copy = await duplicate_segment(world, settings, old.id, "Copy")
    assert copy.usages == ()
    await edited(world, settings, copy, YOUNG)
    await activate_segments(world, settings, queue, [copy.id])
    await work_off(world, settings, queue)
    assert (await keys_of(world, "Old"), await keys_of(world, "Copy")) == ({"cleo", "dan"}, {"ann", "bob"})
    await delete_segments(world, [copy.id])
    assert await keys_of(world, "Old") == {"cleo", "dan"}


async def test_past_the_limit_activation_is_refused_with_the_numbers(world: Hub, settings: Settings) -> None:
    few = settings.model_copy(update={"max_active_segments": 2})
    queue = ListQueue()
    one = await dynamic(world, few, "One", OLD)
    await dynamic(world, few, "Two", OLD)
    await static(world, few, "Hand", "ann")
    with pytest.raises(RequestError, match="2 dynamic segments are active, and 2 may be") as refused:
        await dynamic(world, few, "Three", OLD)
    assert refused.value.code == "LIMIT_REACHED"
    assert await find_segment_named(world, "Three") is None
    draft = SegmentDraft(name="Three", kind=SegmentKind.DYNAMIC, profile_type="Contact", query=OLD)
    three = await create_segment(world, few, queue, draft)
    outcome = await activate_segments(world, few, queue, [one.id, three.id])
    assert told(outcome) == (["One"], [("LIMIT_REACHED", ("ids", "1"))])
    await deactivate_segments(world, few, [one.id])
    assert told(await activate_segments(world, few, queue, [three.id])) == (["Three"], [])


async def test_activations_at_the_same_time_do_not_pass_the_limit(world: Hub, settings: Settings) -> None:
    few = settings.model_copy(update={"max_active_segments": 3})
    drafts = [SegmentDraft(name=f"S{n}", profile_type="Contact", query=OLD) for n in range(6)]
    made = [await create_segment(world, few, ListQueue(), draft) for draft in drafts]
    await asyncio.gather(*(activate_segments(world, few, ListQueue(), [segment.id]) for segment in made))
    active = [segment for segment in await find_all_segments(world) if segment.state is SegmentState.ACTIVE]
    assert len(active) == 3


async def test_predefined_segments_are_made_once_of_a_type_that_is_marked_as_activity(
    world: Hub, settings: Settings
) -> None:
    assert await make_predefined(world, settings) == 0
    taken = await static(world, settings, "Active_Visit_Visitor", "ann")
    visit = InteractionType(name="Visit", links=(Link(name="Visitor", profile_type="Contact"),), is_activity=True)
    await define_interaction_type(world, visit)
    assert await make_predefined(world, settings) == 2
    assert await make_predefined(world, settings) == 0
    made = {s.name: s for s in await find_all_segments(world) if s.origin is SegmentOrigin.PREDEFINED}
    assert set(made) == {"Active_Visit_Visitor_2", "NotActive_Visit_Visitor"}, "a name that is taken is left alone"
    active, others = made["Active_Visit_Visitor_2"], made["NotActive_Visit_Visitor"]
    assert active.query == "INTERACTION(Visit, Visitor).HAVING(COUNT() > 0, UTCDAYS(30))"
    assert others.query == f"PROFILE(Contact) EXCEPT {active.query}"
    assert (active.state, active.is_locked, active.profile_type) == (SegmentState.INACTIVE, True, "Contact")
    assert (await reread(world, taken)).origin is SegmentOrigin.USER


async def test_predefined_segments_are_made_once_by_many_at_the_same_time(world: Hub, settings: Settings) -> None:
    visit = InteractionType(name="Visit", links=(Link(name="Visitor", profile_type="Contact"),), is_activity=True)
    await define_interaction_type(world, visit)
    await asyncio.gather(*(make_predefined(world, settings) for _ in range(5)))
    assert len(await find_all_segments(world)) == 2


async def test_a_predefined_segment_is_used_but_not_changed(world: Hub, settings: Settings) -> None:
    queue = ListQueue()
    links = (Link(name="Buyer", profile_type="Contact"),)
    await define_interaction_type(world, InteractionType(name="Purchase", links=links, is_activity=True))
    await make_predefined(world, settings)
    active = await find_segment_named(world, "Active_Purchase_Buyer")
    others = await find_segment_named(world, "NotActive_Purchase_Buyer")
    assert active
    assert others
    for attempt in (
        rename_segment(world, active.id, "Mine"),
        edited(world, settings, active, OLD),
        update_segment(world, settings, queue, active.id, SegmentChanges(tags=("x",))),
    ):
        with pytest.raises(RequestError, match="Duplicate it"):
            await attempt
    assert told(await delete_segments(world, [active.id])) == ([], [("LOCKED", ("ids", "0"))])
    await activate_segments(world, settings, queue, [active.id, others.id])
    await work_off(world, settings, queue)
    one, rest = await keys_of(world, active.name), await keys_of(world, others.name)
    assert one & rest == set()
    assert one | rest == {"ann", "bob", "cleo", "dan", "eve"}
    copy = await duplicate_segment(world, settings, active.id, "Mine")
    assert (copy.origin, copy.is_locked, copy.template) == (SegmentOrigin.USER, False, None)
    await delete_segments(world, [copy.id])
