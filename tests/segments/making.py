"""Segments and profiles for tests, put into a hub with as little as they need."""

from collections.abc import Iterable
from datetime import UTC, datetime

from pyroaring import BitMap

from seggql.segments.generations import prepare_generation
from seggql.store.commit import Candidate, Verdict, commit_generations
from seggql.store.hub import Hub
from seggql.store.segment import ChangeCause, Segment, SegmentKind, SegmentState
from seggql.store.segments import find_segment, insert_segment, new_segment_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def stored_segment(hub: Hub, name: str = "Some", *, created_at: datetime = NOW, **fields: object) -> Segment:
    """A static segment of contacts, active and without members, that is stored without any check."""
    values: dict[str, object] = {
        "id": new_segment_id(),
        "name": name,
        "display_name": name,
        "kind": SegmentKind.STATIC,
        "state": SegmentState.ACTIVE,
        "profile_type": "Contact",
        "created_at": created_at,
        "updated_at": created_at,
    }
    segment = Segment(**(values | fields))  # type: ignore[arg-type]  # the fields are the caller's
    await insert_segment(hub, segment)
    return segment


async def reread(hub: Hub, segment: Segment) -> Segment:
    """The segment as it is now."""
    found = await find_segment(hub, segment.id)
    assert found is not None
    return found


async def give_members(
    hub: Hub,
    segment: Segment,
    ordinals: Iterable[int],
    *,
    at: datetime = NOW,
    cause: ChangeCause = ChangeCause.REFRESH,
    folds: bool = True,
) -> Segment:
    """Make the segment's next generation of these members; returns it as it is then."""
    segment = await reread(hub, segment)
    made = await prepare_generation(hub, segment, BitMap(ordinals), cause, at, folds=folds)
    verdicts = await commit_generations(hub, [Candidate(segment=segment, pointer=made.pointer, entries=made.entries)])
    assert verdicts == {segment.id: Verdict.COMMITTED}
    return await reread(hub, segment)


async def delete_ordinals(hub: Hub, ordinals: Iterable[int], profile_type: str = "Contact") -> None:
    """Mark profiles of a type as deleted, as a deletion does."""
    bits = BitMap(ordinals).serialize()
    await hub.collection("profile_types").update_one({"_id": profile_type}, {"$set": {"deleted": bits}}, upsert=True)
