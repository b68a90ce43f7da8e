"""Members of generations that this process has read or made: a generation never changes, so that it is read once."""

from collections import OrderedDict

from pyroaring import BitMap

from seggql.store.segment import SegmentId

CAPACITY_BYTES = 256 * 1024 * 1024
"""A thousand segments of a million profiles, half of them members, are 125 MB."""

ENTRY_BYTES = 256
"""What an entry takes beside its bitmap."""


class MemberCache:
    """The bitmaps used last, up to `capacity` bytes; whoever gets one does not change it."""

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[tuple[SegmentId, int, int | None], tuple[BitMap, int]] = OrderedDict()

    def get(self, segment: SegmentId, generation: int, chunk: int | None = None) -> BitMap | None:
        """The members of a generation, or of one chunk of it, where they are known."""
        kept = self._kept.get((segment, generation, chunk))
        if kept is None:
            return None
        self._kept.move_to_end((segment, generation, chunk))
        return kept[0]

    def put(self, segment: SegmentId, generation: int, members: BitMap, chunk: int | None = None) -> None:
        """Keep the members of a generation, or of one chunk of it; those used longest ago make room."""
        self.drop(segment, generation, chunk)
        told = members.get_statistics()
        size = ENTRY_BYTES + told["n_bytes_array_containers"] + told["n_bytes_bitset_containers"]
        size += told["n_bytes_run_containers"]
        self._kept[segment, generation, chunk] = (members, size)
        self._size += size
        while self._size > self._capacity:
            _, (_, size) = self._kept.popitem(last=False)
            self._size -= size

    def drop(self, segment: SegmentId, generation: int, chunk: int | None = None) -> None:
        """Forget a generation, or one chunk of it."""
        if kept := self._kept.pop((segment, generation, chunk), None):
            self._size -= kept[1]
