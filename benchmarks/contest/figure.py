"""One figure of the contest: what was measured, what is asked for, and whether it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A ratio within one run; `asked` is the least or the most that it may be.

    `lacks` names what seggql does not have yet and the figure is about: then it is missed, whatever it is. `numbers`
    are those that it was made of: seconds, bytes, counts.
    """

    what: str
    ratio: float | None
    asked: float
    bound: Literal["least", "most"]
    numbers: Numbers = field(default_factory=dict)
    lacks: str | None = None

    @property
    def holds(self) -> bool:
        """Whether what was asked for was reached."""
        if self.ratio is None or self.lacks:
            return False
        return self.ratio >= self.asked if self.bound == "least" else self.ratio <= self.asked

    @property
    def measured(self) -> str:
        """The ratio, or why there is none."""
        number = "" if self.ratio is None else f"{self.ratio:,.3g}x"
        return f"{number} (no {self.lacks} yet)".strip() if self.lacks else number

    @property
    def asked_for(self) -> str:
        """The bound, to be read beside the ratio."""
        return f"{'≥' if self.bound == 'least' else '≤'} {self.asked:g}x"
