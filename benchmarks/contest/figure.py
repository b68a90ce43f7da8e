"""One figure of the contest: what was measured, what is asked for, and whether it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A ratio within one run; `asked` is the least or the most that it may be.

    `numbers` are those that it was made of: seconds, bytes, counts.
    """

    what: str
    ratio: float
    asked: float
    bound: Literal["least", "most"]
    numbers: Numbers = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether what was asked for was reached."""
        return self.ratio >= self.asked if self.bound == "least" else self.ratio <= self.asked

    @property
    def measured(self) -> str:
        """The ratio."""
        return f"{self.ratio:,.3g}x"

    @property
    def asked_for(self) -> str:
        """The bound, to be read beside the ratio."""
        return f"{'≥' if self.bound == 'least' else '≤'} {self.asked:g}x"
