"""Static segments: members are added, removed and replaced by key, or by a one-time query."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from seggql.errors import RequestCode, RequestError
from seggql.segments.find import refuse_locked, require_segment
from seggql.segments.generations import prepare_generation
from seggql.segments.planning import request_instant
from seggql.store.commit import Candidate, Verdict, commit_generations
from seggql.store.hub import Hub
from seggql.store.keys import find_ordinals
from seggql.store.members import read_members
from seggql.store.segment import ChangeCause, Segment, SegmentId, SegmentKind

TRIES = 20
"""How often a change is made again over those that others made meanwhile."""

SHOWN_KEYS = 10
"""Unknown keys that a message names."""

Change = Callable[[BitMap], BitMap]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersOutcome:
    """A static segment after a change: how many entered and left, and the keys that no profile has."""

    segment: Segment
    added: int
    removed: int
    unknown_keys: tuple[str, ...] = ()


async def add_members(hub: Hub, segment: SegmentId, keys: Sequence[str]) -> MembersOutcome:
    """Let the profiles with these keys in. Raises: RequestError (NOT_FOUND, NOT_ALLOWED, LOCKED)."""
    return await _change_by_keys(hub, segment, keys, lambda members, named: members | named)


async def remove_members(hub: Hub, segment: SegmentId, keys: Sequence[str]) -> MembersOutcome:
    """Put the profiles with these keys out. Raises: RequestError (NOT_FOUND, NOT_ALLOWED, LOCKED)."""
    return await _change_by_keys(hub, segment, keys, lambda members, named: members - named)


async def replace_members(hub: Hub, segment: SegmentId, keys: Sequence[str]) -> MembersOutcome:
    """Have the profiles with these keys and nobody else. Raises: RequestError (NOT_FOUND, NOT_ALLOWED, LOCKED)."""
    return await _change_by_keys(hub, segment, keys, lambda members, named: named)


async def change_members(hub: Hub, segment: SegmentId, change: Change) -> MembersOutcome:
    """Change the members of a static segment, whatever others do to them at the same time.

    Raises: RequestError (NOT_FOUND, NOT_ALLOWED, LOCKED, CONFLICT).
    """
    for _ in range(TRIES):
        found = await require_segment(hub, segment)
        _refuse_dynamic(found)
        refuse_locked(found)
        wanted = change(await read_members(hub, found))
        made = await prepare_generation(hub, found, wanted, ChangeCause.MANUAL, request_instant())
        candidate = Candidate(segment=found, pointer=made.pointer, entries=made.entries)
        if (await commit_generations(hub, [candidate]))[found.id] is Verdict.COMMITTED:
            manual = [entry for entry in made.entries if entry.cause is ChangeCause.MANUAL]
            return MembersOutcome(
                segment=await require_segment(hub, segment),
                added=sum(entry.entered for entry in manual),
                removed=sum(entry.exited for entry in manual),
            )
    raise RequestError(RequestCode.CONFLICT, "Others keep changing the members of this segment; try again.")


async def known_ordinals(hub: Hub, profile_type: str, keys: Sequence[str]) -> tuple[BitMap, tuple[str, ...]]:
    """The profiles with these keys, and the keys that no profile has, each once."""
    distinct = list(dict.fromkeys(keys))
    found = await find_ordinals(hub, profile_type, distinct)
    return BitMap(found.values()), tuple(key for key in distinct if key not in found)


async def ordinals_of_all(hub: Hub, profile_type: str, keys: Sequence[str]) -> BitMap:
    """The profiles with these keys. Raises: RequestError (INVALID) where there is none with one of them."""
    ordinals, unknown = await known_ordinals(hub, profile_type, keys)
    if unknown:
        shown = ", ".join(repr(key[:100]) for key in unknown[:SHOWN_KEYS])
        more = f" and {len(unknown) - SHOWN_KEYS:,} more" if len(unknown) > SHOWN_KEYS else ""
        message = f"No {profile_type} has the key {shown}{more}. Leave unknown keys out, or make the profiles first."
        raise RequestError(RequestCode.INVALID, message, field=("memberKeys",))
    return ordinals


async def _change_by_keys(
    hub: Hub, segment: SegmentId, keys: Sequence[str], change: Callable[[BitMap, BitMap], BitMap]
) -> MembersOutcome:
    found = await require_segment(hub, segment)
    named, unknown = await known_ordinals(hub, found.profile_type, keys)
    outcome = await change_members(hub, segment, lambda members: change(members, named))
    return MembersOutcome(segment=outcome.segment, added=outcome.added, removed=outcome.removed, unknown_keys=unknown)


def _refuse_dynamic(segment: Segment) -> None:
    if segment.kind is SegmentKind.DYNAMIC:
        message = f"The segment {segment.name!r} is dynamic: its query says who belongs. Change the query instead."
        raise RequestError(RequestCode.NOT_ALLOWED, message, field=("id",))
