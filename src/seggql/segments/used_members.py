"""The members of segments that queries of a run use: as just found in it, else of their last generation."""

from pyroaring import BitMap

from seggql.segments.incremental import moved_between
from seggql.segments.members import readable_segment
from seggql.store.hub import Hub
from seggql.store.members import read_members, stored_members
from seggql.store.segment import Segment, UsedGeneration


class UsedMembers:
    """What the segments of a run, and those that they use, have for members."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._members: dict[str, BitMap] = {}
        self._stored: dict[str, UsedGeneration] = {}
        self._found: dict[str, Segment] = {}

    def found(self, segment: Segment, members: BitMap) -> None:
        """Note what a refresh has found, before it is committed."""
        self._members[segment.name] = members
        self._found[segment.name] = segment

    def committed(self, segment: Segment, generation: int) -> None:
        """Note that what was found is a generation now."""
        self._stored[segment.name] = UsedGeneration(segment=segment.id, generation=generation)
        del self._found[segment.name]

    async def members_of(self, name: str) -> BitMap:
        """The members of a segment that a query uses.

        Raises: RequestError where it has none that mean anything.
        """
        if name not in self._members:
            segment = await readable_segment(self._hub, name)
            assert segment.pointer is not None, "it is readable"
            self._members[name] = await read_members(self._hub, segment)
            self._stored[name] = UsedGeneration(segment=segment.id, generation=segment.pointer.generation)
        return self._members[name]

    def generations(self, names: "tuple[str, ...]") -> dict[str, UsedGeneration]:
        """The generations that hold the members of segments which are used; those not committed are left out."""
        return {name: self._stored[name] for name in names if name in self._stored}

    async def moved_since(self, name: str, used: UsedGeneration) -> BitMap | None:
        """Whose membership differs from what an earlier generation had; None where that is not known."""
        members = await self.members_of(name)
        found = self._found.get(name)
        if found is None:
            return await self._between(used, self._stored[name])
        if found.pointer is None:
            return None
        before = UsedGeneration(segment=found.id, generation=found.pointer.generation)
        moved = await self._between(used, before)
        if moved is None:
            return None
        return moved | (members ^ await stored_members(self._hub, found.id, found.pointer))

    async def _between(self, earlier: UsedGeneration, later: UsedGeneration) -> BitMap | None:
        if earlier.segment != later.segment:
            return None
        return await moved_between(self._hub, later.segment, earlier.generation, later.generation)
