"""A pack as an evaluation's snapshot has it: its parts, and what was written since each was built."""

from collections.abc import Collection
from dataclasses import dataclass, field

from seggql.store.packs import Basis, PackHead, Part, packs_collection
from seggql.store.tail import Tail, WrittenBatch, tail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPack:
    """What is packed of `source`, a collection, and the batches that may be in the tail of one of its parts."""

    source: str
    head: PackHead
    batches: tuple[WrittenBatch, ...]
    tails: dict[Basis, Tail] = field(default_factory=dict)

    @property
    def collection(self) -> str:
        """Where the columns are."""
        return packs_collection(self.source)

    @property
    def is_torn(self) -> bool:
        """Whether rows of one batch are both in a part and beside it."""
        return any(self.tail(part).is_torn for part in self.head.parts)

    def tail(self, part: Part) -> Tail:
        """What a part does not cover."""
        if part.basis not in self.tails:
            self.tails[part.basis] = tail_of(part.basis, self.batches)
        return self.tails[part.basis]

    def has(self, paths: Collection[str]) -> bool:
        """Whether all parts have these columns."""
        return self.head.paths >= frozenset(paths)
