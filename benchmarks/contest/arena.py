"""Where a contest takes place: one hub, its data as Parquet, and the segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyroaring import BitMap

from benchmarks.contest import ours
from benchmarks.contest.questions import Asked
from benchmarks.contest.scale import Scale
from seggql.settings import Settings
from seggql.store.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """A loaded hub; each measured pipeline stands for `sample_every` segments, and each figure is of `rounds`."""

    hub: Hub
    settings: Settings
    scale: Scale
    parquet: Path
    segments: Sequence[Asked]
    sample_every: int
    rounds: int

    @property
    def names(self) -> list[str]:
        """The names of the segments."""
        return [segment.name for segment in self.segments]

    async def refresh_all(self) -> ours.Refreshed:
        """Refresh every segment, as things stand."""
        return await ours.refresh(self.hub, self.settings, self.names)

    async def refresh_all_anew(self) -> ours.Refreshed:
        """Refresh every segment as if it had never been."""
        await ours.forget(self.hub, self.names)
        return await self.refresh_all()

    async def members(self) -> Mapping[str, BitMap]:
        """The members of every segment."""
        return await ours.members(self.hub, self.names)


def require_equal(who: str, found: Mapping[str, BitMap], ours: Mapping[str, BitMap]) -> None:
    """Raises: AssertionError where somebody found other members than we did."""
    differing = [f"{name}: {len(found[name])} against {len(ours[name])}" for name in found if found[name] != ours[name]]
    assert not differing, f"{who} found other members than seggql did: {'; '.join(differing[:5])}"
