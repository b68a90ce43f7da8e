"""How much data and how many segments a contest is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

YEARS = 2
"""How far back interactions go; people have joined since three times as long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Counts, the seed that data and segments are drawn from, and the instant (aware UTC) that the data end at."""

    people: int
    interactions: int
    households: int
    segments: int
    seed: int
    until: datetime

    @property
    def purchases(self) -> int:
        """Three interactions in ten."""
        return self.interactions * 3 // 10

    @property
    def visits(self) -> int:
        """The other ones."""
        return self.interactions - self.purchases

    @property
    def since(self) -> datetime:
        """When the first interaction may have happened."""
        return self.until - timedelta(days=365 * YEARS)

    @property
    def founded(self) -> datetime:
        """When the first people may have joined."""
        return self.until - timedelta(days=365 * YEARS * 3)
